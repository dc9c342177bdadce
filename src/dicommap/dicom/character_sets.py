"""Specific Character Set: defined terms, coded character sets and their codes (PS3.3 C.12.1.1.2).

The reader of headers and the check of edits use the same tables. So an edit may contain exactly the characters that the
reader can decode.

A coded character set is used either as G0, for bytes 0x21 to 0x7E, or as G1, for bytes 0xA1 to 0xFE (0xA0 to 0xFF for
the parts of ISO 8859). Some sets have codes of two bytes (ISO/IEC 2022).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_EIGHTH_BIT = 0x80


class CodedCharacterSet(NamedTuple):
    """A coded character set: its escape sequence, its code element, and the length of its codes."""

    escape: bytes
    """The escape sequence that selects the set, without the escape character."""
    element: int
    """The code element of the set: 0 if the set is used as G0, 1 if it is used as G1."""
    size: int
    """Number of bytes of each code."""
    codec: str
    """Name of the Python codec that has the set's characters, and maybe others; empty if Python has no such codec."""

    def decode(self, code: bytes) -> str | None:
        """Return the character that the bytes `code` encode in a value; None if the set has no such code."""
        return _decode_character(self, code)

    def encode(self, character: str) -> bytes | None:
        """Return the bytes that encode a character in a value; None if the set does not have the character."""
        return _encode_character(self, character)

    def has_character(self, character: str) -> bool:
        """Return whether the set has a code for `character`."""
        return _encode_character(self, character) is not None


ASCII = CodedCharacterSet(b"(B", 0, 1, "ascii")
"""ISO-IR 6, the default repertoire."""
ROMAJI = CodedCharacterSet(b"(J", 0, 1, "")
"""ISO-IR 14, the Roman characters of JIS X 0201. It is ASCII with a yen sign for `\\`, and an overline for `~`."""
KATAKANA = CodedCharacterSet(b")I", 1, 1, "")
"""ISO-IR 13, the half-width katakana of JIS X 0201."""
JIS_X_0208 = CodedCharacterSet(b"$B", 0, 2, "euc_jp")
JIS_X_0212 = CodedCharacterSet(b"$(D", 0, 2, "euc_jp")
KS_X_1001 = CodedCharacterSet(b"$)C", 1, 2, "cp949")
GB_2312 = CodedCharacterSet(b"$)A", 1, 2, "gb18030")
"""ISO-IR 58, the characters of GB 2312. Python's codec for GB 18030 is used, because GB 18030 contains GB 2312.

Python's codec gb2312 is not used. It decodes the middle dot and the dash as U+30FB and U+2015, which come from a
withdrawn Unicode table.
"""

UNKNOWN_SINGLE_BYTE_SET = CodedCharacterSet(b"", 0, 1, "")
"""The set for bytes that belong to an undeclared set with codes of one byte. Its characters are unknown."""
UNKNOWN_MULTI_BYTE_SET = CodedCharacterSet(b"", 0, 2, "")
"""The set for bytes that belong to an undeclared set with codes of several bytes. Its characters are unknown."""

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
"""Number in ISO-IR, ISO's register of character sets -> the coded character set for bytes from 0xA0 on.

The character sets are parts of ISO 8859, and TIS 620 (Thai).
"""

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
    """Decode a code with the Python codec of its set. Raises UnicodeDecodeError if the codec has no such code."""
    if coded == GB_2312:
        code.decode("gb2312")  # raises an error for characters that only GB 18030 has
    if coded.element == 0 and coded.size == 2:
        code = bytes(byte | _EIGHTH_BIT for byte in code)
    return (b"\x8f" + code if coded == JIS_X_0212 else code).decode(coded.codec)


@lru_cache(maxsize=16_384)
def _encode_character(coded: CodedCharacterSet, character: str) -> bytes | None:
    for code in _list_candidate_codes(coded, character):
        if len(code) == coded.size and _is_graphic_code(coded, code) and coded.decode(code) == character:
            return code
    return None


def _list_candidate_codes(coded: CodedCharacterSet, character: str) -> tuple[bytes, ...]:
    """Return codes that may encode a character in a set.

    Some codes may be wrong, so the caller decodes each code to check it.
    """
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


def _is_graphic_code(coded: CodedCharacterSet, code: bytes) -> bool:
    """Return whether all bytes of a code are in the range of the graphic characters of a set."""
    first, last = (0x20, 0x7F) if coded.element == 0 else (0xA0, 0xFF)
    return all(first <= byte <= last for byte in code)


_STAND_ALONE_CODECS = {"ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}
"""Defined term that may not be combined with others -> name of the Python codec that decodes a whole value.

Source: PS3.3 Table C.12-5.
"""

_SINGLE_BYTE: dict[str, tuple[CodedCharacterSet, ...]] = {
    "6": (ASCII,),
    "13": (ROMAJI, KATAKANA),
    **{number: (ASCII, right) for number, right in ISO_8859.items()},
}
"""Number in a defined term, such as 100 in `ISO_IR 100` -> the term's G0 set, and the term's G1 set if there is one.

Source: PS3.3 Tables C.12-2 and C.12-3.
"""

_DOUBLE_BYTE = {"87": JIS_X_0208, "159": JIS_X_0212, "149": KS_X_1001, "58": GB_2312}
"""Number in a defined term -> the set with codes of two bytes that the term declares (PS3.3 Table C.12-4).

A value that uses such a set needs code extensions, that is, escape sequences.
"""

_TERM = re.compile(r"ISO[ _-]?(2022[ _-]?)?IR[ _-]?([0-9]+)", re.IGNORECASE)
"""Pattern of a defined term with a number. Other separators and small letters are accepted: the meaning is clear."""
_UTF_8 = re.compile(r"UTF-?8", re.IGNORECASE)
"""Pattern of a common wrong spelling of ISO_IR 192."""


class SpecificCharacterSet(NamedTuple):
    """The character sets that a value of SpecificCharacterSet declares."""

    whole: str = ""
    """Name of the Python codec for whole values, such as `utf-8`; empty if values use coded character sets."""
    g0: CodedCharacterSet = ASCII
    """The set for bytes below 0x80 until an escape sequence selects another set."""
    g1: CodedCharacterSet | None = None
    """The set for bytes from 0x80 on until an escape sequence selects another set; None if none is declared."""
    extensions: frozenset[CodedCharacterSet] = frozenset()
    """The sets that escape sequences may select; empty without code extensions."""
    is_known: bool = True
    """Whether PS3.3 defines all declared terms and allows their combination."""

    @property
    def sets_by_escape(self) -> Mapping[bytes, CodedCharacterSet]:
        """Return a dict: escape sequence without the escape character -> the character set that it selects."""
        return _map_escapes_to_coded_sets(self.extensions)

    @property
    def coded_sets(self) -> frozenset[CodedCharacterSet]:
        """Return all coded character sets that may be used in a value."""
        return self.extensions | {charset for charset in (self.g0, self.g1) if charset is not None}


@lru_cache(maxsize=256)
def parse_specific_character_set(value: str) -> SpecificCharacterSet:
    r"""Return the character sets that a value of SpecificCharacterSet declares.

    A backslash separates terms. The first term may be empty, as in `\ISO 2022 IR 87`; it then means ISO-IR 6. An
    unknown term declares no set, so its bytes cannot be decoded. A term that may not be combined with other terms, such
    as `GB18030`, declares no set if `value` has several terms.
    """
    terms = [term.strip(" ") for term in value.split("\\")]
    if len(terms) == 1:
        return _parse_value_of_one_term(terms[0])
    parsed = [_parse_numbered_term(term) for term in terms]
    initial = (parsed[0] and _SINGLE_BYTE.get(parsed[0][1])) or (ASCII,)
    extensions = [charset for pair in parsed if pair for charset in _get_coded_sets(pair[1])]
    return SpecificCharacterSet(
        g0=initial[0],
        g1=initial[1] if len(initial) > 1 else None,
        extensions=frozenset([*extensions, ASCII]),
        is_known=all(pair and _get_coded_sets(pair[1]) for term, pair in zip(terms, parsed, strict=True) if term)
        and all(terms[1:]),  # only the first term may be empty
    )


def find_unencodable_characters(text: str, declared: str) -> frozenset[str] | None:
    """Return the characters of a text that cannot be encoded with the SpecificCharacterSet `declared`.

    Return None if PS3.3 does not define a term or the combination of terms, because the characters are then unknown.
    """
    charset = parse_specific_character_set(declared)
    if not charset.is_known:
        return None
    return frozenset(character for character in set(text) if not _can_encode(charset, character))


def _parse_value_of_one_term(term: str) -> SpecificCharacterSet:
    """Return the character sets that a SpecificCharacterSet with a single term declares."""
    whole = "utf-8" if _UTF_8.fullmatch(term) else _STAND_ALONE_CODECS.get(term.upper())
    parsed = _parse_numbered_term(term)
    if whole or (parsed is not None and parsed[1] == "192" and not parsed[0]):
        return SpecificCharacterSet(whole=whole or "utf-8")
    if not term:
        return SpecificCharacterSet()
    if parsed is None or not _get_coded_sets(parsed[1]):
        return SpecificCharacterSet(is_known=False)
    extended, number = parsed
    initial = _SINGLE_BYTE.get(number, (ASCII,))
    return SpecificCharacterSet(
        g0=initial[0],
        g1=initial[1] if len(initial) > 1 else None,
        extensions=frozenset([*_get_coded_sets(number), ASCII]) if extended or number in _DOUBLE_BYTE else frozenset(),
    )


def _parse_numbered_term(term: str) -> tuple[bool, str] | None:
    """Return a pair: whether a term is for code extensions (`ISO 2022 IR`), and the number in the term.

    Return None if the term has no number.
    """
    match = _TERM.fullmatch(term)
    return None if match is None else (match[1] is not None, match[2])


def _get_coded_sets(number: str) -> tuple[CodedCharacterSet, ...]:
    """Return the sets that a term with this number declares; an empty tuple if the number is not known."""
    return (_DOUBLE_BYTE[number],) if number in _DOUBLE_BYTE else _SINGLE_BYTE.get(number, ())


@lru_cache(maxsize=256)
def _map_escapes_to_coded_sets(extensions: frozenset[CodedCharacterSet]) -> dict[bytes, CodedCharacterSet]:
    return {charset.escape: charset for charset in extensions}


@lru_cache(maxsize=4096)
def _can_encode(charset: SpecificCharacterSet, character: str) -> bool:
    """Return whether a text with these declared character sets can contain a character."""
    if character.isascii() and character != "~":  # JIS X 0201 has an overline instead of the tilde
        return True
    if charset.whole:
        try:
            character.encode(charset.whole)
        except UnicodeEncodeError:
            return False
        return True
    # In JIS X 0201, the yen sign has the byte of the backslash, which separates values.
    return character != "¥" and any(coded_set.has_character(character) for coded_set in charset.coded_sets)
