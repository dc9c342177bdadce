"""What the override files of a package change, by the study or series that they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.strict_json import parse_json
from dicommap.model.package_layout import job_folder
from dicommap.model.study import Target
from dicommap.overrides.override_file import parse_override_data_set

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.dicom.json_model import DataSet
    from dicommap.issues import Issue
    from dicommap.planning.plan import Plan


def read_override_data_sets(plan: Plan, files: Mapping[str, bytes | Issue]) -> dict[Target, DataSet]:
    """Return the data set of each mapping of a package in which nothing is wrong, from its files by path."""
    found: dict[Target, DataSet] = {}
    for job in plan.jobs:
        for mapping in job.mappings:
            content = files[f"{job_folder(job.id)}/files/{mapping.metadataFilePath}"]
            target = Target(study_instance_uid=mapping.studyInstanceUID, series_instance_uid=mapping.seriesInstanceUID)
            if isinstance(content, bytes):
                found[target] = parse_override_data_set(parse_json(content)[0], plan.profile)
    return found
