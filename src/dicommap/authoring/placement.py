"""Where override files go under inputS3Uri, and the mappings that name them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dicommap.model.import_configuration import (
    DicomJsonMetadataImportConfiguration,
    DicomMetadataMapping,
    ImportConfiguration,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.model.override import Override

FOLDER = "dicommap-overrides"
"""One folder for all, since nested folders count against a quota of the job."""

_NAME_LIMIT = 200
"""File systems take names of 255 bytes; two UIDs of PS3.5's 64 characters stay below."""


def metadata_file_path(override: Override) -> str:
    """Return the path of an override's file, relative to inputS3Uri: named by its UIDs, or by their hash if long."""
    uids = [override.study_instance_uid, *filter(None, [override.series_instance_uid])]
    name = "_".join(uids)
    if len(name) > _NAME_LIMIT:
        name = hashlib.sha256(name.encode()).hexdigest()
    return f"{FOLDER}/{name}.json"


def import_configuration(overrides: Iterable[Override]) -> ImportConfiguration:
    """Return the configuration that maps each override's study or series to its file, in order of UIDs.

    Raises ValueError for none or more than 1,000 overrides: the caller looks before.
    """
    ordered = sorted(overrides, key=lambda item: (item.study_instance_uid, item.series_instance_uid or ""))
    inner = DicomJsonMetadataImportConfiguration(dicomMetadataMappings=tuple(map(_mapping, ordered)))
    return ImportConfiguration(dicomJsonMetadataImportConfiguration=inner)


def _mapping(override: Override) -> DicomMetadataMapping:
    path = metadata_file_path(override)
    if override.series_instance_uid is None:
        return DicomMetadataMapping(studyInstanceUID=override.study_instance_uid, metadataFilePath=path)
    return DicomMetadataMapping(
        studyInstanceUID=override.study_instance_uid,
        seriesInstanceUID=override.series_instance_uid,
        metadataFilePath=path,
    )
