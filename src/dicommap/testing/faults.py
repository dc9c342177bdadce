"""Faults that tests make the stand-in simulate: of requests, of connections, of jobs and of stored metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

ERROR_FAULTS = {
    "throttle": ("ThrottlingException", "Rate exceeded"),
    "access-denied": ("AccessDeniedException", "Access denied, as requested by the test"),
    "not-found": ("ResourceNotFoundException", "No such resource, as requested by the test"),
    "conflict": ("ConflictException", "A conflict, as requested by the test"),
    "quota": ("ServiceQuotaExceededException", "A quota is exceeded, as requested by the test"),
    "validation": ("ValidationException", "Not valid, as requested by the test"),
    "expired-token": ("ExpiredTokenException", "The security token included in the request is expired"),
    "internal": ("InternalServerException", "An internal error, as requested by the test"),
    "unavailable": ("ServiceUnavailableException", "Unavailable, as requested by the test"),
}
"""Kind of a fault that answers a request with an error -> error code and message."""

CONNECTION_FAULTS = {
    "reset": "The connection is reset before the request is processed.",
    "answer-lost": "The request is processed, and the connection is reset before the answer.",
    "short-body": "The request is processed, and the answer is cut in the middle. botocore does not notice.",
}
"""Kind of a fault of the connection -> description."""

JOB_FAULTS = {
    "job-failed": "The job ends as FAILED, with the fault's message.",
    "rejected": "Files are rejected; the job is COMPLETED.",
    "server-error": "Files are not imported because of an internal error.",
    "unreported": "Files are imported, but missing in the job manifests.",
    "warned": "Files are imported with a warning.",
    "broken-lines": "Each job manifest begins with an invalid line, and its last line is cut.",
    "no-manifest": "job-output-manifest.json is not written.",
    "no-success": "success.ndjson is not written.",
    "no-failure": "failure.ndjson is not written.",
    "no-warning": "warning.ndjson is not written.",
    "python-booleans": "The job manifests have True and False, as in one example of the developer guide.",
    "relative-keys": "inputFile is relative to inputS3Uri.",
    "upper-case-warnings": "Types of warnings are written as in the developer guide's table, not as in its example.",
}
"""Kind of a fault of a job -> description. The fault happens to the next job that ends."""

IMAGE_SET_FAULTS = {
    "locked": "The image set is LOCKED: its properties say so, and other operations on it are conflicts.",
    "deleted": "The image set is DELETED: its properties say so, and it has no metadata.",
}
"""Kind of a fault of an image set -> description. The fault happens to the next operation on an image set."""

CHANGE_FAULTS = {
    "changed-meanwhile": "Somebody else changes the image set just before the request is processed.",
    "change-failed": "The update or copy is accepted, and fails with the fault's message.",
}
"""Kind of a fault of an update or a copy -> description. The fault happens to the next update or copy."""

METADATA_FAULTS = {
    "other-study": "The metadata are those of another study, although the image set is the same.",
    "not-gzip": "The metadata are not compressed, although the answer says so.",
    "uncompressed": "The metadata are not compressed, and the answer has no content encoding.",
    "truncated": "The compressed metadata end in the middle.",
    "not-json": "The metadata are not JSON.",
    "schema-version": "The metadata have another SchemaVersion.",
    "unknown-members": "The metadata have members at each level that AWS does not document.",
    "large-metadata": "The metadata are larger than 50 MB, the quota of an image set.",
}
"""Kind of a fault of stored metadata -> description. The fault happens to the next GetImageSetMetadata."""

FAULT_MESSAGES = {
    "job-failed": "FILE_COUNTS_LIMIT: as requested by the test",
    "rejected": "DICOM attribute SOPClassUID does not exist",
    "server-error": "As requested by the test",
    "change-failed": "As requested by the test",
}
FAULT_KINDS = (*ERROR_FAULTS, *CONNECTION_FAULTS, *JOB_FAULTS, *IMAGE_SET_FAULTS, *CHANGE_FAULTS, *METADATA_FAULTS)
_FAULT_PATTERN = re.compile(
    r"(?P<kind>[a-z-]+)(?P<settings>(?:,(?:operation=\w+|times=(?:[0-9]+|always)|after=[0-9]+|match=[^,]*|message=[^,]+))*)"
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault that the stand-in simulates: its kind, and the calls, jobs or files to which it happens."""

    kind: str
    operation: str | None = None
    """The operation that fails; None for every operation, and for faults of jobs."""
    times: int | None = 1
    """The number of times that the fault happens; None for always."""
    after: int = 0
    """The number of calls that succeed before the fault happens."""
    match: str = ""
    """For faults of files: a text that the object key must contain. For faults of image sets and their metadata: a text
    that the id of the image set, its Study Instance UID or its Series Instance UID must contain."""
    message: str = ""
    """The message of a failed job or file; if empty, the default message is used."""

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise make_unknown_choice_error("fault", self.kind, FAULT_KINDS)

    @property
    def message_or_default(self) -> str:
        """Return the message of a failed job or file: `message`, or the default of the kind if `message` is empty.

        The full text of AWS's messages for failed jobs is not known.
        """
        return self.message or FAULT_MESSAGES[self.kind]

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Parse a text such as `throttle,operation=StartDICOMImportJob,times=3` or `reset,times=always`.

        Raises:
            UsageError: The text has another form, or the kind is unknown.

        """
        match = _FAULT_PATTERN.fullmatch(text)
        if match is None:
            raise UsageError(
                f"{text!r} is not a valid fault.",
                fix="Write KIND,operation=NAME,times=N,after=N,match=TEXT,message=TEXT.",
            )
        members: dict[str, Any] = dict(setting.split("=", 1) for setting in match["settings"].split(",")[1:])
        for name in ("times", "after"):
            if name in members:
                members[name] = None if members[name] == "always" else int(members[name])
        return cls(kind=match["kind"], **members)


class FaultQueue:
    """A queue of the faults that have not happened yet."""

    def __init__(self) -> None:
        self._pending: list[_PendingFault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault to the queue."""
        self._pending.append(_PendingFault(fault, fault.after, fault.times))

    def clear(self) -> None:
        """Remove all faults from the queue."""
        self._pending.clear()

    def take_matching(self, kinds: Container[str]) -> list[Fault]:
        """Count a call for each fault of these kinds, and return the faults that happen at this call."""
        return [pending.fault for pending in self._pending if pending.fault.kind in kinds and pending.use_for_call()]

    def take(
        self, kinds: Container[str], operation: str | None = None, names: Sequence[str] | None = None
    ) -> Fault | None:
        """Return the first fault of the given kinds that happens at this call of an operation, or None.

        One use of the returned fault is counted.

        Args:
            kinds: The kinds of faults.
            operation: The operation that was called.
            names: The id and the UIDs of the image set of the call; None if the call is not about an image set.

        """
        for pending in self._pending:
            fault = pending.fault
            is_meant = fault.kind in kinds and fault.operation in (None, operation)
            if is_meant and (names is None or any(fault.match in name for name in names)) and pending.use_for_call():
                return fault
        return None


@dataclass
class _PendingFault:
    """A fault in the queue, with the numbers of calls that are left before and while it happens."""

    fault: Fault
    successful_calls_left: int
    """The number of calls before the fault happens for the first time."""
    uses_left: int | None
    """The number of calls to which the fault still happens; None for all calls."""

    def use_for_call(self) -> bool:
        """Count one call, and return whether the fault happens to this call."""
        if self.successful_calls_left:
            self.successful_calls_left -= 1
            return False
        if self.uses_left is None:
            return True
        self.uses_left -= 1
        return self.uses_left >= 0
