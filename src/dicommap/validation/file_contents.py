"""The files of a package by path, and checks of their size and SHA-256. Each file is read only when it is needed.

A file that is too large for memory gets an issue, and the other files are still checked.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dicommap.dicom.strict_json import check_parsed_json, parse_json
from dicommap.issues import Issue, Location, make_issue
from dicommap.reading.document_limits import OVERRIDE_LIMIT, DocumentLimit

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class JsonContent:
    """The text of a JSON file that this process has made. Checks need not decode it."""

    text: str = field(repr=False)

    @property
    def value(self) -> object:
        """Return the JSON value of the file. It is parsed at each access."""
        return json.loads(self.text)


FileContent = bytes | JsonContent | Issue
"""The bytes of a file, the text of a JSON file of this process, or the issue that prevents reading the file."""

FilesByPath = Mapping[str, FileContent]
"""Path in the package -> content of the file."""


@runtime_checkable
class LineReadable(Protocol):
    """A set of files that can be read line by line, even if a file is larger than memory."""

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of the file `name`, with their line ends."""
        ...


class SubfolderFiles(FilesByPath):
    """The files below one folder, with paths relative to this folder."""

    def __init__(self, files: FilesByPath, prefix: str) -> None:
        self._files = files
        self._prefix = prefix

    def __getitem__(self, name: str) -> FileContent:
        return self._files[self._prefix + name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._prefix + name in self._files

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(self._prefix) for name in self._files if name.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


KEPT_BYTES = 2**24
"""Maximum number of bytes that CachedFiles keeps in memory."""


class CachedFiles(FilesByPath):
    """Files that stay in memory after the first read, up to KEPT_BYTES in total.

    Other files are read at each access. The hash and the other checks of a kept file see the same bytes, even if
    somebody changes the file between them.
    """

    def __init__(self, files: FilesByPath) -> None:
        self._files = files
        self._kept: dict[str, FileContent] = {}
        self._free = KEPT_BYTES

    def __getitem__(self, name: str) -> FileContent:
        if name in self._kept:
            return self._kept[name]
        content = self._files[name]
        size = 0 if isinstance(content, Issue) else len(content.text if isinstance(content, JsonContent) else content)
        if size <= self._free:
            self._free -= size
            self._kept[name] = content
        return content

    def __contains__(self, name: object) -> bool:
        return name in self._kept or name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def parse_content(content: FileContent, limit: DocumentLimit = OVERRIDE_LIMIT) -> tuple[Any, list[Issue]]:
    """Return the JSON value of a file and its issues. The value is None if the file cannot be read."""
    if isinstance(content, Issue):
        return None, [content]
    if isinstance(content, JsonContent):
        return check_parsed_json(content.value, content.text, limit.values)
    return parse_json(content, limit.values)


def check_size_and_hash(files: FilesByPath, path: str, planned: Mapping[str, Any], place: Location) -> Iterator[Issue]:
    """Yield an issue if the size or SHA-256 of a file differs from the plan.

    Other functions report missing files and files that are too large.

    Args:
        files: The files of the package.
        path: The path of the file.
        planned: The entry of the file in the plan, with `size` and `sha256`.
        place: The location of this entry in the plan.
    """
    content = files.get(path)
    if isinstance(content, bytes):
        lines = HashedLines([content])
        lines.read_to_end()
        yield from lines.issues(path, planned, place)


def open_hashed_lines(files: FilesByPath, path: str) -> HashedLines | Issue | None:
    """Return the lines of a file, or an issue if the file cannot be read. Return None if the file does not exist."""
    if path not in files:
        return None
    if isinstance(files, LineReadable):
        return HashedLines(files.lines(path))
    content = files[path]
    if isinstance(content, JsonContent):
        content = content.text.encode()
    return content if isinstance(content, Issue) else HashedLines(content.splitlines(keepends=True))


class HashedLines(Iterator[bytes]):
    """An iterator over the lines of one file. After the last line, it knows the size and SHA-256 of the file."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._digest = hashlib.sha256()
        self._size = 0

    def __next__(self) -> bytes:
        line = next(self._lines)
        self._digest.update(line)
        self._size += len(line)
        return line

    def read_to_end(self) -> str:
        """Read the remaining lines, and return the SHA-256 of the file as 64 hexadecimal digits."""
        deque(self, maxlen=0)
        return self._digest.hexdigest()

    def issues(self, path: str, planned: Mapping[str, Any], place: Location) -> Iterator[Issue]:
        """Yield an issue if the size or SHA-256 of the lines differs from the plan.

        Call this method after the last line.

        Args:
            path: The path of the file.
            planned: The entry of the file in the plan, with `size` and `sha256`.
            place: The location of this entry in the plan.
        """
        if self._digest.hexdigest() != planned["sha256"]:
            yield make_issue("package.changed-file", Location(path=path))
        elif self._size != planned["size"]:
            size = replace(place, pointer=f"{place.pointer}/size")
            yield make_issue("package.counts", size, planned=planned["size"], found=self._size, what="bytes")
