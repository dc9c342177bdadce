"""Quotas of one import job, with the defaults of the developer guide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dicommap.dicom.choices import unknown_choice
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import UsageError
from dicommap.healthimaging.limits import DEFAULT_JOB_FILES, MAX_JOB_BYTES, MAX_JOB_FOLDERS, MAX_MAPPINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

_Quota = Annotated[int, Field(ge=1)]


class Quotas(BaseModel):
    """What one import job may hold; the defaults are those of "Endpoints and quotas" in the developer guide.

    A GB has 1000**3 bytes here, so that a job obeys the quota whichever GB is meant: AWS does not document it.
    Whether override files count as files of a job is not documented: they are counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    files: _Quota = DEFAULT_JOB_FILES
    """Files in a job; adjustable."""
    bytes: _Quota = MAX_JOB_BYTES
    """Of all files in a job."""
    fileBytes: _Quota = MAX_JOB_BYTES
    """Of each P10 file, which is as much as a job may hold."""
    folders: _Quota = MAX_JOB_FOLDERS
    """Nested folders in a job."""
    mappings: Annotated[int, Field(ge=1, le=MAX_MAPPINGS)] = MAX_MAPPINGS
    """Items of dicomMetadataMappings, of which the API takes no more than MAX_MAPPINGS."""

    @classmethod
    def of(cls, settings: Iterable[str]) -> Quotas:
        """Return the usual quotas but for settings such as `files=20000`. Raises UsageError for anything else."""
        chosen: dict[str, int] = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            if name not in cls.model_fields:
                raise unknown_choice("quota", name, cls.model_fields)
            if not (value.isascii() and value.isdigit()):
                raise UsageError(
                    f"The quota '{name}' has no number: '{make_printable(value[:80])}'.",
                    fix=f"Write it as in {name}=20000.",
                )
            chosen[name] = int(value)
        try:
            return cls(**chosen)
        except ValidationError:
            raise UsageError(
                "A quota is out of range.", fix=f"Each is 1 at least, and mappings {MAX_MAPPINGS} at most."
            ) from None
