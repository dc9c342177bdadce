"""Quotas of one import job, as the account has them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from dicommap.model.healthimaging import DEFAULT_JOB_FILES, MAX_JOB_BYTES, MAX_JOB_FOLDERS, MAX_MAPPINGS, MAX_P10_BYTES

_Quota = Annotated[int, Field(ge=1)]


class Quotas(BaseModel):
    """What one import job may hold; the defaults are those of "Endpoints and quotas" in the developer guide.

    Whether override files count as files of a job is not documented: they are counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    files: _Quota = DEFAULT_JOB_FILES
    """Files in a job; adjustable."""
    bytes: _Quota = MAX_JOB_BYTES
    """Of all files in a job."""
    fileBytes: _Quota = MAX_P10_BYTES
    """Of each P10 file."""
    folders: _Quota = MAX_JOB_FOLDERS
    """Nested folders in a job."""
    mappings: Annotated[int, Field(ge=1, le=MAX_MAPPINGS)] = MAX_MAPPINGS
    """Items of dicomMetadataMappings, of which the API takes no more than 1,000."""
