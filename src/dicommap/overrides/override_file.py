"""Write and read the JSON of an override file. The assumptions decide the form of the JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, hex_of
from dicommap.dicom.json_model import sort_data_set
from dicommap.dicom.strict_json import dump_json
from dicommap.dicom.vr import BINARY_VRS

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.overrides.override import Override


_IDENTIFYING = frozenset({hex_of(STUDY_INSTANCE_UID), hex_of(SERIES_INSTANCE_UID)})
_ONE_EMPTY_FORM = BINARY_VRS | {"SQ"}
"""VRs whose empty attributes have only one form: an attribute with `vr` and no other member."""


def dump_override(override: Override, assumptions: Assumptions) -> str:
    """Return the JSON text of an override file. Equal overrides and assumptions always give the same text."""
    return dump_json(build_override_document(override, assumptions))


def build_override_document(override: Override, assumptions: Assumptions) -> DataSet | list[DataSet]:
    """Return the JSON value of an override file, in the form that `assumptions` require."""
    data_set = dict(override.data_set)
    if assumptions.emptyValue == "null":
        data_set = {tag: _add_null_value(attribute) for tag, attribute in data_set.items()}
    if assumptions.identifyingUids == "present":
        data_set |= _make_identifying_uids(override)
    data_set = sort_data_set(data_set)
    return [data_set] if assumptions.dataSet == "array" else data_set


def parse_override_data_set(document: Any, assumptions: Assumptions) -> DataSet:  # noqa: ANN401  JSON of any type
    """Return the attributes that an override file changes.

    Args:
        document: The JSON of the file, in the form that `assumptions` require.
        assumptions: The form of the file. If files have the identifying UIDs, the UIDs are left out of the result.
    """
    data_set = document[0] if isinstance(document, list) else document
    repeated = _IDENTIFYING if assumptions.identifyingUids == "present" else frozenset()
    return {tag: remove_null_value(attribute) for tag, attribute in data_set.items() if tag not in repeated}


def remove_null_value(attribute: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return an attribute without its member Value if this is `[null]`. Return any other attribute unchanged."""
    if has_null_form(attribute) and attribute.get("Value") == [None]:
        return {member: value for member, value in attribute.items() if member != "Value"}
    return attribute


def has_null_form(attribute: Any) -> bool:  # noqa: ANN401  JSON of any type
    """Return whether a JSON value is an attribute whose Value may be `[null]` if it is empty."""
    vr = attribute.get("vr") if isinstance(attribute, dict) else None
    return isinstance(vr, str) and vr not in _ONE_EMPTY_FORM


def _add_null_value(attribute: Attribute) -> Attribute:
    if len(attribute) == 1 and has_null_form(attribute):
        return {"vr": attribute["vr"], "Value": [None]}
    return attribute


def _make_identifying_uids(override: Override) -> DataSet:
    uids = {STUDY_INSTANCE_UID: override.study_instance_uid, SERIES_INSTANCE_UID: override.series_instance_uid}
    return {hex_of(tag): {"vr": "UI", "Value": [uid]} for tag, uid in uids.items() if uid is not None}
