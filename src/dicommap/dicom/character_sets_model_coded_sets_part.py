"""Coded character sets of DICOM: their escape sequences and their codes (PS3.3 Tables C.12-2 to C.12-4).

A coded character set is used as G0, for bytes 0x21 to 0x7E, or as G1, for bytes 0xA1 to 0xFE (0xA0 to 0xFF for the
parts of ISO 8859). Some have codes of two bytes (ISO/IEC 2022).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

_EIGHTH_BIT = 0x80


class CodedCharacterSet(NamedTuple):
    """One coded character set."""

    escape: bytes
    """The escape sequence that designates it, without the escape character."""
    element: int
    """The code element that it is designated as: 0 for G0, 1 for G1."""
    size: int
    """Bytes of each code."""
    codec: str
    """Python's codec that has these characters, among others perhaps; empty if there is none."""

    def character(self, code: bytes) -> str | None:
        """Return the character of a code as it stands in a value, or None if the set has no such code."""
        return _decode_character(self, code)

    def code(self, character: str) -> bytes | None:
        """Return the code of a character as it stands in a value, or None if the set does not have it."""
        return _encode_character(self, character)

    def has(self, character: str) -> bool:
        """Return whether the set has a character."""
        return _encode_character(self, character) is not None


ASCII = CodedCharacterSet(b"(B", 0, 1, "ascii")
"""ISO-IR 6, the default repertoire."""
ROMAJI = CodedCharacterSet(b"(J", 0, 1, "")
"""ISO-IR 14, the Roman characters of JIS X 0201: ASCII, but for a yen sign and an overline."""
KATAKANA = CodedCharacterSet(b")I", 1, 1, "")
"""ISO-IR 13, the half-width katakana of JIS X 0201."""
JIS_X_0208 = CodedCharacterSet(b"$B", 0, 2, "euc_jp")
JIS_X_0212 = CodedCharacterSet(b"$(D", 0, 2, "euc_jp")
KS_X_1001 = CodedCharacterSet(b"$)C", 1, 2, "cp949")
GB_2312 = CodedCharacterSet(b"$)A", 1, 2, "gb18030")
"""Characters as GB 18030 has them, which contains GB 2312: Python's gb2312 still has U+30FB and U+2015 for the middle
dot and the dash, as a withdrawn table of Unicode had."""

UNKNOWN_SINGLE_BYTE_SET = CodedCharacterSet(b"", 0, 1, "")
"""A set with codes of one byte that is not declared: nothing is known of its characters."""
UNKNOWN_MULTI_BYTE_SET = CodedCharacterSet(b"", 0, 2, "")
"""A set with codes of several bytes that is not declared."""

ISO_8859 = {
    "100": CodedCharacterSet(b"-A", 1, 1, "iso8859_1"),
    "101": CodedCharacterSet(b"-B", 1, 1, "iso8859_2"),
    "109": CodedCharacterSet(b"-C", 1, 1, "iso8859_3"),
    "110": CodedCharacterSet(b"-D", 1, 1, "iso8859_4"),
    "126": CodedCharacterSet(b"-F", 1, 1, "iso8859_7"),
    "127": CodedCharacterSet(b"-G", 1, 1, "iso8859_6"),
    "138": CodedCharacterSet(b"-H", 1, 1, "iso8859_8"),
    "144": CodedCharacterSet(b"-L", 1, 1, "iso8859_5"),
    "148": CodedCharacterSet(b"-M", 1, 1, "iso8859_9"),
    "166": CodedCharacterSet(b"-T", 1, 1, "tis_620"),
    "203": CodedCharacterSet(b"-b", 1, 1, "iso8859_15"),
}
"""The right-hand parts of ISO 8859 and TIS 620, by their numbers in ISO's register."""

_ROMAJI_OTHERS = {b"\\": "¥", b"~": "\N{OVERLINE}"}
_KATAKANA = range(0xA1, 0xE0)
_FIRST_KATAKANA = ord("\N{HALFWIDTH IDEOGRAPHIC FULL STOP}")


@lru_cache(maxsize=16_384)
def _decode_character(coded: CodedCharacterSet, code: bytes) -> str | None:
    if coded == ROMAJI:
        return _ROMAJI_OTHERS.get(code) or code.decode("ascii")
    if coded == KATAKANA:
        return chr(_FIRST_KATAKANA + code[0] - _KATAKANA[0]) if code[0] in _KATAKANA else None
    try:
        return _decode_with_codec(coded, code) if coded.codec else None
    except UnicodeDecodeError:
        return None


def _decode_with_codec(coded: CodedCharacterSet, code: bytes) -> str:
    if coded == GB_2312:
        code.decode("gb2312")  # raises an error for what only GB 18030 has
    if coded.element == 0 and coded.size == 2:
        code = bytes(byte | _EIGHTH_BIT for byte in code)
    return (b"\x8f" + code if coded == JIS_X_0212 else code).decode(coded.codec)


@lru_cache(maxsize=16_384)
def _encode_character(coded: CodedCharacterSet, character: str) -> bytes | None:
    for code in _candidate_codes(coded, character):
        if len(code) == coded.size and _is_graphic(coded, code) and coded.character(code) == character:
            return code
    return None


def _candidate_codes(coded: CodedCharacterSet, character: str) -> tuple[bytes, ...]:
    if coded == ROMAJI:
        return tuple(code for code, other in _ROMAJI_OTHERS.items() if other == character) or (
            character.encode("ascii", "ignore"),
        )
    if coded == KATAKANA:
        return (bytes([max(0, min(0xFF, ord(character) - _FIRST_KATAKANA + _KATAKANA[0]))]),)
    encoded = character.encode(coded.codec, "ignore") if coded.codec else b""
    if coded == JIS_X_0212:
        encoded = encoded.removeprefix(b"\x8f")
    if coded.element == 0 and coded.size == 2:
        encoded = bytes(byte & ~_EIGHTH_BIT for byte in encoded)
    return (encoded,)


def _is_graphic(coded: CodedCharacterSet, code: bytes) -> bool:
    first, last = (0x20, 0x7F) if coded.element == 0 else (0xA0, 0xFF)
    return all(first <= byte <= last for byte in code)
