"""Detect text whose file declares a wrong Specific Character Set.

In ISO 8859-1, every byte is a character. So decoding with a wrong character set often gives no error, but a wrong text.
For example, the UTF-8 bytes of `ü` become `Ã¼`, and quotation marks of Windows code pages become control characters.
This module detects both in the decoded text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.dicom.character_sets import ISO_8859
from dicommap.dicom.printable_text import is_undecodable

if TYPE_CHECKING:
    from dicommap.dicom.character_sets import CodedCharacterSet, SpecificCharacterSet

HAS_CONTROL_CHARACTERS = "holds control characters (U+0080 to U+009F), as text of a Windows code page does"
IS_UTF_8 = "is well-formed UTF-8, which text of the declared character set hardly ever is"

_CONTROLS = re.compile("[\x80-\x9f]")
_WORD = re.compile(r"[^\W\d_]+|[^\x00-\x7f]")

_ANY_CHARACTER = frozenset(ISO_8859[number] for number in ("100", "148", "203"))
"""Character sets whose text is almost never valid UTF-8 by chance.

In these sets, most bytes from 0xA0 to 0xBF are symbols such as `¼`. Text is valid UTF-8 only if each such symbol
follows an accented letter, as in `Ã¼`, which is rare in real text.
"""
_THAI = ISO_8859["166"]
_THREE_BYTES = "\u0800"
"""The first character whose UTF-8 encoding has three bytes."""
_TWO_BYTES = frozenset({"gb18030", "gbk"})
_LATIN_WORD = re.compile("[A-Za-z][\u00c0-\u024f]+[A-Za-z]")


def describe_character_set_mismatch(text: str, charset: SpecificCharacterSet) -> str | None:
    """Return the reason why a text probably was decoded with a wrong character set. Return None if it probably was not.

    The reason is the end of a sentence that begins with the attribute's name. None is also returned for a text with
    undecodable bytes, because another issue reports these bytes.

    Args:
        text: The decoded text.
        charset: The declared character set with which the text was decoded.

    """
    if text.isascii() or is_undecodable(text):
        return None
    if _CONTROLS.search(text):
        return HAS_CONTROL_CHARACTERS
    if charset.whole in _TWO_BYTES and _is_utf_8_misread_as_chinese(text, charset.whole):
        return IS_UTF_8
    if charset.g1 is not None and _is_misread_utf_8(text, charset.g1):
        return IS_UTF_8
    return None


def _is_misread_utf_8(text: str, declared: CodedCharacterSet) -> bool:
    """Return whether a text was probably UTF-8 that was decoded with the character set `declared` by mistake.

    The text is encoded in `declared` again. The bytes must be valid UTF-8, and each word of the UTF-8 text must be
    plausible.
    """
    codes = [character.encode() if character.isascii() else declared.encode(character) for character in text]
    try:
        meant = b"".join(code for code in codes if code is not None).decode("utf-8")
    except UnicodeDecodeError:
        return False
    # A character of another set needs an escape sequence, which does not occur in UTF-8.
    return None not in codes and all(_is_plausible_word(word, declared) for word in _WORD.findall(meant))


def _is_utf_8_misread_as_chinese(text: str, codec: str) -> bool:
    """Return whether a text was probably UTF-8 that was decoded with `codec` (GB18030 or GBK) by mistake.

    The bytes of the text in GB18030 or GBK must be valid UTF-8. The two bytes of a Chinese character can be valid UTF-8
    by chance: the bytes of 茅 are the UTF-8 of é. So the UTF-8 text must also contain a character of three bytes, which
    is rare by chance, or an accented letter inside a word.
    """
    try:
        meant = text.encode(codec).decode("utf-8")
    except UnicodeError:
        return False
    return any(character >= _THREE_BYTES for character in meant) or _LATIN_WORD.search(meant) is not None


def _is_plausible_word(word: str, declared: CodedCharacterSet) -> bool:
    """Return whether `word` looks like a word that a person wrote. If not, its bytes are probably UTF-8 by chance.

    For example, the bytes of the Polish name RÓŻYCKI in ISO_IR 101 are the UTF-8 of a word with a Cyrillic letter in
    the middle. Such a word is not plausible.

    Args:
        word: A word of a text whose bytes were decoded as UTF-8.
        declared: The character set that the file declares.
    """
    if declared in _ANY_CHARACTER:
        return True
    has_ascii = any(character.isascii() for character in word)
    return all(
        character.isascii()
        or declared.has_character(character)
        or (has_ascii and "À" <= character <= "ɏ")
        or (character >= _THREE_BYTES and declared != _THAI)
        for character in word
    )
