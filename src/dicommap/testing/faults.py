"""Faults that a test asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Container

ANSWERS = {
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

CONNECTION = {
    "reset": "The connection is reset before anything is done.",
    "answer-lost": "What was asked for is done, and the connection is reset before the answer.",
    "short-body": "What was asked for is done, and the answer ends in its middle. botocore does not notice.",
}
"""Faults of the connection."""

JOB = {
    "job-failed": "The job ends as FAILED, with the fault's message.",
}
"""Faults of a job, taken by the next job that ends."""

KINDS = (*ANSWERS, *CONNECTION, *JOB)
_FORM = re.compile(
    r"(?P<kind>[a-z-]+)(?P<settings>(?:,(?:operation=\w+|times=(?:[0-9]+|always)|after=[0-9]+|message=[^,]+))*)"
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
    message: str = "FILE_COUNTS_LIMIT: as asked for by the test"
    """Of a job that fails. How AWS's own text goes on is not known."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"There is no fault {self.kind!r}.", fix=f"It is one of {', '.join(KINDS)}.")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Return the fault of a text such as `throttle,operation=StartDICOMImportJob,times=3`.

        `times=always` is for ever. Raises UsageError for anything else.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise UsageError(f"{text!r} is no fault.", fix="Write KIND,operation=NAME,times=N,after=N,message=TEXT.")
        members: dict[str, Any] = dict(setting.split("=", 1) for setting in match["settings"].split(",")[1:])
        for name in ("times", "after"):
            if name in members:
                members[name] = None if members[name] == "always" else int(members[name])
        return cls(kind=match["kind"], **members)


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def add(self, fault: Fault) -> None:
        """Let a fault happen."""
        self._pending.append(_Pending(fault, fault.after, fault.times))

    def clear(self) -> None:
        """Let nothing happen any more."""
        self._pending.clear()

    def take(self, kinds: Container[str], operation: str | None = None) -> Fault | None:
        """Return the first fault of these kinds that happens now, and count it."""
        for pending in self._pending:
            if pending.fault.kind in kinds and pending.fault.operation in (None, operation) and pending.happens():
                return pending.fault
        return None


@dataclass
class _Pending:
    fault: Fault
    well: int
    left: int | None

    def happens(self) -> bool:
        if self.well:
            self.well -= 1
            return False
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0
