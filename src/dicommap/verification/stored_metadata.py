"""The metadata of an image set, as GetImageSetMetadata returns it: its levels, and a parser of the JSON document.

The developer guide shows the form of the document only by examples ("Getting image set metadata"). The attributes of
the patient, the study and each series are in the document once. The attributes of instances are listed by SOP Instance
UID. The name of an attribute is its keyword. The name of a private attribute is its tag as eight hexadecimal digits.
The document has no VR of standard attributes. Unknown members are ignored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from dicommap.dicom.dictionary import entry_of, hex_of
from dicommap.healthimaging.levels import Level
from dicommap.reading.document_limits import IMAGE_SET_METADATA_LIMIT, has_more_json_values

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

SCHEMA_VERSION = "1.1"
"""The SchemaVersion of the documents in the developer guide. A document of another version is not read."""

StoredAttributes = dict[str, Any]
"""Keyword, or tag as eight hexadecimal digits -> stored value."""


class _Absent:
    """The class of the constant ABSENT, which stands for an attribute that is not stored."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""The object that stands for the stored value of an attribute that an image set does not have."""


class UnreadableMetadataError(ValueError):
    """The error for metadata that cannot be used. Its text gives the reason, without any value of the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeries:
    """One series of an image set: the attributes of the series, and of each instance by SOP Instance UID."""

    attributes: StoredAttributes = field(repr=False)
    instances: dict[str, StoredAttributes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImageSet:
    """The attributes of an image set: of the patient, the study, and each series by Series Instance UID."""

    study_instance_uid: str
    patient: StoredAttributes = field(repr=False)
    study: StoredAttributes = field(repr=False)
    series: dict[str, StoredSeries]

    def instance_uids(self) -> Iterator[str]:
        """Yield the SOP Instance UIDs of all instances."""
        for series in self.series.values():
            yield from series.instances

    def find_values(self, tag: int, level: Level, series: str | None, instances: Container[str] | None) -> list[Any]:
        """Return the values of an attribute at a level: one value, or one for each series or each instance.

        Args:
            tag: The tag of the attribute.
            level: The level.
            series: The Series Instance UID, if only one series counts; None for all series.
            instances: The SOP Instance UIDs that count; None for all instances.

        Returns:
            The stored values. A value is ABSENT if the patient, study, series or instance does not have the attribute.

        """
        if level is Level.PATIENT:
            return [find_value(self.patient, tag)]
        if level is Level.STUDY:
            return [find_value(self.study, tag)]
        chosen = [stored for uid, stored in self.series.items() if series in (None, uid)]
        if level is Level.SERIES:
            return [find_value(stored.attributes, tag) for stored in chosen]
        return [
            find_value(attributes, tag)
            for stored in chosen
            for uid, attributes in stored.instances.items()
            if instances is None or uid in instances
        ]


def find_value(attributes: Mapping[str, Any], tag: int) -> Any:  # noqa: ANN401  JSON of any type
    """Return the stored value of an attribute by its keyword or tag; ABSENT if it is not in `attributes`."""
    for name in list_stored_names(tag):
        if name in attributes:
            return attributes[name]
    return ABSENT


@lru_cache(maxsize=4096)
def list_stored_names(tag: int) -> tuple[str, ...]:
    """Return the names that a stored attribute may have: its keyword, and its tag as eight hexadecimal digits.

    The digits are in upper and in lower case. An attribute that is not in the DICOM dictionary has no keyword.
    """
    entry = entry_of(tag)
    digits = hex_of(tag)
    return (*((entry[4],) if entry and entry[4] else ()), digits, digits.lower())


def read_stored_image_set(data: bytes, image_set: str = "") -> StoredImageSet:
    """Parse the decompressed metadata of an image set.

    Args:
        data: The JSON document.
        image_set: The id of the requested image set. If it is empty, the document's ImageSetID is not compared.

    Raises:
        UnreadableMetadataError: The document is not the metadata of this image set in the documented form.

    """
    document = _parse_document(data)
    version = document.get("SchemaVersion")
    if str(version) != SCHEMA_VERSION:
        raise UnreadableMetadataError(f"its SchemaVersion is not {SCHEMA_VERSION}")
    if image_set and document.get("ImageSetID", image_set) != image_set:
        raise UnreadableMetadataError("it is the metadata of another image set")
    study = _require_object(document, "Study")
    attributes = _require_object(study, "DICOM")
    uid = attributes.get("StudyInstanceUID")
    if not isinstance(uid, str) or not uid:
        raise UnreadableMetadataError("it has no StudyInstanceUID")
    return StoredImageSet(
        study_instance_uid=uid.rstrip(" \0"),
        patient=_require_object(_require_object(document, "Patient"), "DICOM"),
        study=attributes,
        series={uid: _parse_series(series) for uid, series in _require_object(study, "Series").items()},
    )


def _parse_document(data: bytes) -> dict[str, Any]:
    if len(data) > IMAGE_SET_METADATA_LIMIT.bytes or has_more_json_values(data, IMAGE_SET_METADATA_LIMIT.values):
        raise UnreadableMetadataError("it is larger than the limit for metadata")
    try:
        document = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError, ArithmeticError):  # Decimal refuses a huge exponent
        raise UnreadableMetadataError("it is not JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise UnreadableMetadataError("it is not a JSON object")
    return document


def _refuse_constant(_name: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


# Decimal keeps all digits, so that two different numbers are never equal.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


def _parse_series(series: object) -> StoredSeries:
    if not isinstance(series, dict):
        raise UnreadableMetadataError("a member of Series is not an object")
    instances = _require_object(series, "Instances")
    return StoredSeries(
        attributes=_require_object(series, "DICOM"),
        instances={uid: _require_object(instance, "DICOM") for uid, instance in instances.items()},
    )


def _require_object(document: object, name: str) -> dict[str, Any]:
    """Return the JSON object in the member `name` of `document`; an empty dict if the member is missing or null.

    Raise UnreadableMetadataError if the document or the member is not an object.
    """
    value = document.get(name) if isinstance(document, dict) else ABSENT
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnreadableMetadataError(f"its member {name} is not an object")
    return value
