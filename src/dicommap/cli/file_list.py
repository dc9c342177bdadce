"""Lists of files, as find and other programs write them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from dicommap.errors import DocumentError, reason_of
from dicommap.reading import NotRegularFileError, open_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDIN = "-"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_READ_BYTES = 2**16
PATH_LIMIT = 2**20
"""Bytes of one path of a list: more than any path has."""


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
        file = open_regular_file(name)
    except NotRegularFileError as error:
        raise DocumentError(
            f"The list of files cannot be read: {reason_of(error)}.",
            fix=f"Name a regular file, or send the list to standard input and name '{_STDIN}'.",
        ) from None
    except OSError as error:
        raise _unreadable(error) from None
    with file:
        yield _paths(file, null=null)


def _paths(file: BinaryIO, *, null: bool) -> Iterator[str]:
    first = True
    for line in _parts(file, b"\0" if null else b"\n"):
        path = line if null else line.removesuffix(b"\r")
        if first:
            _require_bytes(path, null=null)
            path = path if null else path.removeprefix(_UTF8_MARK)
        first = False
        yield os.fsdecode(path)


def _require_bytes(first: bytes, *, null: bool) -> None:
    """Raise DocumentError if the first line is UTF-16, or holds paths that end with a NUL each."""
    if first.startswith(_UTF16_MARKS) or (first.count(b"\0") * 3 > len(first) and len(first) > 1):
        raise DocumentError(
            "The list of files is UTF-16, as PowerShell's '>' writes it.",
            fix="Save it as UTF-8, in PowerShell with: Out-File -Encoding utf8",
        )
    if b"\0" in first and not null:
        raise DocumentError(
            "The paths of the list end with a NUL each, as find -print0 writes them.", fix="Add --null."
        )


def _parts(file: BinaryIO, end: bytes) -> Iterator[bytes]:
    rest = b""
    while found := _read(file):
        *parts, rest = (rest + found).split(end)
        yield from parts
        if len(rest) > PATH_LIMIT:
            raise DocumentError(
                f"A path of the list has more than {PATH_LIMIT:,} bytes.",
                fix="List one path in each line; with --null, end each with a NUL.",
            )
    if rest:
        yield rest


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(_READ_BYTES)
    except OSError as error:
        raise _unreadable(error) from None


def _unreadable(error: OSError) -> DocumentError:
    return DocumentError(f"The list of files cannot be read: {reason_of(error)}.", fix="Name a list that you may read.")
