"""The members Value and InlineBinary of one attribute: JSON types (PS3.18 Table F.2.3-1) and VR rules."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.dicom.confusable_characters import confusable_character_issues
from dicommap.dicom.dictionary_model_tags_part import is_private, keyword_of, parse_multiplicity, vm_of
from dicommap.dicom.vr import (
    BINARY_VRS,
    FLOAT_VRS,
    INTEGER_RANGES,
    INTEGER_VRS,
    NUMBER_TEXT_VRS,
    SINGLE_VALUE_VRS,
    UNIT_BYTES,
    float_issues,
    integer_issues,
    text_issues,
)
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import ATTRIBUTE_ISSUE_LIMIT, limit_issues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.dictionary_model_tags_part import ValueMultiplicity
    from dicommap.issues import Issue

_ONE = parse_multiplicity("1")
_PN_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def value_issues(tag: int, vr: str, value: object, location: Location) -> Iterator[Issue]:
    """Find what is wrong with the Value, or for binary value representations the InlineBinary, of an attribute."""
    if vr in BINARY_VRS:
        if not isinstance(value, str) or not _is_valid_base64(vr, value):
            yield make_issue("dicom-json.inline-binary", location, vr=vr)
        return
    if not isinstance(value, list) or not value:
        yield make_issue("dicom-json.value-form", location, vr="Value", expected="an array of at least one item")
        return
    if all(item is None for item in value):
        yield make_issue(
            "dicom-json.value-form",
            location,
            vr="Value",
            expected="an item that is not null, or to be left out",
        )
        return
    vm = _allowed_multiplicity(tag, vr)
    if vm is not None and not vm.allows(len(value)):
        yield make_issue("value.multiplicity", location, keyword=keyword_of(tag), count=len(value), vm=vm.text)
    items = (
        found
        for index, item in enumerate(value)
        if item is not None
        for found in _item_issues(tag, vr, item, replace(location, pointer=f"{location.pointer}/{index}"))
    )
    yield from limit_issues(items, ATTRIBUTE_ISSUE_LIMIT, location)


def is_private_creator(tag: int) -> bool:
    """Say whether a tag is one of those that name the creator of a private block (PS3.5 section 7.8.1)."""
    return is_private(tag) and 0x10 <= tag & 0xFFFF <= 0xFF


def _allowed_multiplicity(tag: int, vr: str) -> ValueMultiplicity | None:
    # Of a private attribute's values the dictionary says nothing; some value representations do.
    return _ONE if vr in SINGLE_VALUE_VRS or is_private_creator(tag) else vm_of(tag)


def _is_valid_base64(vr: str, text: str) -> bool:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return False
    # Of the last letter only some bits count; the others must be zero, or two texts mean the same (RFC 4648 3.5).
    is_canonical = base64.b64encode(data[-(len(data) % 3) :]).decode() == text[-4:] if len(data) % 3 else True
    return bool(data) and is_canonical and len(data) % UNIT_BYTES[vr] == 0


def _item_issues(tag: int, vr: str, item: Any, location: Location) -> Iterator[Issue]:  # noqa: ANN401  JSON
    if vr == "PN":
        yield from _person_name_issues(tag, item, location)
    elif vr in NUMBER_TEXT_VRS:
        yield from _number_or_text_issues(vr, item, location)
    elif vr in INTEGER_VRS or vr in FLOAT_VRS:
        yield from _number_issues(vr, item, location)
    elif not isinstance(item, str) or not item:
        yield make_issue("dicom-json.value-form", location, vr=vr, expected="a text that is not empty, or null")
    else:
        yield from text_issues(vr, item, location)
        yield from confusable_character_issues(tag, vr, item, location)
        if is_private_creator(tag) and not item.isascii():
            what = "a character outside the default repertoire"
            yield make_issue("value.characters", location, keyword=keyword_of(tag), vr=vr, what=what)


def _person_name_issues(tag: int, item: object, location: Location) -> Iterator[Issue]:
    groups = item if isinstance(item, dict) else {}
    texts = [group for group in groups.values() if isinstance(group, str) and group and "=" not in group]
    if not groups or not set(groups) <= set(_PN_GROUPS) or len(texts) != len(groups):
        yield make_issue("dicom-json.person-name", location)
        return
    for name, text in groups.items():
        where = replace(location, pointer=f"{location.pointer}/{name}")
        yield from text_issues("PN", text, where)
        yield from confusable_character_issues(tag, "PN", text, where, group=name)


def _number_or_text_issues(vr: str, item: object, location: Location) -> Iterator[Issue]:
    if isinstance(item, str) and item:
        yield from text_issues(vr, item, location)
    elif not _is_number(item):
        yield make_issue("dicom-json.value-form", location, vr=vr, expected="a number, or a text that is not empty")
    elif vr == "DS":
        # A reader writes the number as text of at most 16 bytes; one that needs more would be changed.
        yield from text_issues(vr, repr(item), location)
    else:
        yield from _number_issues(vr, item, location)


def _number_issues(vr: str, item: Any, location: Location) -> Iterator[Issue]:  # noqa: ANN401  JSON of any type
    if not _is_number(item) or (vr in INTEGER_RANGES and not isinstance(item, int)):
        kind = "a number" if vr in FLOAT_VRS else "an integer"
        yield make_issue("dicom-json.value-form", location, vr=vr, expected=kind)
    elif vr in INTEGER_RANGES:
        yield from integer_issues(vr, item, location)
    elif vr in FLOAT_VRS:
        yield from float_issues(vr, item, location)


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)
