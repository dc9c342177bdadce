"""Issues of values with invisible characters, lost characters, or characters that look like others."""

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
"""VRs of values that people search and compare, unlike the long text of ST, LT and UT. Other VRs hold ASCII only."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    "|(?<=[ -~])[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Default_Ignorable_Code_Point of the Unicode Character Database. Variation selectors are invisible after ASCII only:
after an ideograph they choose its form, which Japanese names need."""

_JOINER, _NON_JOINER = "\u200d", "\u200c"
_VIRAMA = 9
"""The canonical combining class of the signs that join consonants in Indic scripts."""

_IDENTIFIER = re.compile(r".*(?:IDs?|Number|CodeValue)")
"""Keywords whose values programs compare: PatientID, OtherPatientIDs, AccessionNumber, CodeValue."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_FORMS = ("<wide>", "<noBreak>", "<font>")
"""Compatibility decompositions (Unicode, UAX 44 section 5.7.3) that change only the look of a character. Others
change its meaning, such as that of a superscript 2."""


def confusable_character_issues(
    tag: int, vr: str, text: str, location: Location, *, group: str = "Alphabetic"
) -> Iterator[Issue]:
    """Yield warnings about characters in one value that are invisible or look like others.

    U+FFFD, which programs write in place of a character that they cannot decode, is searched in every text; the other
    characters only in values of one line. Spaces, letters and digits of another form, such as full-width digits, are
    searched in identifiers and names, but not in the Ideographic and Phonetic `group` of a name, where they are usual.
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
    """Return whether the character at this index is a joiner that its script needs (RFC 5892 appendices A.1 and A.2).

    Python does not have the joining types of letters, so Arabic and related scripts are recognised by their direction.
    """
    if text[at] not in (_JOINER, _NON_JOINER) or at == 0:
        return False
    before, after = text[at - 1], text[at + 1 : at + 2]
    if unicodedata.combining(before) == _VIRAMA:
        return True
    return text[at] == _NON_JOINER and _is_arabic(before) and bool(after) and _is_arabic(after)


def _is_arabic(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("AL", "NSM")


def _looks_like_ascii(character: str) -> bool:
    form, _, other = unicodedata.decomposition(character).partition(" ")
    if unicodedata.category(character) in ("Zs", "Zl", "Zp"):
        return True
    return form in _FORMS and all(int(code, 16) < 0x80 for code in other.split())
