"""Import jobs that were started without `submit`, compared with the requests of a package."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.healthimaging.job_properties import ImportJob
    from dicommap.healthimaging.request_agreement import RequestAgreement


class AdoptionResult(StrEnum):
    """The result of comparing an import job with the requests of a package."""

    ADOPTED = "adopted"
    """The import job matches a job of the package, and the package has saved its id."""
    FITS = "fits"
    """The import job matches a job of the package, and can be adopted."""
    KNOWN = "known"
    """The package has the id of the import job, because the job was submitted or adopted before."""
    REFUSED = "refused"
    """The import job cannot be adopted, for example because it differs from the request of the package's job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAdoption:
    """An import job of the data store that was started without `submit`, compared with the requests of a package."""

    properties: ImportJob
    """The answer of GetDICOMImportJob."""
    job: str | None
    """The id of the package's job with the same inputS3Uri; None if the package has no such job."""
    agreement: RequestAgreement | None
    """Whether the job has the inputS3Uri and importConfiguration of the package's job; None if it is not known."""
    differing: tuple[str, ...] = ()
    """Names of other members whose values differ from the request in the package, such as dataAccessRoleArn."""
    known_job_id: str | None = None
    """The id of the import job that the package has saved for its job `job`; None if it has not saved any."""
    result: AdoptionResult
