"""Escape unprintable characters in texts, and keep bytes that cannot be decoded.

Each byte that cannot be decoded becomes one lone surrogate. For example, the byte 0xFC becomes U+DCFC, as Python does
in file names that are not UTF-8 (PEP 383). So different bytes become different texts, no byte is lost, and the text
shows that bytes were not decoded. Unlike in PEP 383, bytes below 0x80 can also become surrogates (U+DC00 to U+DC7F),
because the bytes of an escape sequence cannot be decoded if the sequence selects a character set that the file does not
declare. The constant MASK is the text that messages show instead of a patient's value.
"""

from __future__ import annotations

import codecs
import re

KEEP_BYTES_HANDLER = "dicommap.undecodable"
"""Name of the codec error handler that turns each byte that cannot be decoded into a lone surrogate.

It is used as in `value.decode(codec, errors=KEEP_BYTES_HANDLER)`.
"""

_FIRST = 0xDC00
_UNDECODABLE = re.compile("[\udc00-\udcff\ufffd]")


def convert_bytes_to_surrogates(value: bytes) -> str:
    """Return a text in which every byte of `value` is a lone surrogate."""
    return "".join(chr(_FIRST + byte) for byte in value)


def is_undecodable(text: str) -> bool:
    """Return whether a text contains a byte that was not decoded, or U+FFFD, which other programs write instead."""
    return not text.isascii() and _UNDECODABLE.search(text) is not None


def _replace_undecodable_bytes(error: UnicodeError) -> tuple[str, int]:
    """Handle a decoding error: return lone surrogates for the wrong bytes, and the position after these bytes."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return convert_bytes_to_surrogates(error.object[error.start : error.end]), error.end


codecs.register_error(KEEP_BYTES_HANDLER, _replace_undecodable_bytes)


MASK = "***"


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Pattern of control characters (Cc), line and paragraph separators, Unicode's Bidi_Control, and lone surrogates."""


def make_printable(path: str) -> str:
    r"""Return a path or other text with unprintable characters escaped.

    Unprintable characters are control characters, line and paragraph separators, characters that change the writing
    direction, and lone surrogates. A byte that was not decoded (kept as a lone surrogate) becomes `\xNN`.
    """
    if path.isascii() and path.isprintable():
        return path
    return _UNPRINTABLE.sub(_escape_character, path)


def _escape_character(match: re.Match[str]) -> str:
    """Return the escape sequence of the matched character: the hexadecimal code after a backslash and `x` or `u`.

    A lone surrogate that stands for a byte gets the code of this byte.
    """
    point = ord(match[0])
    if 0xDC00 <= point <= 0xDCFF:
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
