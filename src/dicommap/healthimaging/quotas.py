"""The quotas of one import job that a user can change. Their default values are in limits.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import UsageError
from dicommap.healthimaging.limits import DEFAULT_JOB_FILES, MAX_JOB_BYTES, MAX_JOB_FOLDERS, MAX_MAPPINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

_Quota = Annotated[int, Field(ge=1)]


class Quotas(BaseModel):
    """The size limits of one import job. The defaults are from "Endpoints and quotas" in the developer guide.

    AWS does not document how many bytes a GB has. Here it has 1000**3 bytes, so a job obeys the quota in any case. AWS
    does not document either whether override files count as files of a job. Here they are counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    files: _Quota = DEFAULT_JOB_FILES
    """Maximum number of files in a job. AWS raises this quota on request."""
    bytes: _Quota = MAX_JOB_BYTES
    """Maximum number of bytes of all files in a job."""
    fileBytes: _Quota = MAX_JOB_BYTES
    """Maximum number of bytes of one P10 file. The default is the quota of a whole job."""
    folders: _Quota = MAX_JOB_FOLDERS
    """Maximum number of nested folders in a job."""
    mappings: Annotated[int, Field(ge=1, le=MAX_MAPPINGS)] = MAX_MAPPINGS
    """Maximum number of mappings in a job. The value can be at most MAX_MAPPINGS."""

    @classmethod
    def from_settings(cls, settings: Iterable[str]) -> Quotas:
        """Return the quotas for the values of the option --quota. A quota that is not named has its default.

        Args:
            settings: Texts such as `files=20000`.

        Raises:
            UsageError: A setting is unknown, has no number, or its number is out of range.

        """
        chosen: dict[str, int] = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            if name not in cls.model_fields:
                raise make_unknown_choice_error("quota", name, cls.model_fields)
            if not (value.isascii() and value.isdigit()):
                raise UsageError(
                    f"The quota '{name}' has no number: '{make_printable(value[:80])}'.",
                    fix=f"Write it as in {name}=20000.",
                )
            chosen[name] = int(value)
        try:
            return cls(**chosen)
        except ValidationError:
            name, number = next(
                (name, number)
                for name, number in chosen.items()
                if number < 1 or (name == "mappings" and number > MAX_MAPPINGS)
            )
            limit = f"1 to {MAX_MAPPINGS:,}" if name == "mappings" else "1 or more"
            raise UsageError(f"The quota '{name}' is {number:,}.", fix=f"Give {limit}, as in {name}=20.") from None
