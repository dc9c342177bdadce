"""Imported instances of the stand-in, without files and jobs."""

from __future__ import annotations

from typing import Any

from dicommap.dicom.json_model.from_pydicom import data_set_from_pydicom
from dicommap.testing import ImportedInstance
from tests.support.p10_files import data_set


def imported_instance(job_id: str = "job", key: str = "in/1", **attributes: Any) -> ImportedInstance:
    """Return an instance with the attributes of `p10_files.data_set`."""
    converted, _ = data_set_from_pydicom(data_set(**attributes))
    return ImportedInstance(job_id=job_id, key=key, before=converted, after=converted)
