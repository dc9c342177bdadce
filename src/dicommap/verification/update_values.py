"""Compare the attributes of an update with the stored values of an image set.

A request has no VR of standard attributes, as the metadata of image sets. So a value gets the VR of the DICOM
dictionary, or that of the member DICOMVRs, and is compared by DICOM meaning (`value_comparison`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dicommap.dicom.dictionary import hex_of, tag_of, vrs_of
from dicommap.dicom.vr import BINARY_VRS
from dicommap.healthimaging.levels import Level
from dicommap.verification.effects import Effect
from dicommap.verification.stored_metadata import ABSENT, find_value
from dicommap.verification.value_comparison import Agreement, compare_attribute, read_stored_values

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute
    from dicommap.updates.attribute_update import AttributeUpdate
    from dicommap.verification.stored_metadata import StoredImageSet

_VRS_MEMBER = "DICOMVRs"
_UNKNOWN_VR = "UN"


class _NotHere:
    """The class of the constant NOT_HERE, which stands for a series or instance that an image set does not have."""

    def __repr__(self) -> str:
        return "NOT_HERE"


NOT_HERE: Final = _NotHere()
"""The object that stands for the stored value of an attribute whose series or instance an image set does not have."""


def find_stored_value(update: AttributeUpdate, stored: StoredImageSet) -> Any:  # noqa: ANN401  JSON of any type
    """Return the stored value at the attribute's place.

    Returns:
        The JSON value; ABSENT if the image set does not have the attribute; NOT_HERE if it does not have the series or
        the instance.

    """
    if update.level is Level.PATIENT:
        return find_value(stored.patient, update.tag)
    if update.level is Level.STUDY:
        return find_value(stored.study, update.tag)
    series = stored.series.get(update.series or "")
    if series is None:
        return NOT_HERE
    if update.level is Level.SERIES:
        return find_value(series.attributes, update.tag)
    instance = series.instances.get(update.instance or "")
    return NOT_HERE if instance is None else find_value(instance, update.tag)


def is_stored_at_other_level(update: AttributeUpdate, stored: StoredImageSet) -> bool:
    """Return whether an image set has an attribute at another level, and not at the level of the request.

    AWS documents the levels of the attributes in its lists only. A request for the wrong level would add the attribute
    a second time.
    """
    tag, series = update.tag, update.series
    if find_stored_value(update, stored) is not ABSENT:
        return False
    instances = None if update.instance is None else (update.instance,)
    return any(
        value is not ABSENT
        for level in Level
        if level is not update.level
        for value in stored.find_values(tag, level, series, instances)
    )


def judge_stored_value(update: AttributeUpdate, stored: Any, before: Any = ABSENT) -> Effect:  # noqa: ANN401
    """Return the effect of an attribute in the data store.

    Args:
        update: The attribute of the request.
        stored: The stored value, or ABSENT.
        before: The value that was stored before the request, or ABSENT.

    Returns:
        APPLIED if the value is stored, or if the removed attribute is absent. NOT_APPLIED if the value from before is
        stored, MISSING if no value is stored, and else DIFFERENT. NOT_COMPARABLE if the form of the stored value is
        not documented: for a removal, this is an attribute that is still stored, but is empty.

    """
    if update.is_removal:
        if stored is ABSENT:
            return Effect.APPLIED
        if stored is None and before is not None:
            return Effect.NOT_COMPARABLE
        return Effect.NOT_APPLIED if stored == before else Effect.DIFFERENT
    agreement = compare_attribute(make_wanted_attribute(update), stored)
    if agreement is Agreement.EQUAL:
        return Effect.APPLIED
    if stored is ABSENT:
        return Effect.MISSING
    if stored == before:
        return Effect.NOT_APPLIED
    return Effect.DIFFERENT if agreement is Agreement.DIFFERENT else Effect.NOT_COMPARABLE


def compare_with_previous(update: AttributeUpdate, stored: Any) -> Agreement | None:  # noqa: ANN401
    """Compare a stored value with the values that an attribute had before its edit, by DICOM meaning.

    Args:
        update: The attribute of the request.
        stored: The stored value, or ABSENT.

    Returns:
        EQUAL if the stored value is one of the values before the edit, else NOT_COMPARABLE or DIFFERENT. None if the
        package does not know the values before the edit.

    """
    if update.previous is None:
        return None
    agreements = {compare_attribute(_make_attribute(update.tag, update.vr, text), stored) for text in update.previous}
    best_first = (Agreement.EQUAL, Agreement.NOT_COMPARABLE)
    return next((agreement for agreement in best_first if agreement in agreements), Agreement.DIFFERENT)


def make_wanted_attribute(update: AttributeUpdate) -> Attribute:
    """Return the wanted value of an attribute in the DICOM JSON Model."""
    return _make_attribute(update.tag, update.vr, update.value)


def _make_attribute(tag: int, vr: str | None, value: Any) -> Attribute:  # noqa: ANN401  JSON of any type
    vr = vr or next(iter(vrs_of(tag)), _UNKNOWN_VR)
    if vr in BINARY_VRS:
        return {"vr": vr, "InlineBinary": value} if isinstance(value, str) else {"vr": vr}
    if vr == "SQ":
        items = value if isinstance(value, list) else [] if value is None else [value]
        return {"vr": vr, "Value": [_make_item(item) for item in items if isinstance(item, dict)]}
    values = next(iter(read_stored_values(vr, value)), ())
    return {"vr": vr, "Value": list(values)}


def _make_item(item: dict[str, Any]) -> dict[str, Attribute]:
    vrs = item.get(_VRS_MEMBER, {})
    tags = {name: tag_of(name) for name in item if name != _VRS_MEMBER}
    return {
        hex_of(int(name, 16) if tag is None else tag): _make_attribute(
            int(name, 16) if tag is None else tag, vrs.get(name), item[name]
        )
        for name, tag in tags.items()
    }
