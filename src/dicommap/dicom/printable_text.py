"""Printable text: escapes, undecodable bytes kept as surrogates, and the mask.

Each undecodable byte becomes one lone surrogate: the byte 0xFC becomes U+DCFC, as in Python's file names that are not
UTF-8 (PEP 383). So different bytes stay different texts, no byte is lost, and the text shows that it was not decoded.
Unlike in PEP 383, bytes below 0x80 have surrogates too (U+DC00 to U+DC7F): an escape character that belongs to no
declared character set is as undecodable as a byte with its eighth bit set.
"""

from __future__ import annotations

import codecs
import re

KEEP_BYTES_HANDLER = "dicommap.undecodable"
"""The name of the error handler that keeps bytes: `value.decode(codec, errors=ERRORS)`."""

_FIRST = 0xDC00
_UNDECODABLE = re.compile("[\udc00-\udcff\ufffd]")


def keep_undecodable_bytes(value: bytes) -> str:
    """Return a text in which every byte of `value` is kept as undecodable."""
    return "".join(chr(_FIRST + byte) for byte in value)


def is_undecodable(text: str) -> bool:
    """Return whether a text holds undecodable bytes, or U+FFFD, which another program put in their place."""
    return not text.isascii() and _UNDECODABLE.search(text) is not None


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return keep_undecodable_bytes(error.object[error.start : error.end]), error.end


codecs.register_error(KEEP_BYTES_HANDLER, _keep_bytes)


MASK = "***"


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Cc, the separators of lines and paragraphs, Bidi_Control of the Unicode Character Database, and lone surrogates."""


def make_printable(path: str) -> str:
    r"""Escape the control, direction and undecodable characters of a path, for messages and JSON.

    A byte that could not be decoded (kept as a surrogate) becomes `\xNN`.
    """
    if path.isascii() and path.isprintable():
        return path
    return _UNPRINTABLE.sub(_escape, path)


def _escape(match: re.Match[str]) -> str:
    point = ord(match[0])
    if 0xDC00 <= point <= 0xDCFF:
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
