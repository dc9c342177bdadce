"""Check the content of override files: it must be valid DICOM JSON, with only attributes that an override may set."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dicommap.dicom.decimal_strings import is_exact_number, parse_exact_number
from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, hex_of, is_private, keyword_of
from dicommap.dicom.json_model import data_set_issues
from dicommap.healthimaging.levels import Level, level_of
from dicommap.healthimaging.overridable_attributes import (
    instance_content_issues,
    level_mismatch_issues,
    not_overridable_issues,
)
from dicommap.issues import Issue, Location, Severity, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, limit_and_count_issues
from dicommap.overrides.override_file import (
    CHARACTER_SET_TAG,
    UTF8_DECLARATION,
    can_have_null_value,
    remove_null_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.model.study import Target

_TAG = re.compile(r"[0-9A-F]{8}")
_FORM_DESCRIPTIONS = {"object": "one data set object", "array": "an array with one data set object"}


def check_override(document: object, target: Target | None, assumptions: Assumptions) -> list[Issue]:
    """Return all issues of the content of an override file.

    This function does not use override.schema.json. It refuses everything that the schema refuses (tests compare both),
    and its messages are better.

    Args:
        document: The parsed JSON of the file.
        target: The study or series of the override; None if it is not known.
        assumptions: The assumptions that name the form of the file.

    """
    issues = list(_document_form_issues(document, assumptions))
    pointer = ""
    if isinstance(document, list):
        if len(document) != 1:
            return issues
        (document,), pointer = document, "/0"
    if assumptions.emptyValue == "null" and isinstance(document, dict):
        issues += _empty_value_issues(document, pointer)
        document = {member: remove_null_value(attribute) for member, attribute in document.items()}
    issues += data_set_issues(document, pointer)
    if isinstance(document, dict):
        issues += _uid_issues(document, target, assumptions, pointer)
        issues += _character_set_issues(document, assumptions, pointer)
        nested = _bulk_data_and_number_issues(document, assumptions, pointer)
        issues += limit_and_count_issues(nested, DOCUMENT_ISSUE_LIMIT, Location(pointer=pointer))
        issues += _attribute_issues(document, target, assumptions, pointer)
    return issues


def _document_form_issues(document: object, assumptions: Assumptions) -> Iterator[Issue]:
    """Yield an issue if the document is not an object, or an array with one object, as `assumptions` require."""
    form = "array" if isinstance(document, list) else "object"
    if not isinstance(document, dict | list):
        return  # not a data set in any form: data_set_issues yields the issue
    if form != assumptions.dataSet or (isinstance(document, list) and len(document) != 1):
        words = f"an array of {len(document)}" if isinstance(document, list) else _FORM_DESCRIPTIONS["object"]
        yield make_issue(
            "override.form", Location(pointer=""), found=words, expected=_FORM_DESCRIPTIONS[assumptions.dataSet]
        )


def _empty_value_issues(data_set: dict[str, Any], pointer: str) -> Iterator[Issue]:
    """Yield an issue for each empty attribute that does not have the Value `[null]`."""
    for member, attribute in data_set.items():
        if can_have_null_value(attribute) and attribute.keys() == {"vr"}:
            keyword = _get_keyword_of_member(member)
            yield make_issue(
                "override.empty-value", Location(pointer=f"{pointer}/{member}", keyword=keyword), keyword=keyword
            )


def _uid_issues(
    data_set: dict[str, Any], target: Target | None, assumptions: Assumptions, pointer: str
) -> Iterator[Issue]:
    """Yield an issue for each UID of the mapping that the document does not repeat, if `assumptions` require this."""
    if assumptions.identifyingUids == "absent" or target is None:
        return
    uids = {STUDY_INSTANCE_UID: target.study_instance_uid, SERIES_INSTANCE_UID: target.series_instance_uid}
    for tag, uid in uids.items():
        place = Location(pointer=f"{pointer}/{hex_of(tag)}", keyword=keyword_of(tag))
        attribute = data_set.get(hex_of(tag))
        if attribute is None and uid is not None:
            yield make_issue("override.missing-uid", Location(pointer=pointer), keyword=keyword_of(tag))
        elif uid is not None and isinstance(attribute, dict) and attribute.get("Value") != [uid]:
            yield make_issue("override.other-uid", place, keyword=keyword_of(tag))


def _character_set_issues(data_set: dict[str, Any], assumptions: Assumptions, pointer: str) -> Iterator[Issue]:
    """Yield an issue if the file declares UTF-8 and `assumptions` forbid it, or does not and `assumptions` require it.

    A file that declares another character set gets an issue from `_single_attribute_issues`.
    """
    place = Location(pointer=f"{pointer}/{CHARACTER_SET_TAG}", keyword="SpecificCharacterSet")
    is_declared = data_set.get(CHARACTER_SET_TAG) == UTF8_DECLARATION
    if assumptions.characterSet != "declared" and is_declared:
        found = "The file declares UTF-8 in SpecificCharacterSet"
        yield make_issue("override.character-set", place, found=found, expected="no file does")
    if assumptions.characterSet == "declared" and not is_declared:
        if CHARACTER_SET_TAG not in data_set:
            place = Location(pointer=pointer)
        found = "The file does not declare UTF-8 in SpecificCharacterSet"
        yield make_issue("override.character-set", place, found=found, expected="each file does")


def _bulk_data_and_number_issues(data_set: dict[str, Any], assumptions: Assumptions, pointer: str) -> Iterator[Issue]:
    """Yield the issues of BulkDataURIs and of the form of numbers, also in sequence items."""
    for member, attribute in data_set.items():
        if not isinstance(attribute, dict) or not _TAG.fullmatch(member):
            continue
        vr, values = attribute.get("vr"), attribute.get("Value")
        if "BulkDataURI" in attribute:
            place = _locate_attribute(member, pointer)
            yield make_issue("override.bulk-data-uri", place, keyword=place.keyword)
        if not isinstance(values, list):
            continue
        if vr == "SQ":
            for index, item in enumerate(values):
                if isinstance(item, dict):
                    yield from _bulk_data_and_number_issues(item, assumptions, f"{pointer}/{member}/Value/{index}")
        elif vr in ("DS", "IS"):
            yield from _decimal_string_issues(vr, values, assumptions, _locate_attribute(member, pointer))


def _locate_attribute(member: str, pointer: str) -> Location:
    """Return the location of an attribute. `pointer` is the JSON Pointer of its data set."""
    return Location(pointer=f"{pointer}/{member}", keyword=keyword_of(int(member, 16)))


def _decimal_string_issues(vr: str, values: list[Any], assumptions: Assumptions, place: Location) -> Iterator[Issue]:
    """Yield at most one issue about the values of a DS or IS attribute.

    There is an issue if a value does not have the form (text or number) that the assumption `decimalStrings` names, or
    if a JSON number cannot express a value exactly.
    """
    texts = [value for value in values if isinstance(value, str) and value]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if assumptions.decimalStrings == "text":
        if numbers:
            yield make_issue(
                "override.decimal-strings", place, keyword=place.keyword, found="a JSON number", expected="text"
            )
    elif not all(map(is_exact_number, numbers)) or any(parse_exact_number(vr, text) is None for text in texts):
        yield make_issue("override.inexact-number", place, keyword=place.keyword)
    elif texts:
        yield make_issue(
            "override.decimal-strings", place, keyword=place.keyword, found="a JSON string", expected="number"
        )


def _attribute_issues(
    data_set: dict[str, Any], target: Target | None, assumptions: Assumptions, pointer: str
) -> Iterator[Issue]:
    """Yield the issues of attributes that an override may not have, or that the data store does not apply."""
    repeated = _list_required_uid_tags(target, assumptions)
    if data_set.get(CHARACTER_SET_TAG) == UTF8_DECLARATION:
        repeated.add(CHARACTER_SET_TAG)  # `_character_set_issues` yields an issue if the file may not have it
    if not data_set.keys() - repeated:
        yield make_issue("override.empty", Location(pointer=pointer))
    for member in data_set:
        if _TAG.fullmatch(member) and member not in repeated:
            yield from _single_attribute_issues(int(member, 16), target, assumptions, f"{pointer}/{member}")
            yield from _not_applied_issues(
                int(member, 16), data_set[member], target, assumptions, f"{pointer}/{member}"
            )


def _single_attribute_issues(
    tag: int, target: Target | None, assumptions: Assumptions, pointer: str
) -> Iterator[Issue]:
    """Yield an issue if an override of the level of `target` may not set an attribute, or should not."""
    place = Location(pointer=pointer, keyword=keyword_of(tag))
    refused = [issue for issue in not_overridable_issues(tag, place) if issue.code != "attribute.forbidden"]
    yield from refused
    if target is not None and not refused:
        severity = Severity.ERROR if assumptions.otherLevels == "error" else Severity.WARNING
        yield from level_mismatch_issues(tag, target.level, place, severity)
        yield from instance_content_issues(tag, target.level, place, severity)


def _not_applied_issues(
    tag: int, attribute: object, target: Target | None, assumptions: Assumptions, pointer: str
) -> Iterator[Issue]:
    """Yield an issue for each setting of `assumptions` that says that the data store does not apply an attribute."""
    for name, what in _list_refusing_settings(
        tag, attribute if isinstance(attribute, dict) else {}, target, assumptions
    ):
        place = Location(pointer=pointer, keyword=keyword_of(tag))
        yield make_issue("override.not-applied", place, setting=f"{name}=unavailable", what=what)


def _list_refusing_settings(
    tag: int, attribute: dict[str, Any], target: Target | None, assumptions: Assumptions
) -> Iterator[tuple[str, str]]:
    """Yield the name of each setting that refuses an attribute, and a phrase for what it refuses."""
    if assumptions.emptyValue == "unavailable" and attribute.keys() == {"vr"}:
        yield "emptyValue", "an emptied attribute"
    if assumptions.sequences == "unavailable" and attribute.get("vr") == "SQ":
        yield "sequences", "a sequence"
    if assumptions.numbers == "unavailable" and _has_decimal_strings(attribute):
        yield "numbers", "a value of DS or IS"
    if assumptions.characterSet == "unavailable" and not json.dumps(attribute, ensure_ascii=False).isascii():
        yield "characterSet", "a text that is not ASCII"
    if assumptions.privateElements == "unavailable" and is_private(tag):
        yield "privateElements", "a private element"
    if target is not None and not is_private(tag):
        level = level_of(tag)
        name, is_applied = assumptions.level_setting(level, target.level)
        if not is_applied:
            yield name, f"an attribute of the {level.value} level in the override of a {target.level.value}"


def _has_decimal_strings(attribute: dict[str, Any]) -> bool:
    """Return whether an attribute, or an attribute in its items, has a value of DS or IS."""
    values = attribute.get("Value")
    if attribute.get("vr") in ("DS", "IS"):
        return bool(values)
    items = values if attribute.get("vr") == "SQ" and isinstance(values, list) else ()
    return any(
        isinstance(nested, dict) and _has_decimal_strings(nested)
        for item in items
        if isinstance(item, dict)
        for nested in item.values()
    )


def _list_required_uid_tags(target: Target | None, assumptions: Assumptions) -> set[str]:
    """Return the tags of the UIDs that an override file must have with these `assumptions`, as 8 hexadecimal digits."""
    if assumptions.identifyingUids == "absent":
        return set()
    of_study = target is not None and target.level is Level.STUDY
    return {hex_of(tag) for tag in (STUDY_INSTANCE_UID, *([] if of_study else [SERIES_INSTANCE_UID]))}


def _get_keyword_of_member(member: str) -> str:
    return keyword_of(int(member, 16)) if _TAG.fullmatch(member) else member
