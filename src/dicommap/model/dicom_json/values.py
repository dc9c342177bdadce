"""The members Value and InlineBinary of one attribute: JSON types (PS3.18 Table F.2.3-1) and VR rules."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.issues import Location, issue
from dicommap.model.tags import keyword_of, vm_of
from dicommap.model.vr import (
    BINARY_VRS,
    FLOAT_VRS,
    INTEGER_RANGES,
    INTEGER_VRS,
    NUMBER_TEXT_VRS,
    UNIT_BYTES,
    integer_issues,
    text_issues,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue

_PN_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def value_issues(tag: int, vr: str, value: object, location: Location) -> Iterator[Issue]:
    """Find what is wrong with the Value, or for binary value representations the InlineBinary, of an attribute."""
    if vr in BINARY_VRS:
        if not isinstance(value, str) or not _decodes(vr, value):
            yield issue("dicom-json.inline-binary", location, vr=vr)
        return
    if not isinstance(value, list) or not value:
        yield issue("dicom-json.value-form", location, vr="Value", expected="an array of at least one item")
        return
    if all(item is None for item in value):
        yield issue(
            "dicom-json.value-form",
            location,
            vr="Value",
            expected="an item that is not null, or to be left out",
        )
        return
    vm = vm_of(tag)
    if vm is not None and not vm.allows(len(value)):
        yield issue("value.multiplicity", location, keyword=keyword_of(tag), count=len(value), vm=vm.text)
    for index, item in enumerate(value):
        if item is not None:
            yield from _item_issues(vr, item, replace(location, pointer=f"{location.pointer}/{index}"))


def _decodes(vr: str, text: str) -> bool:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return False
    return bool(data) and len(data) % UNIT_BYTES[vr] == 0


def _item_issues(vr: str, item: Any, location: Location) -> Iterator[Issue]:  # noqa: ANN401  JSON of any type
    if vr == "PN":
        yield from _person_name_issues(item, location)
    elif vr in NUMBER_TEXT_VRS:
        yield from _number_or_text_issues(vr, item, location)
    elif vr in INTEGER_VRS or vr in FLOAT_VRS:
        yield from _number_issues(vr, item, location)
    elif not isinstance(item, str) or not item:
        yield issue("dicom-json.value-form", location, vr=vr, expected="a text that is not empty, or null")
    else:
        yield from text_issues(vr, item, location)


def _person_name_issues(item: object, location: Location) -> Iterator[Issue]:
    groups = item if isinstance(item, dict) else {}
    texts = [group for group in groups.values() if isinstance(group, str) and group and "=" not in group]
    if not groups or not set(groups) <= set(_PN_GROUPS) or len(texts) != len(groups):
        yield issue("dicom-json.person-name", location)
        return
    for text in texts:
        yield from text_issues("PN", text, location)


def _number_or_text_issues(vr: str, item: object, location: Location) -> Iterator[Issue]:
    if isinstance(item, str) and item:
        yield from text_issues(vr, item, location)
    elif not _is_number(item):
        yield issue("dicom-json.value-form", location, vr=vr, expected="a number, or a text that is not empty")
    elif vr == "DS":
        # A reader writes the number as text of at most 16 bytes; one that needs more would be changed.
        yield from text_issues(vr, repr(item), location)
    else:
        yield from _number_issues(vr, item, location)


def _number_issues(vr: str, item: Any, location: Location) -> Iterator[Issue]:  # noqa: ANN401  JSON of any type
    if not _is_number(item) or (vr in INTEGER_RANGES and not isinstance(item, int)):
        kind = "a number" if vr in FLOAT_VRS else "an integer"
        yield issue("dicom-json.value-form", location, vr=vr, expected=kind)
    elif vr in INTEGER_RANGES:
        yield from integer_issues(vr, item, location)
    elif vr in FLOAT_VRS and not _fits(vr, item):
        limit = "3.4028235e38" if vr == "FL" else "1.7976931348623157e308"
        yield issue(
            "value.range",
            location,
            keyword=location.keyword or "The attribute",
            vr=vr,
            low=f"-{limit}",
            high=limit,
        )


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def _fits(vr: str, number: float) -> bool:
    try:
        struct.pack("<f" if vr == "FL" else "<d", number)
    except (OverflowError, struct.error):
        return False
    return True
