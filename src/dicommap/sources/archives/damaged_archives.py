"""Convert the errors that zlib, lzma and zipfile raise for damaged archives into ArchiveError."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicommap.issues import make_issue
from dicommap.sources.source import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CUT = "it ends too early"
_REASONS: dict[type[Exception], str] = {
    zipfile.BadZipFile: "its directory, a header or a checksum is damaged",
    struct.error: _CUT,
    zlib.error: "its compressed data is damaged",
    lzma.LZMAError: "its compressed data is damaged",
    EOFError: _CUT,
    MemoryError: "unpacking it takes more memory than there is",
    RuntimeError: "it asks for what is not supported",  # NotImplementedError is one
    ValueError: "a name or number in it is none",
    OverflowError: "a number in it is too large",
}
"""What the readers of the standard library raise for damaged bytes, in our words: theirs may hold names."""


@contextmanager
def convert_damage_errors(code: str) -> Iterator[None]:
    """Raise ArchiveError with a finding of this code for whatever libraries raise for damaged bytes.

    Errors of the system, which have a number, pass through.
    """
    try:
        yield
    except ArchiveError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise ArchiveError(make_issue(code, reason="its data is damaged")) from None  # gzip and bz2 say so
    except tuple(_REASONS) as error:
        reason = next(words for kind, words in _REASONS.items() if isinstance(error, kind))
        raise ArchiveError(make_issue(code, reason=reason)) from None
