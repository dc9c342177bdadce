"""Settings of the stand-in, and the faults that a test asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from dicommap.dicom.choices import unknown_choice
from dicommap.errors import UsageError
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.limits import CONCURRENT_JOBS
from dicommap.healthimaging.quotas import Quotas

if TYPE_CHECKING:
    from collections.abc import Container


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
    assumptions: Assumptions = field(default_factory=Assumptions)
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


ERROR_FAULTS = {
    "throttle": ("ThrottlingException", "Rate exceeded"),
    "access-denied": ("AccessDeniedException", "Access denied, as asked for by the test"),
    "not-found": ("ResourceNotFoundException", "No such resource, as asked for by the test"),
    "conflict": ("ConflictException", "A conflict, as asked for by the test"),
    "quota": ("ServiceQuotaExceededException", "A quota is used up, as asked for by the test"),
    "validation": ("ValidationException", "Not valid, as asked for by the test"),
    "expired-token": ("ExpiredTokenException", "The security token included in the request is expired"),
    "internal": ("InternalServerException", "A fault of the service, as asked for by the test"),
    "unavailable": ("ServiceUnavailableException", "Unavailable, as asked for by the test"),
}
"""Faults that are answers, by their error."""

CONNECTION_FAULTS = {
    "reset": "The connection is reset before anything is done.",
    "answer-lost": "What was asked for is done, and the connection is reset before the answer.",
    "short-body": "What was asked for is done, and the answer ends in its middle. botocore does not notice.",
}
"""Faults of the connection."""

JOB_FAULTS = {
    "job-failed": "The job ends as FAILED, with the fault's message.",
    "rejected": "Files are rejected, the job is COMPLETED all the same.",
    "server-error": "Files are not imported by a fault of the service.",
    "unreported": "Files are imported, and no manifest says so.",
    "warned": "Files are imported with a warning.",
    "broken-lines": "Each list begins with a line that is none, and its last line is cut.",
    "no-manifest": "job-output-manifest.json is not written.",
    "no-success": "success.ndjson is not written.",
    "no-failure": "failure.ndjson is not written.",
    "no-warning": "warning.ndjson is not written.",
    "python-booleans": "The lists have True and False, as the developer guide prints one.",
    "relative-keys": "inputFile is relative to inputS3Uri.",
    "upper-case-warnings": "Types of warnings are written as in the developer guide's table, not as in its example.",
}
"""Faults of a job, all taken by the next job that ends."""

FAULT_MESSAGES = {
    "job-failed": "FILE_COUNTS_LIMIT: as asked for by the test",
    "rejected": "DICOM attribute SOPClassUID does not exist",
    "server-error": "As asked for by the test",
}
FAULT_KINDS = (*ERROR_FAULTS, *CONNECTION_FAULTS, *JOB_FAULTS)
_FAULT_PATTERN = re.compile(
    r"(?P<kind>[a-z-]+)(?P<settings>(?:,(?:operation=\w+|times=(?:[0-9]+|always)|after=[0-9]+|match=[^,]*|message=[^,]+))*)"
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault: what happens, to which operation, how many times, and after how many calls."""

    kind: str
    operation: str | None = None
    """None for every operation; a fault of a job has none."""
    times: int | None = 1
    """None for always."""
    after: int = 0
    """Calls that go well before."""
    match: str = ""
    """Only files that have this in their key, of faults of files."""
    message: str = ""
    """Of a job that fails or a file that is not imported, instead of the usual one."""

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise unknown_choice("fault", self.kind, FAULT_KINDS)

    @property
    def text(self) -> str:
        """Return the message. How AWS's own text for a job that failed goes on is not known."""
        return self.message or FAULT_MESSAGES[self.kind]

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Return the fault of a text such as `throttle,operation=StartDICOMImportJob,times=3`.

        `times=always` is for ever. Raises UsageError for anything else.
        """
        match = _FAULT_PATTERN.fullmatch(text)
        if match is None:
            raise UsageError(
                f"{text!r} is no fault.", fix="Write KIND,operation=NAME,times=N,after=N,match=TEXT,message=TEXT."
            )
        members: dict[str, Any] = dict(setting.split("=", 1) for setting in match["settings"].split(",")[1:])
        for name in ("times", "after"):
            if name in members:
                members[name] = None if members[name] == "always" else int(members[name])
        return cls(kind=match["kind"], **members)


class FaultQueue:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._pending: list[_PendingFault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault happen."""
        self._pending.append(_PendingFault(fault, fault.after, fault.times))

    def clear(self) -> None:
        """Let nothing happen any more."""
        self._pending.clear()

    def take_matching(self, kinds: Container[str]) -> list[Fault]:
        """Return all faults of these kinds that happen now, and count them."""
        return [pending.fault for pending in self._pending if pending.fault.kind in kinds and pending.happens()]

    def take(self, kinds: Container[str], operation: str | None = None) -> Fault | None:
        """Return the first fault of these kinds that happens now, and count it."""
        for pending in self._pending:
            if pending.fault.kind in kinds and pending.fault.operation in (None, operation) and pending.happens():
                return pending.fault
        return None


@dataclass
class _PendingFault:
    fault: Fault
    successful_calls_left: int
    left: int | None

    def happens(self) -> bool:
        if self.successful_calls_left:
            self.successful_calls_left -= 1
            return False
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0
