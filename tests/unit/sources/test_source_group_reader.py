"""Tests of reading a group of files in one thread: they give what files give that are read one by one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dicommap.errors import SourceError
from dicommap.model.captured_attributes import captured_keywords
from dicommap.p10 import HeaderReader, WantedAttributes
from dicommap.reading import parallel_calls
from dicommap.reading.parallel_calls import ParallelCalls
from dicommap.sources import Opener
from tests.support.p10_files import p10, uid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.p10 import ReadAt
    from dicommap.sources.source import HeaderResult

FILES = {
    **{f"ct/{number}": p10(SOPInstanceUID=uid("1.8", number), PatientID=f"P{number}") for number in range(40)},
    "cut": p10()[:300],
    "empty": b"",
    "large": p10(ImageComments="x" * 20_000, PatientID="large"),
    "locked": p10(),
    "text": b"hello",
    "unreadable": p10(),
    **{f"z/{number}": p10(SOPInstanceUID=uid("1.7", number), PatientComments="y" * 9_000) for number in range(20)},
}


class CountingOpener(Opener):
    """Files in memory. It records the files that are open, and the bytes that are read."""

    can_open_in_threads = True

    def __init__(self, *, fails_at: str = "") -> None:
        self.fails_at = fails_at
        self.opened: list[str] = []
        self.open_files: set[str] = set()
        self.read: list[tuple[str, int]] = []
        """The path of a file, and the offset of a byte that was read."""

    @contextmanager
    def open(self, path: str) -> Iterator[ReadAt]:
        """Open a file. Two of them cannot be opened or read."""
        self.opened.append(path)
        if path == "locked":
            raise OSError(13, "Permission denied")
        if path == self.fails_at:
            raise SourceError("Too many open files.", fix="Raise the limit.")
        self.open_files.add(path)

        def read_range(offset: int, length: int) -> bytes:
            if path == "unreadable":
                raise OSError(5, "I/O error")
            content = FILES[path][offset : offset + length]
            self.read += ((path, offset + index) for index in range(len(content)))
            return content

        try:
            yield read_range
        finally:
            self.open_files.discard(path)


def read_all(opener: CountingOpener, calls: ParallelCalls, threads: int | None) -> list[HeaderResult]:
    if threads:  # start with threads, as if calls were measured to wait
        list(calls.map(lambda _: None, [None], first_threads=threads))
    read = HeaderReader(WantedAttributes(captured_keywords(()))).read
    files = [(path, len(content)) for path, content in FILES.items()]
    return list(opener.read_headers(files, read, calls))


@pytest.fixture
def _large_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_calls, "_GROUP_SECONDS", 1e9)


@pytest.mark.usefixtures("_large_groups")
def test_groups_give_the_headers_of_files_that_are_read_one_by_one() -> None:
    alone, grouped = CountingOpener(), CountingOpener()
    with ParallelCalls(1) as calls:
        expected = read_all(alone, calls, None)
    with ParallelCalls(2) as calls:
        assert read_all(grouped, calls, 2) == expected
    assert sorted(grouped.opened) == sorted(FILES)
    assert not grouped.open_files


@pytest.mark.usefixtures("_large_groups")
def test_no_first_byte_is_read_twice() -> None:
    opener = CountingOpener()
    with ParallelCalls(2) as calls:
        read_all(opener, calls, 2)
    for path in ("ct/0", "ct/39", "text", "cut", "z/19"):
        assert opener.read.count((path, 0)) == 1


@pytest.mark.usefixtures("_large_groups")
def test_files_are_closed_if_the_scan_ends_with_an_error() -> None:
    opener = CountingOpener(fails_at="ct/20")
    with ParallelCalls(2) as calls, pytest.raises(SourceError):
        read_all(opener, calls, 2)
    assert not opener.open_files
