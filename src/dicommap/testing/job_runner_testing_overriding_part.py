"""Override files as the stand-in reads them: in the form of its profile, a series' after its study's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.dicom.strict_json import parse_json
from dicommap.issues import Severity
from dicommap.model.study import Target
from dicommap.overrides.override_file import parse_override_data_set
from dicommap.validation.override_check import check_override_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.dicom.json_model import DataSet
    from dicommap.healthimaging.assumptions import Assumptions


class OverrideFileError(Exception):
    """Why a job's override files cannot be applied; the message names a mapping by its place."""


@dataclass(frozen=True)
class JobOverrides:
    """The data sets of a job's mappings."""

    by_target: Mapping[Target, DataSet]

    @classmethod
    def of(cls, mappings: list[dict[str, str]], contents: Mapping[str, bytes], profile: Assumptions) -> JobOverrides:
        """Read the files of mappings; `contents` has them by metadataFilePath.

        Raises OverrideError for a file that is absent or not in the profile's form, and for a target that two mappings
        name. What the service does about these is not documented.
        """
        found: dict[Target, DataSet] = {}
        for index, mapping in enumerate(mappings):
            target = Target(
                study_instance_uid=mapping["studyInstanceUID"], series_instance_uid=mapping.get("seriesInstanceUID")
            )
            content = contents.get(mapping["metadataFilePath"])
            if content is None:
                raise OverrideFileError(f"The metadata file of mapping {index} does not exist")
            if target in found:
                raise OverrideFileError(f"Mapping {index} names what another mapping names")
            found[target] = _read_override(content, target, profile, index)
        return cls(found)

    def apply_to(self, data_set: DataSet, study: str, series: str) -> DataSet:
        """Return an instance's data set with the overrides of its study and of its series; it stays as it is."""
        result = dict(data_set)
        for target in (
            Target(study_instance_uid=study),
            Target(study_instance_uid=study, series_instance_uid=series),
        ):
            result |= self.by_target.get(target, {})
        return result


def _read_override(content: bytes, target: Target, profile: Assumptions, index: int) -> DataSet:
    errors = [found for found in check_override_file(content, target, profile) if found.severity is Severity.ERROR]
    if errors:
        raise OverrideFileError(f"The metadata file of mapping {index} is not valid: {errors[0].code}")
    return parse_override_data_set(parse_json(content)[0], profile)
