"""The override data sets of a package by study and series, for callers that ask for one study after the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dicommap.model.study import Target
from dicommap.overrides.override_file import parse_override_data_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.json_model import DataSet
    from dicommap.package.package_directory import PackageDirectory


class OverrideDataSets(Mapping[Target, "DataSet"]):
    """A mapping of each study and series that has an override to its data set.

    A data set is read from its file each time somebody asks for it, so that the overrides of a package of any size need
    little memory. Reading raises DocumentError if the file was changed after it was drafted.
    """

    def __init__(self, package: PackageDirectory) -> None:
        """Find the override files in the plan of a package, which must be valid."""
        self._package = package
        # A study in several jobs has the same override in each of them.
        self._files = {
            Target(study_instance_uid=mapping.studyInstanceUID, series_instance_uid=mapping.seriesInstanceUID): (
                job,
                mapping.metadataFilePath,
            )
            for job in package.plan.jobs
            for mapping in job.mappings
        }

    def __getitem__(self, target: Target) -> DataSet:
        data = self._package.read_override_file(*self._files[target])
        return parse_override_data_set(json.loads(data), self._package.plan.assumptions)

    def __iter__(self) -> Iterator[Target]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
