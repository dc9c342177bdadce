"""What is common to jobs of different services: where they are, how far, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class JobEnding(StrEnum):
    """How a job ended, as its service tells; what became of each file is another question."""

    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed with errors"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """One job as its service last told of it."""

    service: str
    datastore: str
    job: str
    status: str
    """The service's own word, which may be new to us."""
    known: bool
    """Whether the status is one of those that the service documents."""
    ending: JobEnding | None
    submitted_at: str | None
    """ISO 8601, UTC."""
    ended_at: str | None
    message: str | None


def format_utc(time: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC to the second: `2026-11-22T10:42:00Z`; one without a zone is UTC.

    Returns None if there is no time, or it is outside the years 1 to 9999 in UTC.
    """
    if time is None:
        return None
    try:
        utc = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
    return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
