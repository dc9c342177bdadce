"""Updates of stored attributes: the documents of UpdateImageSetMetadata, checked and applied to instances.

The developer guide shows the form of the documents by examples ("Updating image set metadata") and lists what they
cannot change ("DICOM metadata constraints"). Rules of the stand-in only, because AWS does not document them: a value of
DS or IS may be a text or a number; an attribute is multivalued if PS3.6 allows several values for it; an attribute that
neither has a keyword of PS3.6 nor is private is refused even with `force`, and so is PixelData, for which the guide
says both; UIDs cannot be removed, and neither can the last instance of an image set; an attribute in both documents is
set.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import hex_of, is_private, tag_of, vm_of, vrs_of
from dicommap.dicom.json_model.attributes import parse_number_text
from dicommap.dicom.json_model.data_set_check import attribute_value_issues
from dicommap.dicom.vr import ALL_VRS, BINARY_VRS, FLOAT_VRS, INTEGER_VRS, NUMBER_TEXT_VRS
from dicommap.healthimaging.levels import Level, level_of
from dicommap.healthimaging.limits import MAX_UPDATE_BYTES
from dicommap.issues import Location
from dicommap.testing.image_set_metadata import PERSON_NAME_GROUPS, MetadataConverter
from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.testing.behaviour import Behaviour
    from dicommap.testing.image_sets import ImageSetVersion, ImportedInstance

GENERATED_ATTRIBUTES = frozenset(
    {
        "SchemaVersion",
        "DatastoreID",
        "ImageSetID",
        "PixelData",
        "Checksum",
        "Width",
        "Height",
        "MinPixelValue",
        "MaxPixelValue",
        "FrameSizeInBytes",
    }
)
"""Names that no update may contain ("DICOM metadata constraints")."""
UID_ATTRIBUTES = frozenset({"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"})
"""Attributes that no update of a primary image set may change ("Updating image set metadata")."""
FORCED_ATTRIBUTES = UID_ATTRIBUTES | {"StudyID"}
"""Attributes that an update may change only with `force` ("DICOM metadata constraints")."""
_HEXADECIMAL_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_MEMBERS = {
    Level.PATIENT: {"DICOM"},
    Level.STUDY: {"DICOM", "Series"},
    Level.SERIES: {"DICOM", "Instances"},
    Level.INSTANCE: {"DICOM", "DICOMVRs"},
}
"""Level -> the members that its object in an update may have."""


def make_refusal_error(message: str) -> ServiceError:
    """Return the error for an update that AWS does not accept."""
    return ServiceError("ValidationException", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAttribute:
    """One attribute in a document of an update, with the place where it stands."""

    level: Level
    name: str
    value: Any = field(repr=False)
    vr: str | None = None
    """The VR in DICOMVRs; None if the document does not give it."""
    series: str = ""
    instance: str = ""


@dataclass(frozen=True, kw_only=True)
class MetadataUpdate:
    """The content of one UpdateImageSetMetadata request: attributes to set and to remove, and instances to remove."""

    updatable: tuple[DocumentAttribute, ...] = ()
    removable: tuple[DocumentAttribute, ...] = ()
    removed_instances: tuple[tuple[str, str], ...] = ()
    """(Series Instance UID, SOP Instance UID) of each instance to remove."""
    force: bool = False

    @classmethod
    def parse(cls, blobs: Mapping[str, bytes], *, force: bool) -> MetadataUpdate:
        """Parse the member DICOMUpdates of a request.

        Args:
            blobs: The documents `updatableAttributes` and `removableAttributes`, as far as the request has them.
            force: Whether the request has the flag `force`.

        Raises:
            ServiceError: A document is too large, or has another form than the examples of the developer guide.

        """
        if not blobs:
            raise make_refusal_error("DICOMUpdates has neither updatableAttributes nor removableAttributes.")
        if sum(len(blob) for blob in blobs.values()) > MAX_UPDATE_BYTES:
            raise ServiceError("ServiceQuotaExceededException", "The payload is larger than its quota.")
        updatable = list(_list_attributes_and_instances(_parse_document(blobs.get("updatableAttributes"))))
        removable = list(_list_attributes_and_instances(_parse_document(blobs.get("removableAttributes"))))
        if any(not isinstance(found, DocumentAttribute) for found in updatable):
            raise make_refusal_error("An instance in updatableAttributes has no attributes.")
        return cls(
            updatable=tuple(value for value in updatable if isinstance(value, DocumentAttribute)),
            removable=tuple(value for value in removable if isinstance(value, DocumentAttribute)),
            removed_instances=tuple(instance for instance in removable if not isinstance(instance, DocumentAttribute)),
            force=force,
        )

    @property
    def changed_levels(self) -> set[Level]:
        """Return the levels at which the update changes something."""
        changed = {value.level for value in (*self.updatable, *self.removable)}
        return changed | {Level.INSTANCE for _ in self.removed_instances}

    @property
    def attribute_names(self) -> set[str]:
        """Return the names of the attributes that the update sets or removes."""
        return {value.name for value in (*self.updatable, *self.removable)}

    def apply_to(self, version: ImageSetVersion, behaviour: Behaviour) -> list[ImportedInstance]:
        """Return the instances of a version with the update applied. The version stays unchanged.

        Raises:
            ServiceError: The developer guide does not allow the update for this version.

        """
        changes = _ChangedInstances(version, behaviour, self.force)
        for value in self.removable:
            changes.remove_attribute(value)
        for series, instance in self.removed_instances:
            changes.remove_instance(series, instance)
        for value in self.updatable:
            changes.set_attribute(value)
        return list(changes.instances.values())


class _ChangedInstances:
    """The instances of a version while the changes of an update are made in them, one after the other."""

    def __init__(self, version: ImageSetVersion, behaviour: Behaviour, force: bool) -> None:
        self._force = force
        self._behaviour = behaviour
        self._series = version.series_instance_uid
        self._shared = version.latest_instance.after
        self.instances = {uid: merge_shared_attributes(version, one) for uid, one in version.by_uid.items()}
        """SOP Instance UID in the request -> instance."""

    def set_attribute(self, value: DocumentAttribute) -> None:
        """Set an attribute of the patient, the study, the series or one instance."""
        tag = self._require_updatable_tag(value)
        attribute = self._make_new_attribute(tag, value)
        for uid in self._select_instance_uids(value):
            instance = self.instances[uid]
            self.instances[uid] = replace(instance, after={**instance.after, hex_of(tag): attribute})

    def remove_attribute(self, value: DocumentAttribute) -> None:
        """Remove an attribute of the patient, the study, the series or one instance."""
        tag = self._require_updatable_tag(value)
        if value.name in UID_ATTRIBUTES:
            raise make_refusal_error(f"{value.name} cannot be removed.")
        stored = self._find_stored_attribute(tag, value)
        if stored is None:
            raise make_refusal_error(f"{value.name} is not in the metadata.")
        if self._behaviour.removal_values == "compared":
            shown = MetadataConverter(self._behaviour.number_padding).convert_attribute(tag, stored, {})
            if _normalize_for_comparison(shown) != _normalize_for_comparison(value.value):
                raise make_refusal_error(f"The value of {value.name} in removableAttributes is not the stored value.")
        for uid in self._select_instance_uids(value):
            instance = self.instances[uid]
            after = {name: attribute for name, attribute in instance.after.items() if name != hex_of(tag)}
            self.instances[uid] = replace(instance, after=after)

    def remove_instance(self, series: str, instance: str) -> None:
        """Remove an instance."""
        if not self._force:
            raise make_refusal_error("An instance is removed only if force is set.")
        self._require_known_instance(series, instance)
        if len(self.instances) == 1:
            raise make_refusal_error("The last instance of an image set cannot be removed.")
        del self.instances[instance]

    def _select_instance_uids(self, value: DocumentAttribute) -> list[str]:
        if value.level in (Level.SERIES, Level.INSTANCE):
            self._require_known_instance(value.series, value.instance)
        return [value.instance] if value.level is Level.INSTANCE else list(self.instances)

    def _require_known_instance(self, series: str, instance: str) -> None:
        if series != self._series or (instance and instance not in self.instances):
            raise make_refusal_error("The image set has no such series or instance.")

    def _find_stored_attribute(self, tag: int, value: DocumentAttribute) -> Attribute | None:
        if value.level is not Level.INSTANCE:
            return self._shared.get(hex_of(tag))
        self._require_known_instance(value.series, value.instance)
        return self.instances[value.instance].after.get(hex_of(tag))

    def _require_updatable_tag(self, value: DocumentAttribute) -> int:
        """Return the tag of an attribute. Raises ServiceError if an update cannot change it."""
        if value.name in GENERATED_ATTRIBUTES:
            raise make_refusal_error(f"{value.name} cannot be updated.")
        tag = _parse_tag(value.name)
        if is_private(tag):
            if value.level is not Level.INSTANCE or not self._force:
                raise make_refusal_error(
                    "A private attribute is updated only at the instance level, and if force is set."
                )
            return tag
        if level_of(tag) is not value.level:
            raise make_refusal_error(f"{value.name} is not an attribute of the {value.level} level.")
        if value.name in FORCED_ATTRIBUTES and not self._force:
            raise make_refusal_error(f"{value.name} is updated only if force is set.")
        return tag

    def _make_new_attribute(self, tag: int, value: DocumentAttribute) -> Attribute:
        stored = self._find_stored_attribute(tag, value)
        vr = value.vr or (stored["vr"] if stored else None) or next(iter(vrs_of(tag)), None)
        if vr not in ALL_VRS:
            raise make_refusal_error("A private attribute that is not stored needs its VR in DICOMVRs.")
        multiplicity = vm_of(tag)
        is_multivalued = isinstance(value.value, list) and len(value.value) > 1
        is_multivalued = is_multivalued or (multiplicity is not None and multiplicity.high != 1)
        if (vr == "SQ" or is_multivalued) and not self._force:
            raise make_refusal_error(f"{value.name} has several values or items, and is updated only if force is set.")
        attribute = parse_attribute(tag, vr, value.value)
        member = next((name for name in ("Value", "InlineBinary") if name in attribute), None)
        is_invalid = member is not None and any(attribute_value_issues(tag, vr, attribute[member], Location()))
        if is_invalid and not self._force:
            raise make_refusal_error(f"The value of {value.name} is not compatible with its VR.")
        return attribute


def merge_shared_attributes(version: ImageSetVersion, instance: ImportedInstance) -> ImportedInstance:
    """Return a copy of an instance with the patient, study and series attributes of a version of an image set."""
    own = {tag: one for tag, one in instance.after.items() if _is_instance_tag(tag)}
    shared = {tag: one for tag, one in version.latest_instance.after.items() if not _is_instance_tag(tag)}
    return replace(instance, after=dict(sorted({**own, **shared}.items())))


def _is_instance_tag(tag: str) -> bool:
    return level_of(int(tag, 16)) is Level.INSTANCE


def parse_attribute(tag: int, vr: str, value: Any) -> Attribute:  # noqa: ANN401  JSON of any type
    """Convert a value in the form of GetImageSetMetadata to an attribute of the DICOM JSON Model.

    Args:
        tag: The tag of the attribute.
        vr: Its value representation.
        value: The value: null, a text, a number, or an array of values or of items.

    """
    if value is None or value in ("", []):
        return {"vr": vr}
    if vr in BINARY_VRS:
        return {"vr": vr, "InlineBinary": value}
    values = value if isinstance(value, list) else [value]
    if vr == "SQ":
        return {"vr": vr, "Value": [_parse_item(item) for item in values]}
    return {"vr": vr, "Value": [_parse_value(vr, one) for one in values]}


def _parse_item(item: object) -> DataSet:
    if not isinstance(item, dict):
        raise make_refusal_error("An item of a sequence is not an object.")
    read: DataSet = {}
    for name, value in item.items():
        tag = _parse_tag(name)
        read[hex_of(tag)] = parse_attribute(tag, next(iter(vrs_of(tag)), "UN"), value)
    return dict(sorted(read.items()))


def _parse_value(vr: str, value: Any) -> Any:  # noqa: ANN401  JSON of any type
    if not isinstance(value, str):
        return value
    if vr == "PN":
        groups = zip(PERSON_NAME_GROUPS, value.rstrip(" ").split("="), strict=False)
        return {name: group for name, group in groups if group}
    if vr in NUMBER_TEXT_VRS | INTEGER_VRS | FLOAT_VRS:
        return parse_number_text(value.strip(" "))
    return value


def _parse_tag(name: str) -> int:
    """Return the tag of a keyword or of eight hexadecimal digits. Raises ServiceError for another name."""
    tag = tag_of(name)
    if tag is None and _HEXADECIMAL_TAG.fullmatch(name) and (is_private(int(name, 16)) or vrs_of(int(name, 16))):
        tag = int(name, 16)
    if tag is None:
        raise make_refusal_error("An attribute is not one of the DICOM standard.")
    return tag


def _parse_document(blob: bytes | None) -> dict[str, Any]:
    if blob is None:
        return {}
    try:
        document = json.loads(blob)
    except (ValueError, RecursionError):
        raise make_refusal_error("A document of the update is not JSON.") from None
    if not isinstance(document, dict) or str(document.get("SchemaVersion")) != "1.1":
        raise make_refusal_error("A document of the update has no SchemaVersion 1.1.")
    if len(document) == 1 or document.keys() - {"SchemaVersion", "Patient", "Study"}:
        raise make_refusal_error("A document of the update has other members than Patient and Study, or none of them.")
    return document


def _list_attributes_and_instances(document: dict[str, Any]) -> Iterator[DocumentAttribute | tuple[str, str]]:
    """Yield the attributes of a document, and the UIDs of each instance that has no attributes."""
    if "Patient" in document:
        yield from _list_level_attributes(Level.PATIENT, document["Patient"])
    study = document.get("Study", {})
    yield from _list_level_attributes(Level.STUDY, study)
    for series_uid, series in _require_object_member(study, "Series").items():
        yield from _list_level_attributes(Level.SERIES, series, series_uid)
        for uid, instance in _require_object_member(series, "Instances").items():
            if instance == {}:
                yield series_uid, uid
            yield from _list_level_attributes(Level.INSTANCE, instance, series_uid, uid)


def _list_level_attributes(
    level: Level, part: object, series: str = "", instance: str = ""
) -> Iterator[DocumentAttribute]:
    if not isinstance(part, dict) or part.keys() - _MEMBERS[level]:
        raise make_refusal_error(f"A document of the update has an unknown member at the {level} level.")
    vrs = _require_object_member(part, "DICOMVRs")
    for name, value in _require_object_member(part, "DICOM").items():
        yield DocumentAttribute(level=level, name=name, value=value, vr=vrs.get(name), series=series, instance=instance)


def _require_object_member(part: Any, name: str) -> dict[str, Any]:  # noqa: ANN401  JSON of any type
    value = part.get(name, {}) if isinstance(part, dict) else None
    if not isinstance(value, dict):
        raise make_refusal_error(f"The member {name} of a document of the update is not an object.")
    return value


def _normalize_for_comparison(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return a value in a form for comparison: without padding, one value instead of an array of one, None if empty."""
    if isinstance(value, list):
        return (
            _normalize_for_comparison(value[0])
            if len(value) == 1
            else [_normalize_for_comparison(item) for item in value]
        )
    if isinstance(value, dict):
        return {name: _normalize_for_comparison(member) for name, member in value.items()}
    return (value.strip(" ") or None) if isinstance(value, str) else value
