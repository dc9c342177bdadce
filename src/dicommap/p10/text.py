"""Values as text: character sets, padding and binary numbers (PS3.5 sections 6.1 and 6.2)."""

from __future__ import annotations

import codecs
import struct
import warnings
from functools import lru_cache

_CHARACTER_SET_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_WHOLE_TEXT_VRS = frozenset({"LT", "ST", "UR", "UT"})
_NUMBERS = {"FL": "f", "FD": "d", "SL": "l", "SS": "h", "SV": "q", "UL": "L", "US": "H", "UV": "Q"}
_BINARY = frozenset({*_NUMBERS, "AT"})
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_DEFAULT = "iso8859"
_CODECS = {
    "": _DEFAULT,
    "ISO_IR 6": _DEFAULT,
    "ISO_IR 13": "shift_jis",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 126": "iso_ir_126",
    "ISO_IR 127": "iso_ir_127",
    "ISO_IR 138": "iso_ir_138",
    "ISO_IR 144": "iso_ir_144",
    "ISO_IR 148": "iso_ir_148",
    "ISO_IR 166": "iso_ir_166",
    "ISO 2022 IR 6": _DEFAULT,
    "ISO 2022 IR 13": "shift_jis",
    "ISO 2022 IR 58": "iso_ir_58",
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 100": "latin_1",
    "ISO 2022 IR 101": "iso8859_2",
    "ISO 2022 IR 109": "iso8859_3",
    "ISO 2022 IR 110": "iso8859_4",
    "ISO 2022 IR 126": "iso_ir_126",
    "ISO 2022 IR 127": "iso_ir_127",
    "ISO 2022 IR 138": "iso_ir_138",
    "ISO 2022 IR 144": "iso_ir_144",
    "ISO 2022 IR 148": "iso_ir_148",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 166": "iso_ir_166",
}
"""Defined terms that may stand together (PS3.3 Tables C.12-2 to C.12-4), and Python's codecs as pydicom names them."""

_ALONE = {"ISO_IR 192": "UTF8", "GB18030": "GB18030", "GBK": "GBK"}
"""Those that stand alone (PS3.3 Table C.12-5)."""


@lru_cache(maxsize=64)
def encodings_of(specific_character_set: str) -> tuple[str, ...]:
    """Return Python's codecs for a value of SpecificCharacterSet; unknown terms are taken for the default."""
    terms = [term.strip() for term in specific_character_set.split("\\")]
    if len(terms) == 1 and terms[0] in _ALONE:
        return (_ALONE[terms[0]],)
    if all(term in _CODECS for term in terms):
        return tuple(map(_CODECS.__getitem__, terms))
    return _odd_encodings(terms)


def _odd_encodings(terms: list[str]) -> tuple[str, ...]:
    """Return what pydicom makes of terms that are misspelt, or do not go together."""
    # Importing it takes longer than many a scan.
    from pydicom.charset import convert_encodings, python_encoding

    # pydicom takes any name of a Python codec for a term, also of one that fails.
    defined = {codecs.lookup(name).name for name in python_encoding.values()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            names = convert_encodings(terms)
        except (LookupError, ValueError):  # an unknown term; a NUL inside one
            return (_DEFAULT,)
    return tuple(name if codecs.lookup(name).name in defined else _DEFAULT for name in names)


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
    text = _extended(vr, value, encodings) if b"\x1b" in value else value.decode(encodings[0], "replace")
    # An escape sequence that is left is one that the declared character sets do not have.
    if "\ufffd" in text or "\x1b" in text or _replaced_by_default(value, encodings):
        return text, False
    return text, True


def _extended(vr: str, value: bytes, encodings: tuple[str, ...]) -> str:
    """Return a text with code extensions (PS3.5 section 6.1.2.5)."""
    from pydicom.charset import decode_bytes
    from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return decode_bytes(value, encodings, PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS)
        except ValueError:  # only where pydicom is set to raise
            return value.decode("ascii", "replace") + _REPLACEMENT


def _replaced_by_default(value: bytes, encodings: tuple[str, ...]) -> bool:
    # Without SpecificCharacterSet only ASCII is allowed, yet pydicom reads such bytes as Latin 1.
    if encodings[:1] != (_DEFAULT,):
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
