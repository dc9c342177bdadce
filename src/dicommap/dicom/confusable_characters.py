"""Find characters in values that are invisible, that replace a lost character, or that look like ASCII characters."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.issues import make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue, Location

_ONE_LINE_VRS = frozenset({"LO", "PN", "SH", "UC"})
"""VRs of short texts, which people search and compare.

The values of ST, LT and UT are long texts. The other VRs allow only ASCII.
"""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    "|(?<=[ -~])[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Pattern of invisible characters: Default_Ignorable_Code_Point of the Unicode Character Database.

Variation selectors match only after an ASCII character. After an ideograph, a variation selector is not an error: it
selects the form of the ideograph, as Japanese names need it.
"""

_JOINER, _NON_JOINER = "\u200d", "\u200c"
_VIRAMA = 9
"""Unicode's combining class of the signs that join consonants in Indic scripts."""

_IDENTIFIER = re.compile(r".*(?:IDs?|Number|CodeValue)")
"""Pattern of keywords whose values programs compare, such as PatientID, OtherPatientIDs and AccessionNumber."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_FORMS = ("<wide>", "<noBreak>", "<font>")
"""Kinds of Unicode decompositions that change only the look of a character (UAX 44 section 5.7.3).

The other kinds also change the meaning: a superscript 2, for example, does not mean the same as 2.
"""


def confusable_character_issues(
    tag: int, vr: str, text: str, location: Location, *, group: str = "Alphabetic"
) -> Iterator[Issue]:
    """Yield an issue if a value has invisible characters, U+FFFD, or characters that look like ASCII characters.

    Every text is searched for U+FFFD, which programs write instead of a character that they cannot decode. Short texts
    are also searched for invisible characters. Identifiers and names are also searched for characters that look like
    ASCII, such as full-width digits. The Ideographic and Phonetic groups of a name are not searched for such
    characters, because they are usual there.

    Args:
        tag: The tag of the attribute.
        vr: The value representation of the attribute.
        text: The value, or one component group of a person name.
        location: The location of the value.
        group: The name of the component group, for person names.
    """
    if text.isascii():
        return
    if "\ufffd" in text:
        yield make_issue("value.replacement-character", location, keyword=keyword_of(tag), vr=vr)
    if vr not in _ONE_LINE_VRS:
        return
    if any(not _is_needed_joiner(text, match.start()) for match in _INVISIBLE.finditer(text)):
        yield make_issue("value.invisible-character", location, keyword=keyword_of(tag), vr=vr)
    is_compared = group == "Alphabetic" if vr == "PN" else _IDENTIFIER.fullmatch(keyword_of(tag)) is not None
    if is_compared and any(_looks_like_ascii(match[0]) for match in _NOT_ASCII.finditer(text)):
        yield make_issue("value.confusable", location, keyword=keyword_of(tag), vr=vr)


def _is_needed_joiner(text: str, at: int) -> bool:
    """Return whether the character at index `at` is an invisible joiner or non-joiner that the script of `text` needs.

    Source: RFC 5892 appendices A.1 and A.2. Python does not know which letters join. So the letters of Arabic and
    related scripts are recognised by their writing direction.
    """
    if text[at] not in (_JOINER, _NON_JOINER) or at == 0:
        return False
    before, after = text[at - 1], text[at + 1 : at + 2]
    if unicodedata.combining(before) == _VIRAMA:
        return True
    return text[at] == _NON_JOINER and _is_arabic_letter(before) and bool(after) and _is_arabic_letter(after)


def _is_arabic_letter(character: str) -> bool:
    """Return whether a character is a letter or mark of Arabic or a related script."""
    return unicodedata.bidirectional(character) in ("AL", "NSM")


def _looks_like_ascii(character: str) -> bool:
    """Return whether a character is an unusual space, or looks like ASCII characters, such as a full-width digit."""
    form, _, other = unicodedata.decomposition(character).partition(" ")
    if unicodedata.category(character) in ("Zs", "Zl", "Zp"):
        return True
    return form in _FORMS and all(int(code, 16) < 0x80 for code in other.split())
