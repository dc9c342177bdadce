"""Source roots that a user named, and the check that a plan's files are sent only from below these."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import UsageError, os_error_reason
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Location, make_issue
from dicommap.model.package_layout import PLAN_FILE
from dicommap.planning.source_prefixes import is_s3_root
from dicommap.planning.staging import OutsideRootsError
from dicommap.reading import open_descriptor
from dicommap.validation.plan_sources_check import check_plan_sources, describe_broad_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.issues import Issue


@dataclass(frozen=True, slots=True)
class SourceRoots:
    """Directories and prefixes of buckets that a user named or confirmed."""

    folders: tuple[str, ...]
    """Real paths: absolute, and no part of them is a link."""
    prefixes: tuple[S3Uri, ...]

    @classmethod
    def resolve(cls, named: Iterable[StrPath]) -> Self:
        """Return the roots of these names. Raises UsageError if a directory is not there, or a URI is no S3 URI."""
        folders, prefixes = [], []
        for root in named:
            name = os.fspath(root)
            if is_s3_root(name):
                prefixes.append(_parse_prefix(name))
            else:
                folders.append(_resolve_folder(name))
        return cls(tuple(folders), tuple(prefixes))

    def contains(self, source: str) -> bool:
        """Return whether a plan's source, a path or an S3 URI, is one of the roots or below one."""
        if is_s3_root(source):
            uri = S3Uri.parse(source)
            return uri is not None and self.contains_object(uri.bucket, uri.prefix)
        try:
            return os.path.isabs(source) and self._folder_of(os.path.realpath(source)) is not None
        except (OSError, ValueError):
            return False

    def contains_object(self, bucket: str, key: str) -> bool:
        """Return whether a key is below one of the prefixes."""
        return any(bucket == one.bucket and key.startswith(one.prefix) for one in self.prefixes)

    def open(self, path: str) -> int:
        """Open a regular file below a root and return its descriptor.

        Links are resolved first, and the result is opened from the root downwards without following any link: what
        the descriptor refers to is below the root, even if somebody swaps a directory for a link meanwhile.

        Raises:
            OutsideRootsError: If the file that the path leads to is below no root.
            OSError: As the system does; also if it is no regular file.

        """
        try:
            real = os.path.realpath(path, strict=True)
        except ValueError:  # a NUL, or a character that no file name can have
            raise OSError(errno.EINVAL, "no file can have this name") from None
        folder = self._folder_of(real)
        if folder is None:
            raise OutsideRootsError(errno.EPERM, "it is outside of the source roots")
        return open_descriptor(os.path.relpath(real, folder), beneath=folder)

    def _folder_of(self, real: str) -> str | None:
        return next((one for one in self.folders if (real + "/").startswith(os.path.join(one, ""))), None)


def _resolve_folder(name: str) -> str:
    try:
        real = os.path.realpath(name, strict=True)
        is_folder = os.path.isdir(real)
    except (OSError, ValueError) as error:
        reason = os_error_reason(error) if isinstance(error, OSError) else "no file can have this name"
        raise UsageError(
            f"The source root {make_printable(name)} cannot be used: {reason}.", fix="Name a directory that is there."
        ) from None
    if not is_folder:
        raise UsageError(
            f"The source root {make_printable(name)} is no directory.", fix="Name the directory that the file is in."
        )
    return real


def _parse_prefix(name: str) -> S3Uri:
    uri = S3Uri.parse(name)
    if uri is None:
        raise UsageError(
            f"The source root {make_printable(name)} is no S3 URI.", fix="Name it as in s3://bucket/prefix/."
        )
    return uri


def find_plan_source_issues(sources: Sequence[str], named: Iterable[StrPath] | None) -> Iterator[Issue]:
    """Find what can be seen of a plan's sources without a look at their files.

    `named` are the source roots that the caller names; None if the caller names none.
    """
    for found in check_plan_sources(sources, os.path.expanduser("~")):
        yield found.at(path=PLAN_FILE)
    if named is not None:
        yield from find_unnamed_sources(dict(enumerate(sources)), SourceRoots.resolve(named))


def find_unnamed_sources(sources: Mapping[int, str], roots: SourceRoots) -> Iterator[Issue]:
    """Find the sources, by their numbers in the plan, that are outside of the roots."""
    for number, source in sources.items():
        if not roots.contains(source):
            place = Location(path=PLAN_FILE, pointer=f"/sources/{number}")
            yield make_issue("package.source-not-named", place, source=make_printable(source))


def require_narrow_sources(sources: Iterable[str]) -> None:
    """Raise UsageError if a source that nobody named holds all files of the machine or of a person."""
    home = os.path.expanduser("~")
    for source in sources:
        if is_s3_root(source):
            continue
        what = describe_broad_directory(source, home) or describe_broad_directory(os.path.realpath(source), home)
        if what is not None:
            raise UsageError(
                f"The plan's source {make_printable(source)} is {what}; such a root is not taken from a package.",
                fix=f"If it is what was scanned, name it: --source {make_printable(source)}",
            )
