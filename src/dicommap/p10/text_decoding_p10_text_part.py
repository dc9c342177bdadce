"""Values as text: character sets, padding and binary numbers (PS3.5 sections 6.1 and 6.2)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from dicommap.dicom.character_sets_model_coded_sets_part import ASCII
from dicommap.dicom.printable_text import KEEP_BYTES_HANDLER, keep_undecodable_bytes
from dicommap.p10.text_decoding import decode_code_extensions

if TYPE_CHECKING:
    from dicommap.dicom.character_sets import SpecificCharacterSet

_CHARACTER_SET_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""Those that SpecificCharacterSet is for; the others hold the default repertoire only (PS3.5 section 6.1.2.2)."""
_WHOLE_TEXT_VRS = frozenset({"LT", "ST", "UR", "UT"})
_NUMBERS = {"FL": "f", "FD": "d", "SL": "l", "SS": "h", "SV": "q", "UL": "L", "US": "H", "UV": "Q"}
_BINARY = frozenset({*_NUMBERS, "AT"})


def decode_value(vr: str, value: bytes, charset: SpecificCharacterSet, order: str) -> str:
    """Return a value as text.

    Trailing padding is left out of every value, leading spaces too if they mean nothing. Binary numbers
    become their decimal text. `order` is the order of bytes, '<' or '>'. What cannot be decoded is kept as
    `dicommap.dicom.printable_text` has it.
    """
    if (
        vr not in _BINARY
        and value.isascii()
        and b"\x1b" not in value
        and b"\\" not in value
        and (charset.g0 is ASCII or b"~" not in value)
    ):
        return _strip_padding(vr, value.decode("ascii"))  # as most values are
    if vr in _NUMBERS:
        return _decode_numbers(_NUMBERS[vr], value, order)
    if vr == "AT":
        return _decode_tags(value, order)
    text = _decode_text(vr, value, charset)
    parts = [text] if vr in _WHOLE_TEXT_VRS else text.split("\\")
    return "\\".join(_strip_padding(vr, part) for part in parts)


def _decode_text(vr: str, value: bytes, charset: SpecificCharacterSet) -> str:
    if vr not in _CHARACTER_SET_VRS:
        return _keep_escapes(value.decode("ascii", KEEP_BYTES_HANDLER))
    if charset.whole:
        return _keep_escapes(value.decode(charset.whole, KEEP_BYTES_HANDLER))
    if b"\x1b" in value or charset.g0 is not ASCII:
        return decode_code_extensions(vr, value, charset)
    return value.decode("ascii" if charset.g1 is None else charset.g1.codec, KEEP_BYTES_HANDLER)


def _keep_escapes(text: str) -> str:
    """Keep escape characters as undecodable: here no escape sequence means anything."""
    return text.replace("\x1b", keep_undecodable_bytes(b"\x1b"))


def _strip_padding(vr: str, text: str) -> str:
    text = text.rstrip(" \0=") if vr == "PN" else text.rstrip(" \0")
    return text if vr in _WHOLE_TEXT_VRS or vr == "PN" else text.lstrip(" ")


def _decode_numbers(code: str, value: bytes, order: str) -> str:
    size = struct.calcsize("=" + code)
    if len(value) % size:
        return keep_undecodable_bytes(value)
    return "\\".join(str(number) for (number,) in struct.iter_unpack(order + code, value))


def _decode_tags(value: bytes, order: str) -> str:
    if len(value) % 4:
        return keep_undecodable_bytes(value)
    return "\\".join(f"{group:04X}{element:04X}" for group, element in struct.iter_unpack(order + "HH", value))
