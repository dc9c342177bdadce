"""What keeps a JSON value from being a data set of the DICOM JSON Model (PS3.18 Annex F)."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary_model_tags_part import (
    hex_of,
    is_outside_data_sets,
    is_private,
    keyword_of,
    private_creator_tag_of,
    vrs_of,
)
from dicommap.dicom.json_model.data_set_check_model_dicom_json_values_part import is_private_creator, value_issues
from dicommap.dicom.strict_json import pointer_token
from dicommap.dicom.vr import ALL_VRS, BINARY_VRS, is_uri
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import ATTRIBUTE_ISSUE_LIMIT, DOCUMENT_ISSUE_LIMIT, limit_issues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue

_TAG = re.compile(r"[0-9A-F]{8}")
_MEMBERS = frozenset({"vr", "Value", "InlineBinary", "BulkDataURI"})
_BULK_DATA_VRS = BINARY_VRS | frozenset(
    ["DS", "FL", "FD", "IS", "LT", "SL", "SS", "ST", "SV", "UC", "UL", "US", "UT", "UV"]
)


def data_set_issues(value: object, pointer: str = "") -> Iterator[Issue]:
    """Find everything that is wrong with a data set; `pointer` is where it stands in its document.

    The document must have passed `strict_json.parse_json`, which bounds its depth.
    """
    if not isinstance(value, dict):
        yield make_issue("dicom-json.not-object", Location(pointer=pointer))
        return
    yield from limit_issues(
        _attribute_by_attribute_issues(value, pointer), DOCUMENT_ISSUE_LIMIT, Location(pointer=pointer)
    )


def _attribute_by_attribute_issues(data_set: dict[str, Any], pointer: str) -> Iterator[Issue]:
    highest = ""
    creators: dict[tuple[int, str], str] = {}
    for member, attribute in data_set.items():
        place = pointer + pointer_token(member)
        if _TAG.fullmatch(member) is None:
            yield make_issue("dicom-json.tag", Location(pointer=place))
            continue
        if member < highest:
            yield make_issue("dicom-json.order", Location(pointer=place, keyword=keyword_of(int(member, 16))))
        highest = max(highest, member)
        yield from _tag_issues(int(member, 16), data_set, place)
        yield from _attribute_issues(int(member, 16), attribute, place)
        yield from _creator_issues(int(member, 16), attribute, creators, place)


def _creator_issues(tag: int, attribute: object, seen: dict[tuple[int, str], str], pointer: str) -> Iterator[Issue]:
    """Find a creator that a group has already: readers look for its attributes in one of the blocks (PS3.5 7.8.1)."""
    values = attribute.get("Value") if isinstance(attribute, dict) and is_private_creator(tag) else None
    for name in values if isinstance(values, list) else ():
        if isinstance(name, str) and seen.setdefault((tag >> 16, name.strip(" ")), pointer) != pointer:
            yield make_issue("dicom-json.repeated-creator", Location(pointer=pointer, keyword=keyword_of(tag)))


def _tag_issues(tag: int, data_set: dict[str, Any], pointer: str) -> Iterator[Issue]:
    location = Location(pointer=pointer, keyword=keyword_of(tag))
    if is_outside_data_sets(tag):
        yield make_issue("attribute.forbidden", location, keyword=keyword_of(tag))
    elif is_private(tag) and not is_private_creator(tag):
        creator = private_creator_tag_of(tag)
        if creator is None or not _has_private_creator(data_set.get(hex_of(creator))):
            yield make_issue("dicom-json.private-creator", location)


def _has_private_creator(attribute: object) -> bool:
    """Say whether a creator element is there and not empty; what else is wrong with it is found at itself."""
    return isinstance(attribute, dict) and bool(attribute.get("Value"))


def _attribute_issues(tag: int, attribute: object, pointer: str) -> Iterator[Issue]:
    location = Location(pointer=pointer, keyword=keyword_of(tag))
    if not isinstance(attribute, dict):
        yield make_issue("dicom-json.value-form", location, vr="An attribute", expected="a JSON object")
        return
    for member in attribute:
        if member not in _MEMBERS:
            yield make_issue(
                "dicom-json.member",
                Location(pointer=pointer + pointer_token(member), keyword=location.keyword),
            )
    vr = attribute.get("vr")
    if not isinstance(vr, str) or vr not in ALL_VRS:
        yield make_issue("dicom-json.vr", location)
        return
    yield from _dictionary_issues(tag, vr, location)
    kinds = [member for member in ("Value", "InlineBinary", "BulkDataURI") if member in attribute]
    if len(kinds) > 1:
        yield make_issue("dicom-json.several-values", location)
    for kind in kinds:
        yield from _member_issues(
            tag, vr, kind, attribute[kind], Location(pointer=f"{pointer}/{kind}", keyword=location.keyword)
        )


def _dictionary_issues(tag: int, vr: str, location: Location) -> Iterator[Issue]:
    expected = ("LO",) if is_private_creator(tag) else vrs_of(tag)
    if expected and vr not in expected:
        yield make_issue(
            "dicom-json.vr-mismatch",
            location,
            keyword=keyword_of(tag),
            found=vr,
            expected=" or ".join(expected),
        )


def _member_issues(tag: int, vr: str, member: str, value: object, location: Location) -> Iterator[Issue]:
    if not _is_member_allowed(member, vr):
        yield make_issue("dicom-json.member-not-allowed", location, member=member, vr=vr)
    elif member == "BulkDataURI":
        if not isinstance(value, str) or not value or not is_uri(value):
            yield make_issue("dicom-json.value-form", location, vr="BulkDataURI", expected="a URI as text")
    elif vr == "SQ" and isinstance(value, list) and value:
        items = (data_set_issues(item, f"{location.pointer}/{index}") for index, item in enumerate(value))
        yield from limit_issues(chain.from_iterable(items), ATTRIBUTE_ISSUE_LIMIT, location)
    else:
        yield from value_issues(tag, vr, value, location)


def _is_member_allowed(member: str, vr: str) -> bool:
    if member == "BulkDataURI":
        return vr in _BULK_DATA_VRS
    return (member == "InlineBinary") is (vr in BINARY_VRS)
