"""Find texts that no edit may set: dicommap's own masks and markers, errors of spreadsheets, and words such as NULL.

Sheets, lookup tables, rules, Python functions and `Override` all use this check, so they all refuse the same texts:

    ***                     the mask of a hidden value
    <PatientID 3>           a mask that numbers the hidden values
    <2 different values>    the marker of differing values
    #REF!                   an error of a spreadsheet
    NULL, nan               a word for a missing value
    SITE-nan, None^None     such a word that a program put into an identifier or a name

Only new texts are refused. Files can contain such values. So if a current value of the attribute has such a text, an
edit may keep it. The verb `raw` of a rule may set errors and words for a missing value, but no masks and markers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of, vrs_of
from dicommap.dicom.printable_text import MASK
from dicommap.dicom.vr import SINGLE_VALUE_VRS
from dicommap.edits.cell_damage import (
    describe_identifier_damage,
)
from dicommap.edits.null_words import NULL_WORD_DESCRIPTION, is_identifier_attribute, is_null_word_for_attribute
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.masking import find_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.dicom.json_model import Attribute, DataSet


class UnusableKind(StrEnum):
    """The kinds of texts that no edit may set."""

    PLACEHOLDER = "placeholder"
    """A mask or marker that dicommap shows instead of a value."""
    PROGRAM_ERROR = "program-error"
    """An error that a spreadsheet shows instead of a value."""
    NULL_WORD = "null-word"
    """A word for a missing value."""


@dataclass(frozen=True, slots=True)
class UnusableText:
    """The kind of an unusable text, and a description of it for messages. The text itself is not included."""

    kind: UnusableKind
    description: str


_UnusablePart = tuple[UnusableText, str, bool]
"""An unusable part of a text: the reason why it is unusable, its characters, and whether it is a whole part.

A whole part is one that `_split_values_or_name_parts` yields, such as a value. Any other part is a sequence of
characters in the text.
"""

_MASK = UnusableText(UnusableKind.PLACEHOLDER, "the mask of a hidden value")
_TEXT_WITH_MASK = UnusableText(UnusableKind.PLACEHOLDER, "made with the mask of a hidden value")
_MARKER = UnusableText(
    UnusableKind.PLACEHOLDER, "the marker of differing values, but not the one that was written there"
)
_SPREADSHEET_ERROR = UnusableText(UnusableKind.PROGRAM_ERROR, "an error of the spreadsheet")
_NULL_WORD = UnusableText(UnusableKind.NULL_WORD, NULL_WORD_DESCRIPTION)
_TEXT_WITH_NULL_WORD = UnusableText(UnusableKind.NULL_WORD, f"made with {NULL_WORD_DESCRIPTION}")

_MARKER_PATTERN = re.compile(r"<[^<>]{0,40}different values", re.IGNORECASE)
_ERROR_PATTERN = re.compile(
    r"#{3,}|#[^\W\d_]{2,14}(?:/[0-9A-Z]+)?[!?]|#N/[A-Z]{1,4}|#NV|#GETTING_DATA|Err:[0-9]{3}", re.IGNORECASE
)
"""Pattern of errors that are certainly not values. `is_spreadsheet_error` also accepts forms that are less certain."""
_NULL_WORD_IN_IDENTIFIER = re.compile(r"(?<![^\W_])(?:nan|NaN|NaT|None|null|undefined)(?![^\W_])|<NA>")
"""Pattern of words for a missing value that pandas, Python and JavaScript put into a longer text.

It is case-sensitive, because Nan, for example, is a person's name.
"""


def find_unusable_text(tag: int, text: str, current: Iterable[str] = ()) -> UnusableText | None:
    """Return the reason why the new text of an attribute is unusable; None if it can be used.

    Args:
        tag: The tag of the attribute.
        text: The new text. A backslash separates several values.
        current: The current values of the attribute. A part of the text is allowed if one of these values has it.

    """
    unusable_parts = list(_find_unusable_parts(tag, text))
    if not unusable_parts:
        return None
    current = list(current)
    known = {part for value in current for part in _split_values_or_name_parts(vrs_of(tag), value)}
    for unusable, part, is_whole_part in unusable_parts:
        if not (part in known if is_whole_part else any(part in value for value in current)):
            return unusable
    return None


def _find_unusable_parts(tag: int, text: str) -> Iterator[_UnusablePart]:
    """Yield all unusable parts of the new text of an attribute."""
    yield from _find_placeholder_parts(tag, text)
    yield from _find_program_word_parts(tag, text)


def _find_placeholder_parts(tag: int, text: str) -> Iterator[_UnusablePart]:
    """Yield the masks and markers of dicommap in a text."""
    if MASK in text:
        yield from ((_MASK, part, True) for part in _split_values_or_name_parts(vrs_of(tag), text) if part == MASK)
        if is_identifier_attribute(tag) or vrs_of(tag) == ("PN",):
            yield _TEXT_WITH_MASK, MASK, False
    if "<" in text:
        yield from ((_MARKER, match[0], False) for match in _MARKER_PATTERN.finditer(text))
        yield from ((_MASK if mark == text.strip() else _TEXT_WITH_MASK, mark, False) for mark in find_marks(text))


def _find_program_word_parts(tag: int, text: str) -> Iterator[_UnusablePart]:
    """Yield the spreadsheet errors and the words for a missing value in a text."""
    vrs = vrs_of(tag)
    if "\\" in text and is_null_word_for_attribute(
        tag, text.strip()
    ):  # the null word \N is one word, and not two values
        yield _NULL_WORD, text.strip(), False
    for part in _split_values_or_groups(vrs, text):
        if _ERROR_PATTERN.fullmatch(part):
            yield _SPREADSHEET_ERROR, part, True
        elif is_null_word_for_attribute(tag, part):
            yield _NULL_WORD, part, True
    if vrs == ("PN",):
        words = filter(_NULL_WORD_IN_IDENTIFIER.fullmatch, _split_values_or_name_parts(vrs, text))
        yield from ((_TEXT_WITH_NULL_WORD, word, True) for word in words)
    elif is_identifier_attribute(tag):
        yield from ((_TEXT_WITH_NULL_WORD, match[0], False) for match in _NULL_WORD_IN_IDENTIFIER.finditer(text))


def _split_values_or_groups(vrs: tuple[str, ...], text: str) -> Iterator[str]:
    """Yield the values of a text without spaces around them. For person names, yield the component groups instead."""
    for value in [text] if set(vrs) <= SINGLE_VALUE_VRS else text.split("\\"):
        yield from (group.strip() for group in (value.split("=") if vrs == ("PN",) else [value]))


def _split_values_or_name_parts(vrs: tuple[str, ...], text: str) -> Iterator[str]:
    """Yield the values of a text. For person names, yield the component groups and their components instead."""
    for group in _split_values_or_groups(vrs, text):
        yield group
        if vrs == ("PN",) and "^" in group:
            yield from (component.strip() for component in group.split("^"))


def unusable_text_issues(tag: int, text: str, location: Location, current: Iterable[str] = ()) -> list[Issue]:
    """Return a list with an `edit.damaged-value` issue if a new text is unusable; else an empty list.

    Args:
        tag: The tag of the attribute.
        text: The new text.
        location: The location of the issue.
        current: The current values of the attribute, as for `find_unusable_text`.

    """
    unusable = find_unusable_text(tag, text, current)
    if unusable is None:
        return []
    keyword = keyword_of(tag)
    return [make_issue("edit.damaged-value", location, keyword=keyword, sign=unusable.description)]


def python_text_issues(tag: int, text: str, location: Location, current: Iterable[str] = ()) -> list[Issue]:
    """Return a list with an `edit.damaged-value` issue if a new text from Python code is unusable; else an empty list.

    In addition to the texts that `unusable_text_issues` refuses, this function refuses the text `None`, and identifiers
    that a program has probably changed to a number or date.

    Args:
        tag: The tag of the attribute.
        text: The new text.
        location: The location of the issue.
        current: The current values of the attribute, as for `find_unusable_text`.

    """
    issues = unusable_text_issues(tag, text, location, current)
    sign = describe_identifier_damage(tag, text.strip()) or (NULL_WORD_DESCRIPTION if text.strip() == "None" else None)
    if issues or not sign:
        return issues
    return [make_issue("edit.damaged-value", location, keyword=keyword_of(tag), sign=sign)]


def unusable_attribute_issues(
    tag: int, attribute: Attribute, location: Location, *, allows_words: bool = False
) -> Iterator[Issue]:
    """Yield an issue for each unusable text in a DICOM JSON attribute, also inside the items of a sequence.

    Args:
        tag: The tag of the attribute.
        attribute: The attribute.
        location: The location of the issues. The keyword of an issue is added: the attribute with the unusable text.
        allows_words: Whether words for a missing value and errors of a spreadsheet are allowed.

    """
    for value in attribute.get("Value", []):
        if attribute.get("vr") == "SQ":
            yield from unusable_data_set_issues(value or {}, location, allows_words=allows_words)
            continue
        for text in (value,) if isinstance(value, str) else value.values() if isinstance(value, dict) else ():
            unusable = find_unusable_text(tag, text) if isinstance(text, str) else None
            if unusable is not None and not (allows_words and unusable.kind is not UnusableKind.PLACEHOLDER):
                keyword = keyword_of(tag)
                place = replace(location, keyword=keyword)
                yield make_issue("edit.damaged-value", place, keyword=keyword, sign=unusable.description)


def unusable_data_set_issues(data_set: DataSet, location: Location, *, allows_words: bool = False) -> Iterator[Issue]:
    """Yield an issue for each unusable text in a data set. The parameters are as for `unusable_attribute_issues`."""
    for member, attribute in data_set.items():
        yield from unusable_attribute_issues(int(member, 16), attribute, location, allows_words=allows_words)
