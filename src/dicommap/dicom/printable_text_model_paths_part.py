"""Text that can be printed, whatever bytes a file's name or a value has; see `model.visible` for values."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Cc, the separators of lines and paragraphs, Bidi_Control of the Unicode Character Database, and lone surrogates."""


def make_printable(path: str) -> str:
    r"""Return a path for people and JSON: control, direction and undecodable characters become escapes.

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
