"""Decode values to text: character sets with code extensions, padding, and binary numbers.

With code extensions (PS3.5 section 6.1.2.5), one text can use several coded character sets. Two sets are active at a
time: bytes 0x21 to 0x7E are decoded with the set G0, and bytes from 0x80 are decoded with the set G1. At the start, the
first value of SpecificCharacterSet defines both sets. An escape sequence replaces G0 or G1 by another set. After a
delimiter or a control character, both sets are reset to those of the first value (section 6.1.2.5.3). So a Korean name
repeats the escape sequence after each `^`:

    ESC $ ) C  FB F3  ^  ESC $ ) C  D1 CE D4 D7

Without the second escape sequence, G1 is empty for the last four bytes, and they cannot be decoded.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from dicommap.dicom.character_sets import ASCII, UNKNOWN_MULTI_BYTE_SET, UNKNOWN_SINGLE_BYTE_SET, CodedCharacterSet
from dicommap.dicom.printable_text import KEEP_BYTES_HANDLER, convert_bytes_to_surrogates

if TYPE_CHECKING:
    from dicommap.dicom.character_sets import SpecificCharacterSet

_ESCAPE = 0x1B
_SPACE = 0x20
_DELETE = 0x7F

_ESCAPE_SEQUENCE = re.compile(rb"\x1b([\x20-\x2f]*[\x30-\x7e])")
_UNDECLARED_G0 = re.compile(rb"\$?\(|\$[@-B]")
"""Matches the start of an escape sequence that replaces G0 by a set that SpecificCharacterSet does not declare."""
_UNDECLARED_G1 = re.compile(rb"\$?[)-]")
"""Matches the start of an escape sequence that replaces G1 by a set that SpecificCharacterSet does not declare."""

_DELIMITERS_BY_VR = {"PN": b"\\^=", **dict.fromkeys(("LT", "ST", "UT"), b"")}
"""VR -> delimiters that reset G0 and G1. In long texts, a backslash is not a delimiter, because they have one value."""
_CHARACTER_SET_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""VRs that use SpecificCharacterSet. All other VRs use only the default repertoire (PS3.5 section 6.1.2.2)."""
_WHOLE_TEXT_VRS = frozenset({"LT", "ST", "UR", "UT"})
_NUMBER_FORMATS = {"FL": "f", "FD": "d", "SL": "l", "SS": "h", "SV": "q", "UL": "L", "US": "H", "UV": "Q"}
_BINARY_VRS = frozenset({*_NUMBER_FORMATS, "AT"})


def decode_plain_text(vr: str, value: bytes) -> str | None:
    """Return the text of a value of printable ASCII characters, without padding. Return None for any other value.

    Such a value has the same text in all character sets that have ASCII as G0. This function exists only for speed:
    most values are plain texts, and `decode_value` returns the same text more slowly.

    Args:
        vr: The VR of the value.
        value: The value's bytes.
    """
    if not value.isascii() or vr in _BINARY_VRS:
        return None
    text = value.decode("ascii").rstrip(" \0")
    if "\\" in text or not text.isprintable():
        return None
    if vr == "PN":
        return text.rstrip(" =")
    return text if vr in _WHOLE_TEXT_VRS else text.lstrip(" ")


def decode_value(vr: str, value: bytes, charset: SpecificCharacterSet, order: str) -> str:
    """Return a value as text.

    Trailing padding is removed. Leading spaces are removed if they are not significant for the VR. Binary numbers are
    written in decimal. Each undecodable byte becomes a lone surrogate (see `dicommap.dicom.printable_text`).

    Args:
        vr: The VR of the value.
        value: The value's bytes.
        charset: The character set of the data set.
        order: The byte order of numbers, '<' or '>'.

    """
    if (
        vr not in _BINARY_VRS
        and value.isascii()
        and b"\x1b" not in value
        and b"\\" not in value
        and (charset.g0 is ASCII or b"~" not in value)
    ):
        return _strip_value_padding(vr, value.decode("ascii"))  # most values
    if vr in _NUMBER_FORMATS:
        return _decode_numbers(_NUMBER_FORMATS[vr], value, order)
    if vr == "AT":
        return _decode_tags(value, order)
    return strip_padding(vr, _decode_text(vr, value, charset))


def strip_padding(vr: str, text: str) -> str:
    """Return a decoded value without padding: spaces and NUL at its end, or at both ends if its VR allows it.

    Args:
        vr: The VR of the value. It must not be a VR of binary numbers.
        text: The value. A backslash separates several values, each with its own padding.

    """
    parts = [text] if vr in _WHOLE_TEXT_VRS else text.split("\\")
    return "\\".join(_strip_value_padding(vr, part) for part in parts)


def _decode_text(vr: str, value: bytes, charset: SpecificCharacterSet) -> str:
    """Decode a text value with the character sets that its VR uses. Padding is kept."""
    if vr not in _CHARACTER_SET_VRS:
        return _replace_escapes(value.decode("ascii", KEEP_BYTES_HANDLER))
    if charset.whole:
        return _replace_escapes(value.decode(charset.whole, KEEP_BYTES_HANDLER))
    if b"\x1b" in value or charset.g0 is not ASCII:
        return decode_code_extensions(vr, value, charset)
    return value.decode("ascii" if charset.g1 is None else charset.g1.codec, KEEP_BYTES_HANDLER)


def _replace_escapes(text: str) -> str:
    """Replace each escape character in a text with the character for an undecodable byte (a lone surrogate)."""
    return text.replace("\x1b", convert_bytes_to_surrogates(b"\x1b"))


def _strip_value_padding(vr: str, text: str) -> str:
    """Return one value without padding. `strip_padding` calls this for each value of an attribute."""
    text = text.rstrip(" \0=") if vr == "PN" else text.rstrip(" \0")
    return text if vr in _WHOLE_TEXT_VRS or vr == "PN" else text.lstrip(" ")


def _decode_numbers(code: str, value: bytes, order: str) -> str:
    """Return binary numbers in decimal, with backslashes between them. `code` is their format in the module struct."""
    size = struct.calcsize("=" + code)
    if len(value) % size:
        return convert_bytes_to_surrogates(value)
    return "\\".join(str(number) for (number,) in struct.iter_unpack(order + code, value))


def _decode_tags(value: bytes, order: str) -> str:
    if len(value) % 4:
        return convert_bytes_to_surrogates(value)
    return "\\".join(f"{group:04X}{element:04X}" for group, element in struct.iter_unpack(order + "HH", value))


def decode_code_extensions(vr: str, value: bytes, charset: SpecificCharacterSet) -> str:
    """Return the decoded text of a value with code extensions.

    If SpecificCharacterSet does not declare the set of an escape sequence, the sequence and the bytes that use this set
    are kept as undecodable bytes.

    Args:
        vr: The VR of the value.
        value: The value's bytes.
        charset: The character set of the data set.

    """
    return _ExtendedTextDecoder(vr, value, charset).decode()


class _ExtendedTextDecoder:
    """A decoder of one value with escape sequences. It reads the value character by character."""

    def __init__(self, vr: str, value: bytes, charset: SpecificCharacterSet) -> None:
        self._value = value
        self._charset = charset
        self._delimiters = _DELIMITERS_BY_VR.get(vr, b"\\")
        self._reset_character_sets()

    def _reset_character_sets(self) -> None:
        """Set G0 and G1 to the sets of the first value of SpecificCharacterSet."""
        self._g0, self._g1 = self._charset.g0, self._charset.g1

    def decode(self) -> str:
        at, parts = 0, []
        while at < len(self._value):
            text, length = self._decode_next_character(at)
            parts.append(text)
            at += length
        return "".join(parts)

    def _decode_next_character(self, at: int) -> tuple[str, int]:
        """Return the text of the character or escape sequence at offset `at`, and its number of bytes."""
        byte = self._value[at]
        if byte == _ESCAPE:
            return self._apply_escape_sequence(at)
        if byte <= _SPACE or byte == _DELETE:
            if byte < _SPACE:
                self._reset_character_sets()
            return chr(byte), 1
        coded = self._g0 if byte < 0x80 else self._g1
        if coded is None:
            return convert_bytes_to_surrogates(self._value[at : at + 1]), 1
        if coded.size == 1 and byte in self._delimiters:
            self._reset_character_sets()
            return chr(byte), 1
        return self._decode_character(coded, at)

    def _decode_character(self, coded: CodedCharacterSet, at: int) -> tuple[str, int]:
        """Return the character of the set `coded` at offset `at`, and its number of bytes.

        If the bytes are not a character of this set, return the first byte as an undecodable byte.
        """
        code = self._value[at : at + coded.size]
        if len(code) == coded.size and all(_SPACE < byte & 0x7F < _DELETE or coded.size == 1 for byte in code):
            halves = {byte >> 7 for byte in code}
            text = coded.decode(code) if halves == {coded.element} else None
            if text is not None:
                return text, coded.size
        return convert_bytes_to_surrogates(code[:1]), 1

    def _apply_escape_sequence(self, at: int) -> tuple[str, int]:
        """Apply the escape sequence at offset `at` to G0 or G1. Return its text and its number of bytes.

        If SpecificCharacterSet declares the set that the sequence selects, the text is empty. Otherwise, the text is
        the sequence as undecodable bytes.
        """
        match = _ESCAPE_SEQUENCE.match(self._value, at)
        if match is None:
            return convert_bytes_to_surrogates(self._value[at : at + 1]), 1
        sequence = match[1]
        coded = self._charset.sets_by_escape.get(sequence)
        if coded is not None:
            if coded.element == 0:
                self._g0 = coded
            else:
                self._g1 = coded
            return "", len(match[0])
        if sequence == ASCII.escape:
            self._g0 = ASCII
        elif _UNDECLARED_G0.match(sequence):
            self._g0 = UNKNOWN_MULTI_BYTE_SET if sequence.startswith(b"$") else UNKNOWN_SINGLE_BYTE_SET
        elif _UNDECLARED_G1.match(sequence):
            self._g1 = None
        return convert_bytes_to_surrogates(match[0]), len(match[0])
