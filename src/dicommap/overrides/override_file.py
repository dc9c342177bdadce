"""Write and read the JSON of an override file. The assumptions decide the form of the JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.dicom.decimal_strings import format_decimal_string, parse_exact_number
from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, hex_of
from dicommap.dicom.json_model import parse_number_text, sort_data_set
from dicommap.dicom.strict_json import dump_json
from dicommap.dicom.vr import BINARY_VRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.overrides.override import Override


CHARACTER_SET_TAG = "00080005"
UTF8_DECLARATION: Attribute = {"vr": "CS", "Value": ["ISO_IR 192"]}
"""SpecificCharacterSet of a file in UTF-8 (PS3.3 C.12.1.1.2). JSON is always UTF-8 (PS3.18 F.2)."""
DECIMAL_STRING_VRS = frozenset({"DS", "IS"})
"""Value representations of numbers as texts. The assumption `decimalStrings` says if they are JSON texts or numbers."""
_IDENTIFYING = frozenset({hex_of(STUDY_INSTANCE_UID), hex_of(SERIES_INSTANCE_UID)})
_ONE_EMPTY_FORM = BINARY_VRS | {"SQ"}
"""VRs whose empty attributes have only one form: an attribute with `vr` and no other member."""


def dump_override(override: Override, assumptions: Assumptions) -> str:
    """Return the JSON text of an override file. Equal overrides and assumptions always give the same text."""
    return dump_json(build_override_document(override, assumptions))


def build_override_document(override: Override, assumptions: Assumptions) -> DataSet | list[DataSet]:
    """Return the JSON value of an override file, in the form that `assumptions` require."""
    data_set = set_decimal_string_form(override.data_set, assumptions)
    if assumptions.emptyValue == "null":
        data_set = {tag: _replace_empty_by_null(attribute) for tag, attribute in data_set.items()}
    if assumptions.identifyingUids == "present":
        data_set |= _make_identifying_uids(override)
    if assumptions.characterSet == "declared":
        data_set[CHARACTER_SET_TAG] = UTF8_DECLARATION
    data_set = sort_data_set(data_set)
    return [data_set] if assumptions.dataSet == "array" else data_set


def parse_override_data_set(document: Any, assumptions: Assumptions) -> DataSet:  # noqa: ANN401  JSON of any type
    """Return the attributes that an override file changes.

    Args:
        document: The JSON of the file, in the form that `assumptions` require.
        assumptions: The assumptions that name the form of the file. If they say that files repeat the UIDs or declare a
            character set, these attributes are left out of the result.
    """
    data_set = document[0] if isinstance(document, list) else document
    repeated = _IDENTIFYING if assumptions.identifyingUids == "present" else frozenset()
    if assumptions.characterSet == "declared":
        repeated |= {CHARACTER_SET_TAG}
    return {
        tag: _convert_decimal_strings(remove_null_value(attribute), _parse_text_as_number)
        for tag, attribute in data_set.items()
        if tag not in repeated
    }


def set_decimal_string_form(data_set: DataSet, assumptions: Assumptions) -> DataSet:
    """Return a copy of a data set whose values of DS and IS are texts or numbers, as `assumptions` say.

    Items of sequences are included. No value becomes another number: a text that a JSON number cannot represent exactly
    stays a text, and `check_override` yields an error for it.
    """
    convert = _format_number_as_text if assumptions.decimalStrings == "text" else _parse_text_as_exact_number
    return {tag: _convert_decimal_strings(attribute, convert) for tag, attribute in data_set.items()}


def _convert_decimal_strings(attribute: Any, convert: Callable[[str, Any], Any]) -> Any:  # noqa: ANN401  JSON
    """Return an attribute with each value of DS and IS converted. Attributes without such values are not copied."""
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    vr = attribute.get("vr") if isinstance(attribute, dict) else None
    if not isinstance(values, list) or vr not in ("SQ", "DS", "IS"):
        return attribute
    if vr == "SQ":
        return {**attribute, "Value": [_convert_sequence_item(item, convert) for item in values]}
    return {**attribute, "Value": [convert(vr, value) for value in values]}


def _convert_sequence_item(item: Any, convert: Callable[[str, Any], Any]) -> Any:  # noqa: ANN401  JSON of any type
    if not isinstance(item, dict):
        return item
    return {tag: _convert_decimal_strings(attribute, convert) for tag, attribute in item.items()}


def _format_number_as_text(vr: str, value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return a number as the text of a DS or IS value. Other values are returned unchanged."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if vr == "IS":
        return str(value) if isinstance(value, int) else value
    text = format_decimal_string(value)
    return value if text is None else text


def _parse_text_as_exact_number(vr: str, value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return the number of a text if JSON can express it exactly. Other values are returned unchanged."""
    number = parse_exact_number(vr, value) if isinstance(value, str) else None
    return value if number is None else number


def _parse_text_as_number(_vr: str, value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return the number of a text if the number is written in the same way. Other values are returned unchanged."""
    return parse_number_text(value) if isinstance(value, str) else value


def remove_null_value(attribute: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return an attribute without its member Value if this is `[null]`. Return any other attribute unchanged."""
    if can_have_null_value(attribute) and attribute.get("Value") == [None]:
        return {member: value for member, value in attribute.items() if member != "Value"}
    return attribute


def can_have_null_value(attribute: Any) -> bool:  # noqa: ANN401  JSON of any type
    """Return whether a JSON value is an attribute whose empty value can be written as `[null]`, by its VR."""
    vr = attribute.get("vr") if isinstance(attribute, dict) else None
    return isinstance(vr, str) and vr not in _ONE_EMPTY_FORM


def _replace_empty_by_null(attribute: Attribute) -> Attribute:
    """Return an empty attribute with the Value `[null]`, if its VR allows this form. Others are unchanged."""
    if len(attribute) == 1 and can_have_null_value(attribute):
        return {"vr": attribute["vr"], "Value": [None]}
    return attribute


def _make_identifying_uids(override: Override) -> DataSet:
    """Return the Study and Series Instance UID of an override as attributes."""
    uids = {STUDY_INSTANCE_UID: override.study_instance_uid, SERIES_INSTANCE_UID: override.series_instance_uid}
    return {hex_of(tag): {"vr": "UI", "Value": [uid]} for tag, uid in uids.items() if uid is not None}
