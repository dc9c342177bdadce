"""ArchiveError, and the conversion of the errors of zlib, lzma and zipfile to it."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicommap.issues import make_issue
from dicommap.sources.source import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDS_EARLY = "it ends too early"
_REASONS: dict[type[Exception], str] = {
    zipfile.BadZipFile: "its directory, a header or a checksum is damaged",
    struct.error: _ENDS_EARLY,
    zlib.error: "its compressed data is damaged",
    lzma.LZMAError: "its compressed data is damaged",
    EOFError: _ENDS_EARLY,
    MemoryError: "unpacking it takes more memory than there is",
    RuntimeError: "it needs a feature that is not supported",  # NotImplementedError is a RuntimeError
    ValueError: "a name or number in it is invalid",
    OverflowError: "a number in it is too large",
}
"""Exception of the standard library -> the reason to report. The exception's own text may have a patient's name."""


class ArchiveError(FileError):
    """Raised for an archive or member that cannot be read. Its issue gives the reason."""


@contextmanager
def convert_damage_errors(code: str) -> Iterator[None]:
    """Raise ArchiveError instead of the errors that libraries raise for damaged bytes.

    The issue of the ArchiveError has the code `code`. An OSError with an errno is raised unchanged, because its cause
    is the operating system and not damaged bytes.
    """
    try:
        yield
    except ArchiveError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise ArchiveError(make_issue(code, reason="its data is damaged")) from None  # from gzip or bz2
    except tuple(_REASONS) as error:
        reason = next(words for kind, words in _REASONS.items() if isinstance(error, kind))
        raise ArchiveError(make_issue(code, reason=reason)) from None
