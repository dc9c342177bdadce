"""Values as text: character sets, padding and binary numbers (PS3.5 sections 6.1 and 6.2)."""

from __future__ import annotations

import struct

from dicommap.p10.character_sets import DEFAULT
from dicommap.p10.code_extensions import decode_extended

_CHARACTER_SET_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_WHOLE_TEXT_VRS = frozenset({"LT", "ST", "UR", "UT"})
_NUMBERS = {"FL": "f", "FD": "d", "SL": "l", "SS": "h", "SV": "q", "UL": "L", "US": "H", "UV": "Q"}
_BINARY = frozenset({*_NUMBERS, "AT"})
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def decode(vr: str, value: bytes, encodings: tuple[str, ...], order: str) -> tuple[str, bool]:
    """Return a value as text, and whether all its bytes could be decoded.

    Trailing padding is left out of every value, leading spaces too where they mean nothing. Binary numbers
    become their decimal text. `order` is the order of bytes, '<' or '>'.
    """
    if vr not in _BINARY and value.isascii() and b"\x1b" not in value and b"\\" not in value:
        return _unpadded(vr, value.decode("ascii")), True  # as most values are
    if vr in _NUMBERS:
        return _numbers(_NUMBERS[vr], value, order)
    if vr == "AT":
        return _tags(value, order)
    text, clean = _text(vr, value, encodings)
    parts = [text] if vr in _WHOLE_TEXT_VRS else text.split("\\")
    return "\\".join(_unpadded(vr, part) for part in parts), clean


def _text(vr: str, value: bytes, encodings: tuple[str, ...]) -> tuple[str, bool]:
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii"), True
    if vr not in _CHARACTER_SET_VRS:
        return value.decode("ascii", "replace"), False
    text = decode_extended(vr, value, encodings) if b"\x1b" in value else value.decode(encodings[0], "replace")
    # An escape sequence that is left is one that the declared character sets do not have.
    if "\ufffd" in text or "\x1b" in text or _replaced_by_default(value, encodings):
        return text, False
    return text, True


def _replaced_by_default(value: bytes, encodings: tuple[str, ...]) -> bool:
    # Without SpecificCharacterSet only ASCII is allowed, yet pydicom reads such bytes as Latin 1.
    if encodings[:1] != (DEFAULT,):
        return False
    first, *escaped = value.split(b"\x1b")
    return not all(part.isascii() for part in (first, *escaped) if part is first or part.startswith(b"(B"))


def _unpadded(vr: str, text: str) -> str:
    text = text.rstrip(" \0=") if vr == "PN" else text.rstrip(" \0")
    return text if vr in _WHOLE_TEXT_VRS or vr == "PN" else text.lstrip(" ")


def _numbers(code: str, value: bytes, order: str) -> tuple[str, bool]:
    size = struct.calcsize("=" + code)
    if len(value) % size:
        return _REPLACEMENT, False
    return "\\".join(str(number) for (number,) in struct.iter_unpack(order + code, value)), True


def _tags(value: bytes, order: str) -> tuple[str, bool]:
    if len(value) % 4:
        return _REPLACEMENT, False
    return "\\".join(f"{group:04X}{element:04X}" for group, element in struct.iter_unpack(order + "HH", value)), True
