"""The metadata of an image set in the form that GetImageSetMetadata returns.

The developer guide shows the form by examples ("Understanding image sets", "Getting image set metadata"): keywords
without VR, patient, study and series attributes once, `null` for an attribute without a value, numbers of DS and IS as
texts, and DICOMVRs for private elements. Metadata that a user of HealthImaging has published (Grand Challenge, tests of
its DICOM import) also show that an attribute whose multiplicity in PS3.6 is not 1 has an array, even for one value, and
that DS and IS keep their padding.

Rules of the stand-in only, because AWS documents no form: the groups of a person name are joined by `=`, a tag in a
value of AT is eight hexadecimal digits, a sequence without items is `null`, and private elements have the instance
level. The patient, study and series attributes are those of the instance that was imported last.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dicommap.dicom.dictionary import entry_of, vm_of
from dicommap.dicom.vr import BINARY_VRS
from dicommap.healthimaging.levels import Level, level_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.testing.image_sets import ImageSet, ImageSetVersion, ImportedInstance

SCHEMA_VERSION = "1.1"
"""The value of `SchemaVersion` in the developer guide's examples of metadata."""

NumberPadding = Literal["kept", "removed"]
"""Whether values of DS and IS have the space that makes their length even (PS3.5 section 6.2)."""

_TEXT_NUMBERS = ("DS", "IS")
"""Value representations of numbers that are texts in the examples. Other numbers are JSON numbers."""
PERSON_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


@dataclass(frozen=True, slots=True)
class MetadataBlob:
    """The body and the content encoding of an answer of GetImageSetMetadata."""

    body: bytes
    content_encoding: str | None = "gzip"


def compress_metadata(document: dict[str, Any]) -> bytes:
    """Return the JSON text of the metadata of an image set, compressed by gzip."""
    return compress_text(json.dumps(document, ensure_ascii=False))


def compress_text(text: str) -> bytes:
    """Return a text, compressed by gzip."""
    return gzip.compress(text.encode(), compresslevel=1, mtime=0)


def build_image_set_metadata(image_set: ImageSet, version: ImageSetVersion, padding: NumberPadding) -> dict[str, Any]:
    """Return the metadata of a version of an image set.

    Args:
        image_set: The image set.
        version: One of its versions.
        padding: Whether values of DS and IS have their padding.

    """
    latest, to_json = version.latest_instance, MetadataConverter(padding)
    return {
        "SchemaVersion": SCHEMA_VERSION,
        "DatastoreID": image_set.datastore_id,
        "ImageSetID": image_set.image_set_id,
        "Patient": {"DICOM": to_json.convert_level(latest.after, Level.PATIENT)},
        "Study": {
            "DICOM": to_json.convert_level(latest.after, Level.STUDY),
            "Series": {
                latest.series_instance_uid: {
                    "DICOM": to_json.convert_level(latest.after, Level.SERIES),
                    "Instances": {uid: _build_instance_metadata(one, to_json) for uid, one in version.by_uid.items()},
                }
            },
        },
    }


def _build_instance_metadata(instance: ImportedInstance, to_json: MetadataConverter) -> dict[str, Any]:
    vrs: dict[str, str] = {}
    # In examples, file meta information is among the attributes of the instance level.
    attributes = to_json.convert_level({**instance.file_meta, **instance.after}, Level.INSTANCE, vrs)
    # The stand-in stores no pixel data, so that an instance has no frames.
    return {"DICOM": attributes, "DICOMVRs": vrs, "ImageFrames": []}


@dataclass(frozen=True)
class MetadataConverter:
    """Converter of data sets from the DICOM JSON Model to the form of GetImageSetMetadata."""

    padding: NumberPadding

    def convert_level(self, data_set: DataSet, level: Level, vrs: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the attributes of one level. The VRs of elements without a keyword are added to `vrs`."""
        selected = {tag: attribute for tag, attribute in data_set.items() if level_of(int(tag, 16)) is level}
        return self._convert_data_set(selected, vrs if vrs is not None else {})

    def _convert_data_set(self, data_set: DataSet, vrs: dict[str, str]) -> dict[str, Any]:
        converted: dict[str, Any] = {}
        for tag, attribute in data_set.items():
            entry = entry_of(int(tag, 16))
            name = (entry and entry[4]) or tag
            if name == tag:
                vrs[tag] = attribute["vr"]
            converted[name] = self.convert_attribute(int(tag, 16), attribute, vrs)
        return converted

    def convert_attribute(self, tag: int, attribute: Attribute, vrs: dict[str, str]) -> Any:  # noqa: ANN401
        """Return the value of an attribute in the form of GetImageSetMetadata.

        If it is a sequence, the VRs of its inner elements that have no keyword are added to `vrs`.
        """
        vr, values = attribute["vr"], attribute.get("Value")
        if vr in BINARY_VRS:
            return attribute.get("InlineBinary")
        if not values or values == [""]:
            return None
        if vr == "SQ":
            return [self._convert_data_set(item, vrs) for item in values if isinstance(item, dict)]
        converted = [_FORMATS.get(vr, _keep_unchanged)(value) for value in values]
        if vr in _TEXT_NUMBERS and self.padding == "kept":
            converted = _pad_to_even_length(converted)
        multiplicity = vm_of(tag)
        is_single = multiplicity is None or multiplicity.high == 1
        return converted[0] if is_single and len(converted) == 1 else converted


def _keep_unchanged(value: Any) -> Any:  # noqa: ANN401
    return value


def format_person_name(value: Any) -> Any:  # noqa: ANN401
    """Return a person name as PS3.5 section 6.2 writes it: its groups, joined by `=`."""
    if not isinstance(value, dict):
        return value
    return "=".join(str(value.get(group, "")) for group in PERSON_NAME_GROUPS).rstrip("=") or None


def _format_number_text(value: Any) -> Any:  # noqa: ANN401
    return str(value) if isinstance(value, int | float) else value


_FORMATS: dict[str, Callable[[Any], Any]] = {"PN": format_person_name} | dict.fromkeys(
    _TEXT_NUMBERS, _format_number_text
)


def _pad_to_even_length(values: list[Any]) -> list[Any]:
    length = len("\\".join(value or "" for value in values))
    return [*values[:-1], f"{values[-1] or ''} "] if length % 2 else values
