"""Invisible characters in values, and characters that look like others."""

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
"""What people search and compare; ST, LT and UT are read. The others hold ASCII only, which is checked anyway."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    "|(?<=[ -~])[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Default_Ignorable_Code_Point of the Unicode Character Database. Variation selectors are invisible behind ASCII only:
behind an ideograph they choose its form, as Japanese names need."""

_JOINER, _NON_JOINER = "\u200d", "\u200c"
_VIRAMA = 9
"""The canonical combining class of the signs that join consonants in Indic scripts."""

_IDENTIFIER = re.compile(r".*(?:IDs?|Number|CodeValue)")
"""Keywords whose values are compared by machines: PatientID, OtherPatientIDs, AccessionNumber, CodeValue."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_FORMS = ("<wide>", "<noBreak>", "<font>")
"""Compatibility decompositions (Unicode, section 5.7.3 of UAX 44) that change how a character is set, and nothing else;
a superscript 2 or a Roman numeral means something."""


def confusable_character_issues(
    tag: int, vr: str, text: str, location: Location, *, group: str = "Alphabetic"
) -> Iterator[Issue]:
    """Find characters in one value that are not seen, or taken for another: warnings, since both can be meant.

    U+FFFD, which other programs put in the place of a character, is found in every text; all else in values of one
    line. In identifiers and names spaces and ASCII letters and digits of another form, such as full-width digits, are
    found too; not in the Ideographic and Phonetic `group` of a name, where they are usual.
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
    """Say whether the character here is a joiner where its script asks for one (RFC 5892 appendices A.1 and A.2).

    Python does not know the joining types of letters; Arabic and its kin are told by their direction instead.
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
