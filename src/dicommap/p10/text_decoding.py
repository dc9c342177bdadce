"""Texts with code extensions: escape sequences that designate other character sets (PS3.5 section 6.1.2.5).

A text is read from its first byte to its last. Bytes 0x21 to 0x7E are codes of the set that is designated as G0, bytes
from 0x80 codes of the one that is designated as G1. At the start both are those of the first term of
SpecificCharacterSet. An escape sequence designates another one. Behind a delimiter or a control character those of the
first term hold again (PS3.5 section 6.1.2.5.3). So in a Korean name the escape sequence is repeated behind each `^`:

    ESC $ ) C  FB F3  ^  ESC $ ) C  D1 CE D4 D7

Without the second one the last four bytes belong to no set, and cannot be decoded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.dicom.character_sets_model_coded_sets_part import (
    ASCII,
    UNKNOWN_MULTI_BYTE_SET,
    UNKNOWN_SINGLE_BYTE_SET,
    CodedCharacterSet,
)
from dicommap.dicom.printable_text import keep_undecodable_bytes

if TYPE_CHECKING:
    from dicommap.dicom.character_sets import SpecificCharacterSet

_ESCAPE = 0x1B
_SPACE = 0x20
_DELETE = 0x7F

_SEQUENCE = re.compile(rb"\x1b([\x20-\x2f]*[\x30-\x7e])")
_ANOTHER_G0 = re.compile(rb"\$?\(|\$[@-B]")
"""The beginnings of escape sequences that designate a set as G0; the others have G1, or are not for graphic sets."""
_ANOTHER_G1 = re.compile(rb"\$?[)-]")

_DELIMITERS = {"PN": b"\\^=", **dict.fromkeys(("LT", "ST", "UT"), b"")}
"""Behind these the first sets hold again. A long text is one value whatever it holds."""


class _ExtendedTextDecoder:
    """The text of one value, byte by byte."""

    def __init__(self, vr: str, value: bytes, charset: SpecificCharacterSet) -> None:
        self._value = value
        self._charset = charset
        self._delimiters = _DELIMITERS.get(vr, b"\\")
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._g0, self._g1 = self._charset.g0, self._charset.g1

    def decoded(self) -> str:
        at, parts = 0, []
        while at < len(self._value):
            text, length = self._next(at)
            parts.append(text)
            at += length
        return "".join(parts)

    def _next(self, at: int) -> tuple[str, int]:
        """Return the text of the bytes at an offset, and how many these are."""
        byte = self._value[at]
        if byte == _ESCAPE:
            return self._designate(at)
        if byte <= _SPACE or byte == _DELETE:
            if byte < _SPACE:
                self._begin_anew()
            return chr(byte), 1
        coded = self._g0 if byte < 0x80 else self._g1
        if coded is None:
            return keep_undecodable_bytes(self._value[at : at + 1]), 1
        if coded.size == 1 and byte in self._delimiters:
            self._begin_anew()
            return chr(byte), 1
        return self._character(coded, at)

    def _character(self, coded: CodedCharacterSet, at: int) -> tuple[str, int]:
        code = self._value[at : at + coded.size]
        if len(code) == coded.size and all(_SPACE < byte & 0x7F < _DELETE or coded.size == 1 for byte in code):
            halves = {byte >> 7 for byte in code}
            text = coded.character(code) if halves == {coded.element} else None
            if text is not None:
                return text, coded.size
        return keep_undecodable_bytes(code[:1]), 1

    def _designate(self, at: int) -> tuple[str, int]:
        """Follow the escape sequence at an offset; it is no part of the text if its set is declared."""
        found = _SEQUENCE.match(self._value, at)
        if found is None:
            return keep_undecodable_bytes(self._value[at : at + 1]), 1
        sequence = found[1]
        coded = self._charset.escapes.get(sequence)
        if coded is not None:
            if coded.element == 0:
                self._g0 = coded
            else:
                self._g1 = coded
            return "", len(found[0])
        if sequence == ASCII.escape:
            self._g0 = ASCII
        elif _ANOTHER_G0.match(sequence):
            self._g0 = UNKNOWN_MULTI_BYTE_SET if sequence.startswith(b"$") else UNKNOWN_SINGLE_BYTE_SET
        elif _ANOTHER_G1.match(sequence):
            self._g1 = None
        return keep_undecodable_bytes(found[0]), len(found[0])


def decode_code_extensions(vr: str, value: bytes, charset: SpecificCharacterSet) -> str:
    """Return a text with escape sequences.

    Bytes that belong to no declared set are kept as undecodable: an escape sequence of another set, and what it is for.
    """
    return _ExtendedTextDecoder(vr, value, charset).decoded()
