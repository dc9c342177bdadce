"""Read the files of a package directory, and compare them with the hashes in the plan."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from dicommap.dicom.strict_json import parse_json
from dicommap.errors import DocumentError, os_error_reason
from dicommap.model.audit import AUDIT_LINE_LIMIT, AuditAction, AuditChange, AuditEventLine, parse_audit_line
from dicommap.model.package_layout import (
    AUDIT_FILE,
    GROUPING_FILE,
    ISSUES_FILE,
    OBJECTS_FILE,
    PLAN_FILE,
    REQUEST_FILE,
    get_update_id,
    job_folder,
)
from dicommap.model.submission import AWS_ACCOUNT_MEMBERS, AwsAccount, JobCounts, SubmissionState
from dicommap.overrides.grouping_table import parse_grouping_csv
from dicommap.package.document_reader import format_path_name, read_document
from dicommap.package.submission_states import SubmissionStates
from dicommap.package.update_states import UpdateStates
from dicommap.planning.plan import Plan
from dicommap.planning.plan_parts import parse_plan_parts
from dicommap.planning.planned_objects import PlannedObject, parse_objects_csv
from dicommap.reading import open_folder, open_regular_file
from dicommap.reading.document_limits import (
    CONFIGURATION_LIMIT,
    OVERRIDE_LIMIT,
    PLAN_LIMIT,
    UPDATE_LIMIT,
)
from dicommap.updates.update import Update, update_from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import StrPath

    from dicommap.model.submission import Submission
    from dicommap.overrides.grouping_values import GroupingValues
    from dicommap.planning.plan import FileDigest, PlanJob
    from dicommap.reading.document_limits import DocumentLimit

_Row = TypeVar("_Row")
_PIECE_BYTES = 2**18

_REDRAFT_FIX = "Draft the package again; 'dicommap validate' lists all that was changed."


def read_plan(package: Path) -> Plan:
    """Return the plan of a package. Raises DocumentError if plan.json cannot be read or is not a plan."""
    with suppress(OSError, ValidationError), open_regular_file(PLAN_FILE, beneath=package) as file:
        parts = parse_plan_parts(iter(partial(file.read, _PIECE_BYTES), b""))
        if parts is not None:
            return Plan.model_validate({**parts[0], "jobs": parts[1]})
    read_document(Path(PLAN_FILE), PLAN_LIMIT.bytes, beneath=package)  # raises an error with the reason if it has one
    raise DocumentError(
        f"{format_path_name(package)}/{PLAN_FILE} is no plan.", fix="Run 'dicommap validate' on the package."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUpdate:
    """An update of a package, with the path and the SHA-256 of its file."""

    path: str
    sha256: str
    update: Update

    @property
    def id(self) -> str:
        """Return the number in the name of the update's file. The file of its state has the same number."""
        return get_update_id(self.path)


class PackageDirectory:
    """A package on disk. The methods read its files.

    They raise DocumentError if objects.csv, an override file, an update or a table was changed after the draft.
    """

    def __init__(self, path: StrPath, plan: Plan | None = None) -> None:
        """Open a package.

        Args:
            path: The directory of the package.
            plan: The plan if the caller has read it already.

        Raises:
            DocumentError: The plan cannot be read.
        """
        self.path = Path(path)
        if not (self.path / PLAN_FILE).is_file():
            raise DocumentError(
                f"{format_path_name(self.path)} is no package: it has no {PLAN_FILE}.", fix="Name a package."
            )
        self.plan = read_plan(self.path) if plan is None else plan

    def _read_document(self, name: str, limit: DocumentLimit) -> bytes:
        return read_document(Path(name), limit.bytes, beneath=self.path)

    def objects(self, job: PlanJob) -> Iterator[PlannedObject]:
        """Yield the planned objects of a job from its objects.csv.

        Raises DocumentError if objects.csv cannot be read. Raises it after the last object if the hash of objects.csv
        is not the hash in the plan.
        """
        return self._read_checked_rows(_make_objects_path(job), job.objects, parse_objects_csv, "list of objects")

    def _read_checked_rows(
        self, path: str, planned: FileDigest, parse: Callable[[Iterator[str]], Iterator[_Row]], what: str
    ) -> Iterator[_Row]:
        """Yield the rows of a table, then compare its hash with the plan. `what` describes the table in messages."""
        digest = hashlib.sha256()
        try:
            with open_regular_file(path, beneath=self.path) as file:
                yield from parse(_decode_and_hash_lines(file, digest))
        except OSError as error:
            raise DocumentError(f"{path} cannot be read: {os_error_reason(error)}.", fix=_REDRAFT_FIX) from None
        except ValueError:  # includes UnicodeDecodeError
            raise DocumentError(f"{path} is no {what}.", fix=_REDRAFT_FIX) from None
        if digest.hexdigest() != planned.sha256:
            raise _make_changed_error(path)

    def read_override_file(self, job: PlanJob, path: str) -> bytes:
        """Return the bytes of an override file of a job. `path` is relative to the job's inputS3Uri.

        Raises DocumentError if the file cannot be read, or if its hash is not the hash in the plan.
        """
        with self.open_override_files(job) as read_override_file:
            return read_override_file(path)

    @contextmanager
    def open_override_files(self, job: PlanJob) -> Iterator[Callable[[str], bytes]]:
        """Return a context manager with a function that returns the bytes of an override file of a job.

        Use it to read many files: the folder of the job is opened only once. Threads can share the function. Its
        argument is a path relative to the job's inputS3Uri. It raises DocumentError as `read_override_file` does.
        """
        name = f"{job_folder(job.id)}/files"
        hashes = {file.path: file.sha256 for file in job.files}
        try:
            folder = open_folder(name, beneath=self.path)
        except OSError as error:
            raise DocumentError(f"{name} cannot be read: {os_error_reason(error)}.", fix=_REDRAFT_FIX) from None

        def read_file(path: str) -> bytes:
            data = read_document(Path(path), OVERRIDE_LIMIT.bytes, beneath=folder)
            return _require_hash(data, hashes.get(path), f"An override file of job {job.id}")

        try:
            yield read_file
        finally:
            os.close(folder)

    def updates(self) -> Iterator[PlannedUpdate]:
        """Yield the updates of stored metadata, in the order in which they are sent.

        Raises DocumentError if a file cannot be read, or if its hash is not the hash in the plan.
        """
        for planned in self.plan.updates or ():
            data = _require_hash(self._read_document(planned.path, UPDATE_LIMIT), planned.sha256, planned.path)
            document, issues = parse_json(data, UPDATE_LIMIT.values)
            try:
                update = None if issues else update_from_json(document)
            except (KeyError, TypeError, AttributeError):
                update = None
            if update is None:
                raise DocumentError(f"{planned.path} is no update.", fix=_REDRAFT_FIX)
            yield PlannedUpdate(path=planned.path, sha256=planned.sha256, update=update)

    def table_lines(
        self, name: str, planned: FileDigest, select: Callable[[Iterator[str]], Iterator[str]] = iter
    ) -> Iterator[str]:
        """Yield the lines of a table, such as preview.csv. A cell with line breaks is in several lines.

        Args:
            name: The path of the table in the package.
            planned: The size and hash of the table in the plan.
            select: A function that gets the lines and yields those to return. It raises ValueError if they are not
                those of such a table.

        Raises:
            DocumentError: The table cannot be read, or, after the last line, its hash is not the planned hash.
        """
        return self._read_checked_rows(name, planned, select, "table of a package")

    def grouping_rows(self) -> Iterator[GroupingValues]:
        """Yield the rows of grouping.csv, in the order of Study and Series Instance UIDs.

        Raises DocumentError if there is no grouping.csv, or if it cannot be read. Raises it after the last row if its
        hash differs from the hash in the plan.
        """
        if self.plan.grouping is None:
            raise DocumentError(
                f"The package has no {GROUPING_FILE}: it was drafted by an older version of dicommap.",
                fix="Draft the package again.",
            )
        return self._read_checked_rows(
            GROUPING_FILE, self.plan.grouping, parse_grouping_csv, "table of grouping attributes"
        )

    def audit_changes(self) -> Iterator[AuditChange]:
        """Yield the lines of audit.jsonl that list the changes. Packages of older versions have no such lines.

        Raises DocumentError if audit.jsonl cannot be read. Raises it after the last change if the hash of the lines is
        not the hash in the plan.
        """
        planned = self.plan.audit
        if planned is not None:
            parse = partial(_parse_audit_changes, size=planned.size)
            yield from self._read_checked_rows(AUDIT_FILE, planned, parse, "record of changes")

    def read_draft_event(self) -> AuditEventLine | None:
        """Return the event that records the draft, the line after the changes in audit.jsonl; None if it is missing."""
        try:
            with open_regular_file(AUDIT_FILE, beneath=self.path) as file:
                file.seek(0 if self.plan.audit is None else self.plan.audit.size)
                line = parse_audit_line(file.readline(AUDIT_LINE_LIMIT))
        except (OSError, ValueError):
            return None
        return line if isinstance(line, AuditEventLine) and line.action is AuditAction.DRAFTED else None

    def hash_plan(self) -> str:
        """Return the SHA-256 of plan.json. Raises DocumentError if it cannot be read."""
        return hashlib.sha256(self._read_document(PLAN_FILE, PLAN_LIMIT)).hexdigest()

    def draft_warnings(self) -> Iterator[tuple[str, str]]:
        """Yield the issue code and the line of each warning in issues.jsonl.

        Raises DocumentError if issues.jsonl cannot be read. Raises it after the last warning if its hash is not the
        hash in the plan.
        """
        planned = self.plan.issues
        if planned is not None:
            yield from self._read_checked_rows(ISSUES_FILE, planned, _parse_warnings, "list of warnings")

    def count_draft_warnings(self) -> dict[str, int]:
        """Return the number of warnings in issues.jsonl by issue code. Raises the same errors as `draft_warnings`."""
        return dict(Counter(code for code, _ in self.draft_warnings()))

    def read_request(self, job: PlanJob) -> dict[str, Any]:
        """Return the StartDICOMImportJob request of a job, from the package.

        Raises DocumentError if it cannot be read.
        """
        name = f"{job_folder(job.id)}/{REQUEST_FILE}"
        request, _ = parse_json(self._read_document(name, CONFIGURATION_LIMIT), CONFIGURATION_LIMIT.values)
        if not isinstance(request, dict):
            raise DocumentError(f"{name} is no request.", fix=_REDRAFT_FIX)
        return request

    def read_aws_account(self) -> AwsAccount | None:
        """Return the AWS account of the first submit. Return None if no job was submitted.

        Raises PackageError if the account or the state of a job cannot be read.
        """
        states = SubmissionStates(self.path)
        kept = states.read_account()
        if kept is not None:
            return kept
        submission = next((state for job in self.plan.jobs if (state := states.read(job.id)) is not None), None)
        if submission is None:
            return None
        return AwsAccount(region=submission.region, **{name: getattr(submission, name) for name in AWS_ACCOUNT_MEMBERS})

    def read_submission(self, job: PlanJob) -> Submission | None:
        """Return the saved state of a job's submission. Return None if the job was never submitted.

        Raises PackageError if the state cannot be read.
        """
        return SubmissionStates(self.path).read(job.id)

    def count_jobs(self) -> JobCounts:
        """Return the numbers of started, ended and other jobs.

        Raises PackageError if the state of a job cannot be read.
        """
        is_staged = {job.id: job.staged for job in self.plan.jobs}
        submissions = SubmissionStates(self.path).read_all(is_staged)
        started = {job for job, submission in submissions.items() if submission.state.has_job}
        return JobCounts(
            jobs=len(self.plan.jobs),
            started=len(started),
            ended=sum(submission.state is SubmissionState.ENDED for submission in submissions.values()),
            to_stage=sum(staged and job not in started for job, staged in is_staged.items()),
            has_updates=self._has_unfinished_update(),
        )

    def _has_unfinished_update(self) -> bool:
        """Return whether an update of the package is not complete. Raises PackageError if a state cannot be read."""
        states = UpdateStates(self.path)
        updates = (get_update_id(planned.path) for planned in self.plan.updates or ())
        return any((state := states.read(update)) is None or not state.isComplete for update in updates)


def _parse_audit_changes(lines: Iterator[str], size: int) -> Iterator[AuditChange]:
    """Yield the changes in the first `size` bytes of audit.jsonl. Raises ValueError for a line that is not a change."""
    while size > 0 and (text := next(lines, "")):
        data = text.encode()
        size -= len(data)
        line = parse_audit_line(data)
        if not isinstance(line, AuditChange):
            raise ValueError("the line is not a change")
        yield line


def _parse_warnings(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield the issue code and the line of each warning. Raises ValueError for a line that is not an issue."""
    for line in lines:
        document, _ = parse_json(line.encode())
        if not isinstance(document, dict) or not isinstance(document.get("code"), str):
            raise ValueError("the line is not an issue")
        yield document["code"], line


def _make_objects_path(job: PlanJob) -> str:
    return f"{job_folder(job.id)}/{OBJECTS_FILE}"


def _require_hash(data: bytes, sha256: str | None, what: str) -> bytes:
    """Return `data` if it has the given SHA-256. Else raise DocumentError. The message names the file as `what`."""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _make_changed_error(what)
    return data


def _make_changed_error(what: str) -> DocumentError:
    return DocumentError(f"{what} was changed after it was drafted.", fix=_REDRAFT_FIX)


def _decode_and_hash_lines(file: Iterator[bytes], digest: hashlib._Hash) -> Iterator[str]:
    """Yield the lines of a file as text, and add their bytes to a digest."""
    for line in file:
        digest.update(line)
        yield line.decode("utf-8")
