"""Override files read back: the inverse of writing them in the form of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.override import Override
from dicommap.model.override_file import dump_override, remove_null_value
from dicommap.model.strict_json import parse_json

if TYPE_CHECKING:
    from dicommap.model.import_configuration import DicomMetadataMapping
    from dicommap.model.profile import Assumptions


def parse_override(data: bytes, mapping: DicomMetadataMapping, profile: Assumptions) -> Override:
    """Return the override of a mapping from its file.

    Raises ValueError where the file is not what this profile makes of any override.
    """
    document, issues = parse_json(data)
    data_set = document[0] if isinstance(document, list) and len(document) == 1 else document
    if issues or not isinstance(data_set, dict):
        raise ValueError("the file holds no data set")
    override = Override(
        study_instance_uid=mapping.studyInstanceUID,
        series_instance_uid=mapping.seriesInstanceUID,
        data_set={tag: remove_null_value(attribute) for tag, attribute in data_set.items()},
    )
    if dump_override(override, profile).encode() != data:
        raise ValueError("the file has another form than its profile")
    return override
