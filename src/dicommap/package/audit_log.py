"""Append events to audit.jsonl, the record of a package's changes and events.

A line is appended under a lock, with one write, and is on the disk before the function returns. A crash of the machine
may leave an incomplete last line. The next call removes it, and its own line says how many bytes were removed.
"""

from __future__ import annotations

import fcntl
import os
import pwd
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import PackageError, os_error_reason
from dicommap.healthimaging.job_properties import format_utc
from dicommap.model.audit import (
    AUDIT_LINE_LIMIT,
    EVENT_START,
    FIRST_PREVIOUS,
    AuditAction,
    AuditEvent,
    AuditEventLine,
    format_audit_lines,
    hash_audit_line,
    parse_audit_line,
)
from dicommap.model.package_layout import AUDIT_FILE
from dicommap.reading import open_regular_file
from dicommap.writing.durable_files import sync_directory
from dicommap.writing.private_files import open_lock_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dicommap.model.submission import Submission

USER_VARIABLE = "DICOMMAP_USER"
"""The environment variable with the name of the user, for accounts that several people or programs share."""

_USER_LIMIT = 200
_PIECE_BYTES = 2**16


def record_event(package: Path, event: AuditEvent, *, now: datetime | None = None) -> None:
    """Append an event to audit.jsonl of a package, with the time, the user and the version of dicommap.

    When the function returns, the line is on the disk. If another process appends a line, this call waits for it. The
    file is created if the package has none.

    Args:
        package: The package directory.
        event: The event.
        now: The time of the event. None for the present time.

    Raises:
        PackageError: The line cannot be written. Then audit.jsonl is unchanged.
    """
    try:
        with _open_and_lock_log(package) as descriptor:
            previous, end, removed = _find_last_line_end(descriptor)
            line = format_event_line(event, now or datetime.now(UTC), previous, removed)
            _write_last_line(descriptor, end, line.encode())
            if previous == FIRST_PREVIOUS:
                sync_directory(package)
    except OSError as error:
        raise PackageError(
            f"The event '{event.action}' cannot be written to {AUDIT_FILE}: {os_error_reason(error)}.",
            fix="Make the package writable, and run the same command again.",
        ) from None


def record_job_events(package: Path, submissions: Iterable[Submission]) -> None:
    """Append an event to audit.jsonl for each submitted or adopted import job that has no event there yet.

    A submit that was killed may have started jobs without an event. The next submit then appends these events.

    Raises:
        PackageError: audit.jsonl cannot be read or written.
    """
    started = [submission for submission in submissions if submission.state.has_job]
    known = _list_recorded_job_ids(package) if started else set()
    for submission in started:
        if submission.jobId not in known:
            record_event(package, _make_job_event(submission))


def _make_job_event(submission: Submission) -> AuditEvent:
    return AuditEvent(
        action=AuditAction.SUBMITTED if submission.adoptedAt is None else AuditAction.ADOPTED,
        job=submission.job,
        jobId=submission.jobId,
        datastoreId=submission.datastoreId,
        region=submission.region,
        dataAccessRoleArn=submission.dataAccessRoleArn,
    )


def _list_recorded_job_ids(package: Path) -> set[str | None]:
    """Return the jobId of each event of audit.jsonl. Lines that cannot be parsed are left out."""
    jobs: set[str | None] = set()
    try:
        with open_regular_file(AUDIT_FILE, beneath=package) as file:
            for line in file:
                with suppress(ValueError):
                    if line.startswith(EVENT_START) and isinstance(event := parse_audit_line(line), AuditEventLine):
                        jobs.add(event.jobId)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise PackageError(
            f"{AUDIT_FILE} cannot be read: {os_error_reason(error)}.", fix="Check the rights on it."
        ) from None
    return jobs


def format_event_line(event: AuditEvent, at: datetime, previous: str, removed: int = 0) -> str:
    """Return the line of audit.jsonl for an event, with its line end.

    Args:
        event: The event.
        at: The time of the event.
        previous: The hash of the line before it.
        removed: Number of bytes of an incomplete line that are removed before this line is written.
    """
    record = {
        "type": "event",
        "at": format_utc(at),
        **event.model_dump(mode="json", exclude_none=True),
        "user": find_user_name(),
        "toolVersion": version("dicommap"),
        "removedBytes": removed or None,
    }
    return next(format_audit_lines([record], previous))


def find_user_name() -> str:
    """Return the name of the user: the value of DICOMMAP_USER, else the login name of the process, else its user id."""
    name = os.environ.get(USER_VARIABLE, "").strip()
    if not name:
        try:
            name = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            name = f"uid {os.getuid()}"
    return make_printable(name)[:_USER_LIMIT]


@contextmanager
def _open_and_lock_log(package: Path) -> Iterator[int]:
    """Open audit.jsonl, and wait for its lock. The lock is released at the end of the `with` block or of the process.

    The file is never replaced or removed. Otherwise two processes could lock different files.
    """
    descriptor = open_lock_file(package / AUDIT_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _find_last_line_end(descriptor: int) -> tuple[str, int, int]:
    """Return the hash of the last complete line, the offset of its end, and the number of bytes after it."""
    size = start = os.fstat(descriptor).st_size
    tail = b""
    while start > 0 and tail.count(b"\n") < 2:
        if len(tail) > 2 * AUDIT_LINE_LIMIT:
            raise PackageError(
                f"{AUDIT_FILE} is damaged: a line is too long.", fix="Restore it from a copy of the package."
            )
        piece = min(_PIECE_BYTES, start)
        start -= piece
        tail = os.pread(descriptor, piece, start) + tail
    end = tail.rfind(b"\n") + 1
    if end == 0:
        return FIRST_PREVIOUS, start, size - start
    last = tail[tail.rfind(b"\n", 0, end - 1) + 1 : end]
    return hash_audit_line(last), start + end, len(tail) - end


def _write_last_line(descriptor: int, end: int, line: bytes) -> None:
    """Write a line at the offset `end`, remove all bytes after it, and wait until it is on the disk.

    If an error occurs, the file ends at `end`.
    """
    os.ftruncate(descriptor, end)
    try:
        written = 0
        while written < len(line):
            written += os.pwrite(descriptor, line[written:], end + written)
        os.fsync(descriptor)
    except BaseException:
        os.ftruncate(descriptor, end)
        raise
