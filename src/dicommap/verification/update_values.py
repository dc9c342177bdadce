"""The attributes of an update request, and their comparison with what an image set stores.

A request has no VR of standard attributes, as the metadata of image sets. So a value gets the VR of the DICOM
dictionary, or that of the member DICOMVRs, and is compared by DICOM meaning (`value_comparison`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dicommap.dicom.dictionary import hex_of, tag_of, vrs_of
from dicommap.dicom.vr import BINARY_VRS
from dicommap.healthimaging.levels import Level
from dicommap.updates.update import UpdateRequest, add_attribute
from dicommap.verification.effects import Effect
from dicommap.verification.stored_metadata import ABSENT, find_value
from dicommap.verification.value_comparison import Agreement, compare_attribute, read_stored_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.dicom.json_model import Attribute
    from dicommap.updates.update import UpdateDocument
    from dicommap.verification.stored_metadata import StoredImageSet

_VRS_MEMBER = "DICOMVRs"
_UNKNOWN_VR = "UN"


class _NotHere:
    """The class of the constant NOT_HERE, which stands for a series or instance that an image set does not have."""

    def __repr__(self) -> str:
        return "NOT_HERE"


NOT_HERE: Final = _NotHere()
"""The object that stands for the stored value of an attribute whose series or instance an image set does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAttribute:
    """One attribute of an update request: its place in the metadata, and its new value or its removal."""

    level: Level
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    name: str
    """The keyword of the attribute, or its tag as eight hexadecimal digits."""
    vr: str | None = None
    """The VR in DICOMVRs. None for an attribute whose VR the dictionary gives."""
    value: Any = field(default=None, repr=False, compare=False)
    """The wanted value in AWS's form. It has no meaning for a removal."""
    is_removal: bool = False

    @property
    def tag(self) -> int:
        """Return the tag as an integer."""
        tag = tag_of(self.name)
        return int(self.name, 16) if tag is None else tag

    @property
    def place(self) -> tuple[Level, str | None, str | None, str]:
        """Return the place in the metadata as a tuple: level, Series and SOP Instance UID, and name."""
        return self.level, self.series_instance_uid, self.sop_instance_uid, self.name


def list_update_attributes(request: UpdateRequest) -> list[UpdateAttribute]:
    """Return the attributes of a request: first those that are added or changed, then those that are removed."""
    return [*_iterate_document(request.updatable, False), *_iterate_document(request.removable, True)]


def _iterate_document(document: UpdateDocument | None, is_removal: bool) -> Iterator[UpdateAttribute]:
    if document is None:
        return
    study = document.get("Study", {})
    yield from _iterate_level(document.get("Patient", {}), Level.PATIENT, None, None, is_removal)
    yield from _iterate_level(study, Level.STUDY, None, None, is_removal)
    for series_uid, series in study.get("Series", {}).items():
        yield from _iterate_level(series, Level.SERIES, series_uid, None, is_removal)
        for instance_uid, instance in series.get("Instances", {}).items():
            yield from _iterate_level(instance, Level.INSTANCE, series_uid, instance_uid, is_removal)


def _iterate_level(
    members: dict[str, Any], level: Level, series: str | None, instance: str | None, is_removal: bool
) -> Iterator[UpdateAttribute]:
    vrs = members.get(_VRS_MEMBER, {})
    for name, value in members.get("DICOM", {}).items():
        yield UpdateAttribute(
            level=level,
            series_instance_uid=series,
            sop_instance_uid=instance,
            name=name,
            vr=vrs.get(name),
            value=value,
            is_removal=is_removal,
        )


def build_update_request(attributes: Iterable[UpdateAttribute], *, force: bool) -> UpdateRequest:
    """Return the request that has exactly these attributes."""
    documents: dict[bool, UpdateDocument] = {}
    for attribute in attributes:
        document = documents.setdefault(attribute.is_removal, {})
        place = (attribute.level, attribute.series_instance_uid, attribute.sop_instance_uid)
        add_attribute(document, place, attribute.name, attribute.value, attribute.vr)
    return UpdateRequest(updatable=documents.get(False), removable=documents.get(True), force=force)


def find_stored_value(attribute: UpdateAttribute, stored: StoredImageSet) -> Any:  # noqa: ANN401  JSON of any type
    """Return the stored value at the attribute's place.

    Returns:
        The JSON value; ABSENT if the image set does not have the attribute; NOT_HERE if it does not have the series or
        the instance.

    """
    if attribute.level is Level.PATIENT:
        return find_value(stored.patient, attribute.tag)
    if attribute.level is Level.STUDY:
        return find_value(stored.study, attribute.tag)
    series = stored.series.get(attribute.series_instance_uid or "")
    if series is None:
        return NOT_HERE
    if attribute.level is Level.SERIES:
        return find_value(series.attributes, attribute.tag)
    instance = series.instances.get(attribute.sop_instance_uid or "")
    return NOT_HERE if instance is None else find_value(instance, attribute.tag)


def is_stored_at_other_level(attribute: UpdateAttribute, stored: StoredImageSet) -> bool:
    """Return whether an image set has an attribute only at another level than that of the request.

    AWS documents the levels of the attributes in its lists only. A request for the wrong level would add the attribute
    a second time.
    """
    tag, series = attribute.tag, attribute.series_instance_uid
    if find_stored_value(attribute, stored) is not ABSENT:
        return False
    instances = None if attribute.sop_instance_uid is None else (attribute.sop_instance_uid,)
    return any(
        value is not ABSENT
        for level in Level
        if level is not attribute.level
        for value in stored.find_values(tag, level, series, instances)
    )


def judge_stored_value(attribute: UpdateAttribute, stored: Any, before: Any = ABSENT) -> Effect:  # noqa: ANN401
    """Return the effect of an attribute in the data store.

    Args:
        attribute: The attribute of the request.
        stored: The stored value, or ABSENT.
        before: The value that was stored before the request, or ABSENT.

    Returns:
        APPLIED if the value is stored, or if the removed attribute is absent. NOT_APPLIED if the value from before is
        stored, MISSING if no value is stored, and else DIFFERENT. NOT_COMPARABLE if the form of the stored value is
        not documented: for a removal, this is an attribute that is still stored, but is empty.

    """
    if attribute.is_removal:
        if stored is ABSENT:
            return Effect.APPLIED
        if stored is None and before is not None:
            return Effect.NOT_COMPARABLE
        return Effect.NOT_APPLIED if stored == before else Effect.DIFFERENT
    agreement = compare_attribute(make_wanted_attribute(attribute), stored)
    if agreement is Agreement.EQUAL:
        return Effect.APPLIED
    if stored is ABSENT:
        return Effect.MISSING
    if stored == before:
        return Effect.NOT_APPLIED
    return Effect.DIFFERENT if agreement is Agreement.DIFFERENT else Effect.NOT_COMPARABLE


def make_wanted_attribute(attribute: UpdateAttribute) -> Attribute:
    """Return the new value of an attribute in the DICOM JSON Model."""
    return _make_attribute(attribute.tag, attribute.vr, attribute.value)


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
