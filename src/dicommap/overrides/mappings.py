"""Make the path of each override file under inputS3Uri, and the mapping that names it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.healthimaging.import_configuration import (
    DicomJsonMetadataImportConfiguration,
    DicomMetadataMapping,
    ImportConfiguration,
)
from dicommap.overrides.override_file import dump_override

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.model.study import Target
    from dicommap.overrides.override import Override

OVERRIDES_FOLDER = "dicommap-overrides"
"""The folder of all override files. There is only one folder, because a quota limits the nested folders of a job."""

_FILE_NAME_LIMIT = 200
"""Maximum number of characters in a file name.

File systems allow 255 bytes; two valid UIDs need at most 129 (PS3.5).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideFile:
    """An override file: its path and its text."""

    path: str
    """The path relative to inputS3Uri."""

    text: str = field(repr=False)


def build_override_files(
    overrides: Iterable[Override], assumptions: Assumptions
) -> list[tuple[Override, OverrideFile]]:
    """Return pairs of an override and its file, in the order of the UIDs.

    If `assumptions` allow shared files, overrides with equal content share one file. `assumptions` also say which form
    the files have.
    """
    overrides_with_files = []
    first: dict[str, OverrideFile] = {}
    for override in sorted(overrides, key=lambda item: (item.study_instance_uid, item.series_instance_uid or "")):
        file = OverrideFile(path=metadata_file_path(override), text=dump_override(override, assumptions))
        if assumptions.overrideFiles == "shared":
            file = first.setdefault(file.text, file)
        overrides_with_files.append((override, file))
    return overrides_with_files


def metadata_file_path(target: Target) -> str:
    """Return the path of the override file for a study or series, relative to inputS3Uri.

    The file name consists of the UIDs. If the UIDs are too long, the file name is a SHA-256 hash of the UIDs.
    """
    name = "_".join([target.study_instance_uid, *filter(None, [target.series_instance_uid])])
    if len(name) > _FILE_NAME_LIMIT:
        name = hashlib.sha256(name.encode()).hexdigest()
    return f"{OVERRIDES_FOLDER}/{name}.json"


def build_import_configuration(overrides_with_files: Iterable[tuple[Override, OverrideFile]]) -> ImportConfiguration:
    """Return the import configuration, with one mapping for each override in the given order.

    A mapping names a study or series, and the override file for it.

    Raises:
        ValueError: There is no override, or there are more than MAX_MAPPINGS. Callers check the number before.
    """
    mappings = tuple(_build_mapping(override, file.path) for override, file in overrides_with_files)
    inner = DicomJsonMetadataImportConfiguration(dicomMetadataMappings=mappings)
    return ImportConfiguration(dicomJsonMetadataImportConfiguration=inner)


def _build_mapping(override: Override, path: str) -> DicomMetadataMapping:
    if override.series_instance_uid is None:
        return DicomMetadataMapping(studyInstanceUID=override.study_instance_uid, metadataFilePath=path)
    return DicomMetadataMapping(
        studyInstanceUID=override.study_instance_uid,
        seriesInstanceUID=override.series_instance_uid,
        metadataFilePath=path,
    )
