"""How the stand-in behaves where AWS leaves it open, or where a test wants it otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args, get_origin, get_type_hints

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.limits import CONCURRENT_JOBS
from dicommap.healthimaging.quotas import Quotas
from dicommap.model.choices import unknown_choice


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """Settings of the stand-in. The quotas and limits that AWS documents are its defaults."""

    advance: Literal["poll", "call"] = "poll"
    """Whether a job goes on by one status each time that somebody asks for it, or when the test says so."""
    throttling: bool = True
    """Whether calls beyond the documented rates are refused."""
    concurrent_jobs: int = CONCURRENT_JOBS
    """Jobs of a data store that have not ended ("Endpoints and quotas")."""
    quotas: Quotas = field(default_factory=Quotas)
    """Of each job; one that is over a quota ends as FAILED."""
    profile: Assumptions = field(default_factory=Assumptions)
    """How override files are read. AWS does not say; one of another form fails the job."""
    override_files: Literal["ignored", "failed"] = "ignored"
    """Whether the override files below inputS3Uri, which are no P10, are passed over or reported as failed."""
    job_folder_in_output_uri: bool = True
    """Whether a job's properties have outputS3Uri with the job's own folder, as in an example of the AWS CLI."""
    warned_files: Literal["both", "warning-only"] = "both"
    """Whether a file with a warning is in success.ndjson as well."""
    empty_manifests: Literal["left-out", "written"] = "left-out"
    """Whether a list of success, failure or warning without lines is written."""

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise unknown_choice(name, getattr(self, name), known)


_CHOICES = {name: get_args(kind) for name, kind in get_type_hints(Behaviour).items() if get_origin(kind) is Literal}
