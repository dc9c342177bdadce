"""Lists of files, as find and other programs write them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from dicommap.errors import DocumentError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDIN = "-"
_UTF8_MARK = b"\xef\xbb\xbf"
_READ_BYTES = 2**16


@contextmanager
def listed_paths(name: str, *, null: bool) -> Iterator[Iterator[str]]:
    """Open a list: `-` is standard input. Raises DocumentError where it cannot be read.

    Paths end with a line feed, or a carriage return and a line feed; with `null` each ends with a NUL, since names may
    hold all other signs. Empty lines are empty paths.
    """
    if name == _STDIN:
        if sys.stdin is None:
            raise DocumentError("Standard input is closed.", fix="Send the list to it, or name a file.")
        yield _paths(sys.stdin.buffer, null=null)
        return
    try:
        file = open(name, "rb")  # noqa: SIM115  closed below; only opening it is tried
    except OSError as error:
        raise _unreadable(error) from None
    with file:
        yield _paths(file, null=null)


def _paths(file: BinaryIO, *, null: bool) -> Iterator[str]:
    first = True
    for line in _parts(file, b"\0" if null else b"\n"):
        path = line if null else line.removesuffix(b"\r")
        if first and not null:
            path = path.removeprefix(_UTF8_MARK)
        first = False
        yield os.fsdecode(path)


def _parts(file: BinaryIO, end: bytes) -> Iterator[bytes]:
    rest = b""
    while found := _read(file):
        *parts, rest = (rest + found).split(end)
        yield from parts
    if rest:
        yield rest


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(_READ_BYTES)
    except OSError as error:
        raise _unreadable(error) from None


def _unreadable(error: OSError) -> DocumentError:
    return DocumentError(f"The list of files cannot be read: {reason_of(error)}.", fix="Name a list that you may read.")
