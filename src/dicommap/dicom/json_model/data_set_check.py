"""Check whether a JSON value is a valid data set of the DICOM JSON Model (PS3.18 Annex F)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from dicommap.dicom.confusable_characters import confusable_character_issues
from dicommap.dicom.decimal_strings import MAX_DS_BYTES, format_decimal_string
from dicommap.dicom.dictionary import (
    hex_of,
    is_outside_data_sets,
    is_private,
    keyword_of,
    parse_multiplicity,
    private_creator_tag_of,
    vm_of,
    vrs_of,
)
from dicommap.dicom.strict_json import pointer_token
from dicommap.dicom.vr import (
    ALL_VRS,
    BINARY_VRS,
    FLOAT_VRS,
    INTEGER_RANGES,
    INTEGER_VRS,
    NUMBER_TEXT_VRS,
    SINGLE_VALUE_VRS,
    UNIT_BYTES,
    float_range_issues,
    integer_range_issues,
    is_uri,
    value_text_issues,
)
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import ATTRIBUTE_ISSUE_LIMIT, DOCUMENT_ISSUE_LIMIT, limit_and_count_issues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.dictionary import ValueMultiplicity
    from dicommap.issues import Issue


_ONE = parse_multiplicity("1")
_EMPTY_ITEM_FORM = "an empty item between others is null"
_PN_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def attribute_value_issues(tag: int, vr: str, value: object, location: Location) -> Iterator[Issue]:
    """Yield the issues of an attribute's value.

    Args:
        tag: The tag of the attribute.
        vr: The value representation of the attribute.
        value: The attribute's member InlineBinary if `vr` is binary, else its member Value.
        location: The location of the member.

    """
    if vr in BINARY_VRS:
        if value == "":
            yield _make_empty_value_issue(location, "InlineBinary", "an attribute without a value has no InlineBinary")
        elif not isinstance(value, str) or not _is_valid_base64(vr, value):
            yield make_issue("dicom-json.inline-binary", location, vr=vr)
        return
    if not isinstance(value, list):
        yield make_issue("dicom-json.value-form", location, vr="Value", expected="an array of at least one item")
        return
    if all(item is None for item in value):
        what = "Each item of Value" if value else "Value"
        yield _make_empty_value_issue(location, what, "an attribute without a value has no Value")
        return
    vm = _get_allowed_multiplicity(tag, vr)
    if vm is not None and not vm.allows(len(value)):
        yield make_issue("value.multiplicity", location, keyword=keyword_of(tag), count=len(value), vm=vm.text)
    items = (
        issue
        for index, item in enumerate(value)
        if item is not None
        for issue in _value_item_issues(tag, vr, item, replace(location, pointer=f"{location.pointer}/{index}"))
    )
    yield from limit_and_count_issues(items, ATTRIBUTE_ISSUE_LIMIT, location)


def _make_empty_value_issue(location: Location, what: str, form: str) -> Issue:
    return make_issue("dicom-json.empty-value", location, what=what, form=form)


def is_private_creator(tag: int) -> bool:
    """Return whether `tag` is the tag of a private creator (PS3.5 section 7.8.1)."""
    return is_private(tag) and 0x10 <= tag & 0xFFFF <= 0xFF


def _get_allowed_multiplicity(tag: int, vr: str) -> ValueMultiplicity | None:
    # Private attributes are not in the dictionary. But some value representations never allow more than one value.
    return _ONE if vr in SINGLE_VALUE_VRS or is_private_creator(tag) else vm_of(tag)


def _is_valid_base64(vr: str, text: str) -> bool:
    """Return whether a text is Base64 of at least one byte, with whole units of the VR, such as two bytes for OW."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return False
    # The unused bits of the last letter must be zero, so that the same bytes always have the same text (RFC 4648 3.5).
    is_canonical = base64.b64encode(data[-(len(data) % 3) :]).decode() == text[-4:] if len(data) % 3 else True
    return bool(data) and is_canonical and len(data) % UNIT_BYTES[vr] == 0


def _value_item_issues(tag: int, vr: str, item: Any, location: Location) -> Iterator[Issue]:  # noqa: ANN401  JSON
    """Yield the issues of one item of the member Value, for all VRs except SQ."""
    if item == "":
        yield _make_empty_value_issue(location, f"A value of {vr}", _EMPTY_ITEM_FORM)
    elif vr == "PN":
        yield from _person_name_issues(tag, item, location)
    elif vr in NUMBER_TEXT_VRS:
        yield from _number_or_text_issues(vr, item, location)
    elif vr in INTEGER_VRS or vr in FLOAT_VRS:
        yield from _number_issues(vr, item, location)
    elif not isinstance(item, str):
        yield make_issue("dicom-json.value-form", location, vr=vr, expected="a text, or null")
    else:
        yield from value_text_issues(vr, item, location)
        yield from confusable_character_issues(tag, vr, item, location)
        if is_private_creator(tag) and not item.isascii():
            what = "a character outside the default repertoire"
            yield make_issue("value.characters", location, keyword=keyword_of(tag), vr=vr, what=what)


def _person_name_issues(tag: int, item: object, location: Location) -> Iterator[Issue]:
    groups = item if isinstance(item, dict) else {}
    if item == {} or (groups and all(text == "" for text in groups.values())):
        yield _make_empty_value_issue(location, "A value of PN", _EMPTY_ITEM_FORM)
        return
    empty = [name for name, text in groups.items() if name in _PN_GROUPS and text == ""]
    if empty:
        yield _make_empty_value_issue(
            location, f"The component group {empty[0]}", "an empty component group is left out"
        )
        return
    texts = [group for group in groups.values() if isinstance(group, str) and group and "=" not in group]
    if not groups or not set(groups) <= set(_PN_GROUPS) or len(texts) != len(groups):
        yield make_issue("dicom-json.person-name", location)
        return
    for name, text in groups.items():
        where = replace(location, pointer=f"{location.pointer}/{name}")
        yield from value_text_issues("PN", text, where)
        yield from confusable_character_issues(tag, "PN", text, where, group=name)


def _number_or_text_issues(vr: str, item: Any, location: Location) -> Iterator[Issue]:  # noqa: ANN401  JSON
    if isinstance(item, str):
        yield from value_text_issues(vr, item, location)
    elif not _is_number(item):
        yield make_issue("dicom-json.value-form", location, vr=vr, expected="a number or a text")
    elif vr == "DS":
        yield from _decimal_number_issues(item, location)
    else:
        yield from _number_issues(vr, item, location)


def _decimal_number_issues(number: float, location: Location) -> Iterator[Issue]:
    """Yield the issues of a JSON number that is a value of a DS.

    A DS has at most 16 bytes. If the text of a number has more, readers must shorten it, and may change its value.
    """
    text = repr(number)
    if len(text) > MAX_DS_BYTES and format_decimal_string(number) is not None:
        yield make_issue("value.long-number", location, keyword=location.keyword, length=len(text), limit=MAX_DS_BYTES)
    else:
        yield from value_text_issues("DS", text, location)


def _number_issues(vr: str, item: Any, location: Location) -> Iterator[Issue]:  # noqa: ANN401  JSON of any type
    if not _is_number(item) or (vr in INTEGER_RANGES and not isinstance(item, int)):
        kind = "a number" if vr in FLOAT_VRS else "an integer"
        yield make_issue("dicom-json.value-form", location, vr=vr, expected=kind)
    elif vr in INTEGER_RANGES:
        yield from integer_range_issues(vr, item, location)
    elif vr in FLOAT_VRS:
        yield from float_range_issues(vr, item, location)


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


_TAG = re.compile(r"[0-9A-F]{8}")
_MEMBERS = frozenset({"vr", "Value", "InlineBinary", "BulkDataURI"})
_BULK_DATA_VRS = BINARY_VRS | frozenset(
    ["DS", "FL", "FD", "IS", "LT", "SL", "SS", "ST", "SV", "UC", "UL", "US", "UT", "UV"]
)


def data_set_issues(value: object, pointer: str = "") -> Iterator[Issue]:
    """Yield the issues of a data set. `pointer` is the JSON Pointer of the data set in its document.

    This function is recursive. So the document must be parsed by `strict_json.parse_json`, which limits its depth.
    """
    if not isinstance(value, dict):
        yield make_issue("dicom-json.not-object", Location(pointer=pointer))
        return
    yield from limit_and_count_issues(
        _all_attribute_issues(value, pointer), DOCUMENT_ISSUE_LIMIT, Location(pointer=pointer)
    )


def _all_attribute_issues(data_set: dict[str, Any], pointer: str) -> Iterator[Issue]:
    """Yield the issues of each attribute, and an issue for each tag that is lower than the tag before it."""
    highest = ""
    creators: dict[tuple[int, str], str] = {}
    for member, attribute in data_set.items():
        place = pointer + pointer_token(member)
        if _TAG.fullmatch(member) is None:
            yield make_issue("dicom-json.tag", Location(pointer=place))
            continue
        tag = int(member, 16)
        location = Location(pointer=place, keyword=keyword_of(tag))
        if member < highest:
            yield make_issue("dicom-json.order", location)
        highest = max(highest, member)
        yield from _tag_issues(tag, data_set, location)
        yield from _attribute_issues(tag, attribute, location)
        yield from _repeated_creator_issues(tag, attribute, creators, place)


def _repeated_creator_issues(
    tag: int, attribute: object, pointers: dict[tuple[int, str], str], pointer: str
) -> Iterator[Issue]:
    """Yield an issue if an attribute is a private creator that repeats the name of an earlier creator in its group.

    Each private creator reserves a block of tags. If the same name reserves two blocks, readers use only one block
    (PS3.5 section 7.8.1).

    Args:
        tag: The tag of the attribute.
        attribute: The attribute. Only a private creator can have an issue.
        pointers: Group and name of each earlier private creator -> the JSON Pointer of that creator. If the attribute
            is a private creator, it is added.
        pointer: The JSON Pointer of the attribute.

    """
    values = attribute.get("Value") if isinstance(attribute, dict) and is_private_creator(tag) else None
    for name in values if isinstance(values, list) else ():
        if isinstance(name, str) and pointers.setdefault((tag >> 16, name.strip(" ")), pointer) != pointer:
            yield make_issue("dicom-json.repeated-creator", Location(pointer=pointer, keyword=keyword_of(tag)))


def _tag_issues(tag: int, data_set: dict[str, Any], location: Location) -> Iterator[Issue]:
    """Yield an issue if a tag is not allowed in a data set, or if it is private and its private creator is missing."""
    if is_outside_data_sets(tag):
        yield make_issue("attribute.forbidden", location, keyword=keyword_of(tag))
    elif is_private(tag) and not is_private_creator(tag):
        creator = private_creator_tag_of(tag)
        if creator is None or not _can_be_private_creator(data_set.get(hex_of(creator))):
            yield make_issue("dicom-json.private-creator", location)


def _can_be_private_creator(attribute: object) -> bool:
    """Return whether an attribute has a value, so that it can be a private creator. The value itself is not checked.

    Args:
        attribute: The attribute at the tag of the private creator; None if the data set has no such attribute.
    """
    return isinstance(attribute, dict) and bool(attribute.get("Value"))


def _attribute_issues(tag: int, attribute: object, location: Location) -> Iterator[Issue]:
    if not isinstance(attribute, dict):
        yield make_issue("dicom-json.value-form", location, vr="An attribute", expected="a JSON object")
        return
    for member in attribute:
        if member not in _MEMBERS:
            yield make_issue(
                "dicom-json.member",
                replace(location, pointer=f"{location.pointer}{pointer_token(member)}"),
            )
    vr = attribute.get("vr")
    if not isinstance(vr, str) or vr not in ALL_VRS:
        yield make_issue("dicom-json.vr", location)
        return
    yield from _vr_mismatch_issues(tag, vr, location)
    kinds = [member for member in ("Value", "InlineBinary", "BulkDataURI") if member in attribute]
    if len(kinds) > 1:
        yield make_issue("dicom-json.several-values", location)
    for kind in kinds:
        of_member = Location(pointer=f"{location.pointer}/{kind}", keyword=location.keyword)
        yield from _member_issues(tag, vr, kind, attribute[kind], of_member)


def _vr_mismatch_issues(tag: int, vr: str, location: Location) -> Iterator[Issue]:
    """Yield an issue if the VR differs from the VRs that the dictionary has for the tag."""
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
    """Yield the issues of one member of an attribute: Value, InlineBinary or BulkDataURI.

    Args:
        tag: The tag of the attribute.
        vr: The value representation of the attribute.
        member: The name of the member.
        value: The value of the member.
        location: The location of the member.

    """
    if not _is_member_allowed(member, vr):
        yield make_issue("dicom-json.member-not-allowed", location, member=member, vr=vr)
    elif member == "BulkDataURI":
        if value == "":
            yield _make_empty_value_issue(location, "BulkDataURI", "an attribute without a value has no BulkDataURI")
        elif not isinstance(value, str) or not is_uri(value):
            yield make_issue("dicom-json.value-form", location, vr="BulkDataURI", expected="a URI as text")
    elif vr == "SQ" and isinstance(value, list) and value:
        items = (data_set_issues(item, f"{location.pointer}/{index}") for index, item in enumerate(value))
        yield from limit_and_count_issues(chain.from_iterable(items), ATTRIBUTE_ISSUE_LIMIT, location)
    else:
        yield from attribute_value_issues(tag, vr, value, location)


def _is_member_allowed(member: str, vr: str) -> bool:
    """Return whether an attribute of this VR may have the member Value, InlineBinary or BulkDataURI."""
    if member == "BulkDataURI":
        return vr in _BULK_DATA_VRS
    return (member == "InlineBinary") is (vr in BINARY_VRS)
