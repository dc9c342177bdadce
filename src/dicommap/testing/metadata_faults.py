"""Simulate faults of the metadata that GetImageSetMetadata returns."""

from __future__ import annotations

import json
from typing import Any

from dicommap.healthimaging.limits import MAX_METADATA_MB
from dicommap.testing.image_set_metadata import MetadataBlob, compress_metadata, compress_text

OTHER_UID = "2.25.1"
"""The UID of the study, series and instances in the metadata of another study."""
OTHER_SCHEMA_VERSION = "2.0"
_UNKNOWN = {"NewMember": {"Value": [1]}}


def make_faulty_blob(document: dict[str, Any], kind: str) -> MetadataBlob:
    """Return the answer to GetImageSetMetadata with a fault.

    Args:
        document: The metadata of the image set. The function may change it.
        kind: One of METADATA_FAULTS.

    """
    if kind == "not-gzip":
        return MetadataBlob(json.dumps(document).encode())
    if kind == "uncompressed":
        return MetadataBlob(json.dumps(document).encode(), content_encoding=None)
    if kind == "truncated":
        body = compress_metadata(document)
        return MetadataBlob(body[: len(body) // 2])
    if kind == "not-json":
        return MetadataBlob(compress_text('{"SchemaVersion": '))
    return MetadataBlob(compress_metadata(_CHANGES[kind](document)))


def _replace_uids(document: dict[str, Any]) -> dict[str, Any]:
    study = document["Study"]
    study["DICOM"]["StudyInstanceUID"] = OTHER_UID
    (series,) = study["Series"].values()
    series["DICOM"]["SeriesInstanceUID"] = OTHER_UID
    series["Instances"] = {
        f"{OTHER_UID}.{number}": {**instance, "DICOM": {**instance["DICOM"], "SOPInstanceUID": f"{OTHER_UID}.{number}"}}
        for number, instance in enumerate(series["Instances"].values(), 1)
    }
    study["Series"] = {OTHER_UID: series}
    return document


def _add_unknown_members(document: dict[str, Any]) -> dict[str, Any]:
    parts = [document, document["Patient"], document["Study"]]
    for series in document["Study"]["Series"].values():
        parts += [series, *series["Instances"].values()]
    for part in parts:
        part |= _UNKNOWN
        if "DICOM" in part:
            part["DICOM"] |= _UNKNOWN
    return document


def _enlarge_metadata(document: dict[str, Any]) -> dict[str, Any]:
    document["Study"]["DICOM"]["StudyComments"] = "x" * (MAX_METADATA_MB * 1_000_000)
    return document


_CHANGES = {
    "other-study": _replace_uids,
    "schema-version": lambda document: {**document, "SchemaVersion": OTHER_SCHEMA_VERSION},
    "unknown-members": _add_unknown_members,
    "large-metadata": _enlarge_metadata,
}
