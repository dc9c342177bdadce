"""Save the results of a verification in the package, so that an interrupted verification can be continued."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from dicommap.errors import PackageError, os_error_reason
from dicommap.model.package_layout import (
    PLAN_FILE,
    RUNNING_VERIFICATION_FILE,
    VERIFICATION_FILE,
    VERIFICATION_FOLDER,
)
from dicommap.reading import read_regular_file
from dicommap.reading.document_limits import PLAN_LIMIT
from dicommap.verification.kept_results import KeptImageSet, VerificationEnd, VerificationStart
from dicommap.writing.durable_files import sync_directory
from dicommap.writing.private_files import create_directories, open_lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_LINE_LIMIT = 2**24
_FLUSH_SECONDS = 0.2
"""Seconds between two writes to the file. If the process is killed, the results since the last write are lost."""
_Line = TypeVar("_Line", bound=BaseModel)


class VerificationRecord:
    """The file with the results of a running verification. Use `open_record` to open it."""

    def __init__(self, file: BinaryIO, kept: BinaryIO | None, started_at: str) -> None:
        self.started_at = started_at
        """The time at which the verification was first started."""
        self._file = file
        self._flushed_at = 0.0
        self._kept = kept
        """The same file, for reading the lines of an interrupted verification; None when they are used up."""
        self._position = file.tell() if kept is None else kept.tell()

    def take_kept(self, job: str, study: str, image_set: str) -> KeptImageSet | None:
        """Return the results that an interrupted verification has saved for an image set, or None.

        Image sets are verified in a fixed order, so the next saved line must be that of this image set. If it is not,
        or if no line is left, the rest of the file is removed, and all following image sets are verified again.
        """
        if self._kept is None:
            return None
        line = _parse_line(KeptImageSet, self._kept.readline(_LINE_LIMIT))
        if line is not None and (line.job, line.study, line.imageSetId) == (job, study, image_set):
            self._position = self._kept.tell()
            return line
        self._kept.close()
        self._kept = None
        self._file.seek(self._position)
        self._file.truncate()
        return None

    def add(self, image_set: KeptImageSet) -> None:
        """Append the results of an image set. A killed process loses the results of less than a second."""
        self._write(image_set)

    def close(self, package: Path, end: VerificationEnd) -> None:
        """Append the last line, and rename the file to verification.jsonl. Raises OSError."""
        self.take_kept("", "", "")  # removes lines of image sets that are no longer verified
        self._write(end)
        self._file.flush()
        os.fsync(self._file.fileno())
        os.replace(package / RUNNING_VERIFICATION_FILE, package / VERIFICATION_FILE)
        sync_directory(package / VERIFICATION_FOLDER)

    def _write(self, line: BaseModel) -> None:
        self._file.write(line.model_dump_json(exclude_none=True, exclude_defaults=True).encode() + b"\n")
        now = time.monotonic()
        if now - self._flushed_at >= _FLUSH_SECONDS:
            self._file.flush()
            self._flushed_at = now


@contextmanager
def open_record(package: Path, source: str, now: str, *, restart: bool) -> Iterator[VerificationRecord]:
    """Open the record of a verification, and lock it against a second verification.

    Args:
        package: The package directory.
        source: The id of the data store, or `files`.
        now: The time of the start, as ISO 8601 in UTC.
        restart: Whether the results of an interrupted verification are dropped.

    Yields:
        The record. If a verification of the same plan and source was interrupted, the record continues it.

    Raises:
        PackageError: The record cannot be written, or another verification of the package is running.
    """
    path = package / RUNNING_VERIFICATION_FILE
    try:
        plan = hashlib.sha256(read_regular_file(PLAN_FILE, PLAN_LIMIT.bytes, beneath=package)).hexdigest()
        if (package / VERIFICATION_FOLDER).is_symlink():
            raise PackageError(
                f"The package's {VERIFICATION_FOLDER} is a symbolic link, which is not followed for writing.",
                fix="Put the directory itself there.",
            )
        create_directories(package / VERIFICATION_FOLDER)
        descriptor = open_lock_file(path)
        with os.fdopen(descriptor, "r+b") as file:
            _lock(descriptor, path)
            start = _parse_line(VerificationStart, file.readline(_LINE_LIMIT))
            can_continue = start is not None and (start.plan, start.source) == (plan, source) and not restart
            if start is None or not can_continue:
                start = VerificationStart(plan=plan, source=source, startedAt=now)
                file.seek(0)
                file.truncate()
                file.write(start.model_dump_json().encode() + b"\n")
                file.flush()
            kept = _open_kept(path, file.tell()) if can_continue else None
            try:
                yield VerificationRecord(file, kept, start.startedAt)
            finally:
                if kept is not None:
                    kept.close()
    except OSError as error:
        raise PackageError(
            f"The results cannot be kept in the package: {os_error_reason(error)}.",
            fix="Make the package writable. Then run the same command again: it continues where it stopped.",
        ) from None


def _open_kept(path: Path, position: int) -> BinaryIO:
    kept = path.open("rb")
    kept.seek(position)
    return kept


def _lock(descriptor: int, path: Path) -> None:
    """Lock the open file of a running verification. Raises PackageError if another verification has it.

    If the other verification has just ended, it has renamed the file, and `path` is no longer the open file.
    """
    error = PackageError(
        "Another verification of this package is running.", fix="Wait until it has ended, and look at its results."
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino != path.lstat().st_ino:
            raise error
    except (BlockingIOError, FileNotFoundError):
        raise error from None


def _parse_line(model: type[_Line], line: bytes) -> _Line | None:
    """Return a line of the record; None if it is incomplete, because a process was killed, or damaged."""
    if not line.endswith(b"\n"):
        return None
    try:
        return model.model_validate_json(line)
    except ValidationError:
        return None
