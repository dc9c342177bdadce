"""Attributes and data sets of the DICOM JSON Model: types, and conversions from text, to text and to JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypedDict

from dicommap.dicom.dictionary import keyword_of, vm_of, vrs_of
from dicommap.dicom.strict_json import dump_json
from dicommap.dicom.vr import (
    BINARY_VRS,
    FLOAT_VRS,
    INTEGER_VRS,
    NUMBER_TEXT_VRS,
    SINGLE_VALUE_VRS,
    format_float,
    parse_integer,
    value_text_issues,
)
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import ATTRIBUTE_ISSUE_LIMIT, limit_and_count_issues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue


class PersonName(TypedDict, total=False):
    """One person name (PN) as a JSON object with its component groups, without empty groups (PS3.18 F.2.2)."""

    Alphabetic: str
    Ideographic: str
    Phonetic: str


class _RequiredAttributeMembers(TypedDict):
    """The member that each attribute has: its value representation."""

    vr: str


class Attribute(_RequiredAttributeMembers, total=False):
    """One attribute as a JSON object: its `vr`, and at most one of `Value`, `InlineBinary` and `BulkDataURI`."""

    Value: list[Any]
    InlineBinary: str
    BulkDataURI: str


DataSet = dict[str, Attribute]
"""A data set: tag, as eight upper-case hexadecimal digits -> attribute."""


_SURROGATE = re.compile(r"[\ud800-\udfff]")
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_NO_TEXT_VRS = BINARY_VRS | {"SQ", "AT"}


def attribute_from_text(tag: int, text: str, location: Location) -> Attribute | list[Issue]:
    """Convert a text to an attribute. Its value representation is taken from the dictionary.

    Args:
        tag: The tag of the attribute.
        text: The value. A backslash separates several values (PS3.5 section 6.4). Spaces at the end of a value are
            padding (PS3.5 section 6.2) and are removed. An empty text makes an empty attribute (PS3.18 F.2.5).
        location: The location of the text, for the issues.

    Returns:
        The attribute; or the list of issues if the text is not a valid value of the attribute.

    """
    vrs = vrs_of(tag)
    keyword = keyword_of(tag)
    if len(vrs) != 1 or vrs[0] in _NO_TEXT_VRS:
        return [make_issue("attribute.not-text", location, keyword=keyword, vr=" or ".join(vrs) or "none")]
    vr = vrs[0]
    values = [value.rstrip(" ") for value in ([text] if vr in SINGLE_VALUE_VRS else text.split("\\"))]
    issues = list(_text_value_issues(tag, vr, values, location))
    if issues:
        return issues
    if vr == "PN":
        values = [value.rstrip("=") for value in values]
    if not any(values):
        return Attribute(vr=vr)
    return Attribute(vr=vr, Value=[_convert_text_to_json(vr, value) for value in values])


_VRS_WITHOUT_TEXT = BINARY_VRS | {"SQ"}


def text_from_attribute(attribute: Attribute | None) -> str | None:
    """Return an attribute's value as text, in the form in which an inventory stores values; None if it has no text.

    An absent attribute (`None`) has the empty text.

    Binary values, sequences and BulkDataURIs have no text. A number gets the same text as in a scan, so that the text
    can be compared with the scanned text. Values of AT (tags) have a text, although no edit can set them.
    """
    if attribute is None:
        return ""
    vr = attribute["vr"]
    if vr in _VRS_WITHOUT_TEXT or "InlineBinary" in attribute or "BulkDataURI" in attribute:
        return None
    values = attribute.get("Value", [])
    return _format_value(vr, values[0]) if len(values) == 1 else "\\".join(_format_value(vr, value) for value in values)


def text_or_json_from_attribute(attribute: Attribute | None) -> str:
    """Return the text of an attribute (see `text_from_attribute`), or its DICOM JSON if it has no text."""
    text = text_from_attribute(attribute)
    return json.dumps(attribute, ensure_ascii=False, sort_keys=True) if text is None else text


def _text_value_issues(tag: int, vr: str, values: list[str], location: Location) -> Iterator[Issue]:
    vm = vm_of(tag)
    count = len(values) if any(values) else 0
    if vm is not None and not vm.allows(count):
        yield make_issue("value.multiplicity", location, keyword=keyword_of(tag), count=count, vm=vm.text)
    issues = (issue for value in values if value for issue in _single_value_issues(tag, vr, value, location))
    yield from limit_and_count_issues(issues, ATTRIBUTE_ISSUE_LIMIT, location)


def _single_value_issues(tag: int, vr: str, value: str, location: Location) -> Iterator[Issue]:
    yield from value_text_issues(vr, value, location)
    if _SURROGATE.search(value):  # in documents, parse_json finds lone surrogates
        yield make_issue("value.characters", location, keyword=keyword_of(tag), vr=vr, what="half a character")


def _convert_text_to_json(vr: str, text: str) -> Any:  # noqa: ANN401  JSON of any type
    """Return the JSON value for the text of one value; None for an empty text."""
    if not text:
        return None
    if vr == "PN":
        groups = zip(_GROUPS, text.split("="), strict=False)
        return {name: group for name, group in groups if group}
    if vr in INTEGER_VRS:
        return parse_integer(text)
    if vr in FLOAT_VRS:
        return float(text)
    return parse_number_text(text) if vr in NUMBER_TEXT_VRS else text


def parse_number_text(text: str) -> int | float | str:
    """Convert the text of a DS, IS, SV or UV value to a number if this loses nothing; return other texts unchanged.

    `1.5` becomes a number, because Python writes this number as `1.5`. `1.50` remains a text, because Python would
    write the number as `1.5`. Source: the note in PS3.18 Table F.2.3-1.
    """
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if repr(number) == text:
            return number
    return text


def _format_value(vr: str, value: Any) -> str:  # noqa: ANN401  JSON of any type
    """Return the text of one JSON value; an empty text for null."""
    if value is None:
        return ""
    if vr in FLOAT_VRS:
        return format_float(vr, value)
    if isinstance(value, dict):
        name: PersonName = {**value}  # type: ignore[typeddict-item]
        return "=".join(name.get(group, "") for group in _GROUPS).rstrip("=")  # type: ignore[misc]
    return str(value)


def dump_data_set(data_set: DataSet) -> str:
    """Return a data set as JSON text, with the tags in ascending order, also in sequence items (PS3.18 F.2.2)."""
    return dump_json(sort_data_set(data_set))


def sort_data_set(data_set: DataSet) -> DataSet:
    """Return a copy of a data set with the tags in ascending order, also in sequence items."""
    return {tag: _sort_attribute(data_set[tag]) for tag in sorted(data_set)}


def _sort_attribute(attribute: Attribute) -> Attribute:
    if attribute["vr"] != "SQ" or "Value" not in attribute:
        return attribute
    return {"vr": "SQ", "Value": [sort_data_set(item) for item in attribute["Value"]]}
