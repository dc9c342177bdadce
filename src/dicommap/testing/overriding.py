"""Override files as the stand-in reads them: in the form of its profile, a series' after its study's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.checks.override_check import override_file_issues
from dicommap.issues import Severity
from dicommap.model.hierarchy import Target
from dicommap.model.override_file import data_set_of
from dicommap.model.strict_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.model.dicom_json import DataSet
    from dicommap.model.profile import Profile


class OverrideError(Exception):
    """Why a job's override files cannot be applied; the message names a mapping by its place."""


@dataclass(frozen=True)
class Overrides:
    """The data sets of a job's mappings."""

    by_target: Mapping[Target, DataSet]

    @classmethod
    def of(cls, mappings: list[dict[str, str]], contents: Mapping[str, bytes], profile: Profile) -> Overrides:
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
                raise OverrideError(f"The metadata file of mapping {index} does not exist")
            if target in found:
                raise OverrideError(f"Mapping {index} names what another mapping names")
            found[target] = _data_set(content, target, profile, index)
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


def _data_set(content: bytes, target: Target, profile: Profile, index: int) -> DataSet:
    errors = [found for found in override_file_issues(content, target, profile) if found.severity is Severity.ERROR]
    if errors:
        raise OverrideError(f"The metadata file of mapping {index} is not valid: {errors[0].code}")
    return data_set_of(parse_json(content)[0], profile)
