"""An override and its file: the changed attributes of a study or series as DICOM JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.strict_json import parse_json
from dicommap.model.study import Target
from dicommap.overrides.override_file import dump_override, remove_null_value

if TYPE_CHECKING:
    from dicommap.dicom.json_model import DataSet
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.import_configuration import DicomMetadataMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Target):
    """The changed attributes of one study, or of one series: the content of one override file."""

    data_set: DataSet = field(repr=False)


def parse_override(data: bytes, mapping: DicomMetadataMapping, assumptions: Assumptions) -> Override:
    """Return the override of a mapping from its file.

    Raises ValueError if the assumptions would write no override as this file.
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
    if dump_override(override, assumptions).encode() != data:
        raise ValueError("the file has another form than the assumptions say")
    return override
