"""Convert Python values (texts, numbers, dates and lists) to DICOM JSON attributes, by DICOM keyword."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from numbers import Number
from typing import TYPE_CHECKING

from dicommap.dicom.decimal_strings import format_decimal_string
from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.json_model import attribute_from_text
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.vr import FLOAT_VRS, INTEGER_VRS, NUMBER_TEXT_VRS, SINGLE_VALUE_VRS
from dicommap.edits.unusable_texts import python_text_issues
from dicommap.errors import UsageError
from dicommap.healthimaging.overridable_attributes import override_keyword_issues
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute

SingleValue = str | int | float | Decimal | date | None
"""One value of an attribute. None stands for an empty value."""

KeywordValue = SingleValue | Sequence[SingleValue]
"""One value of an attribute, or a list of its values."""

_BLANK_TEXT_DESCRIPTION = "a text without characters; give None to empty the attribute"
_NUMBER_VRS = INTEGER_VRS | FLOAT_VRS | NUMBER_TEXT_VRS


def attribute_from_keyword(keyword: str, value: object) -> tuple[int, Attribute] | list[Issue]:
    """Convert a keyword and a Python value to a tag and a DICOM JSON attribute.

    Returns:
        The tag and the attribute. If the keyword or the value is refused, the issues.

    Raises:
        UsageError: The value has a type that no attribute has, such as bytes, a dict or a bool.
    """
    place = Location(keyword=keyword)
    issues = override_keyword_issues(keyword, place)
    tag = tag_of(keyword)
    if issues or tag is None:
        return issues
    text = _convert_value_to_text(keyword, value, place)
    if isinstance(text, Issue):
        return [text]
    attribute = python_text_issues(tag, text, place) or attribute_from_text(tag, text, place)
    return attribute if isinstance(attribute, list) else (tag, attribute)


def _convert_value_to_text(keyword: str, value: object, place: Location) -> str | Issue:
    """Return the text of a value or of a list of values. If a value is refused, return an issue.

    Backslashes separate the values of a list (PS3.5 section 6.4).
    """
    if not isinstance(value, list | tuple):
        return _convert_single_value_to_text(keyword, value, place)
    vr = _get_vr_text(keyword)
    texts: list[str] = []
    for item in value:
        text = _convert_single_value_to_text(keyword, item, place)
        if isinstance(text, Issue):
            return text
        if "\\" in text and vr not in SINGLE_VALUE_VRS:
            what = "a backslash, which separates values"
            return make_issue("value.characters", place, keyword=keyword, vr=vr, what=what)
        texts.append(text)
    if vr in SINGLE_VALUE_VRS and len(texts) > 1:
        return make_issue("value.multiplicity", place, keyword=keyword, count=len(texts), vm="1")
    return "\\".join(texts)


def _convert_single_value_to_text(keyword: str, value: object, place: Location) -> str | Issue:
    """Return the text of one value of Python. If the value is refused, return an issue."""
    vr = _get_vr_text(keyword)
    if value is None:
        return ""
    if isinstance(value, str):
        if not value.strip():
            return make_issue("edit.damaged-value", place, keyword=keyword, sign=_BLANK_TEXT_DESCRIPTION)
        return str(value)
    if isinstance(value, Number) and not isinstance(value, bool):
        if vr not in _NUMBER_VRS:
            return make_issue("value.type", place, keyword=keyword, vr=vr, found="a number")
        if vr == "DS" and isinstance(value, float) and isfinite(value):
            return format_decimal_string(float(value)) or str(value)
        return str(value)
    if isinstance(value, date):
        if isinstance(value, datetime) or vr != "DA":
            return make_issue("value.type", place, keyword=keyword, vr=vr, found="a date or time of Python")
        return value.strftime("%Y%m%d").rjust(8, "0")
    raise UsageError(
        f"The value of {keyword} has the type {mask_unknown_type(type(value))}.",
        fix="Give text in DICOM's form, such as 'Doe^Jane' or '19700131', a number, a date, None, or a list of these.",
    )


def _get_vr_text(keyword: str) -> str:
    return " or ".join(vrs_of(tag_of(keyword) or 0))
