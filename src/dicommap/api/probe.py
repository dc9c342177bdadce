"""probe(): ask a data store the open questions about override files; ProbeResult is its result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import (
    convert_arguments,
    to_flag,
    to_function,
    to_integer,
    to_optional,
    to_path,
    to_text,
    to_texts,
)
from dicommap.aws.clients import to_clients
from dicommap.aws.environment import get_caller_region
from dicommap.aws.timing import SYSTEM_CLOCK, to_clock
from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.display.issue_report import Issues
from dicommap.errors import UsageError
from dicommap.healthimaging.limits import CONCURRENT_JOBS
from dicommap.healthimaging.s3_uri import s3_uri_issues
from dicommap.issues import Location, has_errors
from dicommap.issues.wording import join_names
from dicommap.model.displayable import Displayable
from dicommap.package.aws_account_check import (
    ACCOUNT_EXAMPLES,
    ACCOUNT_OPTIONS,
    make_clients_with_saved_settings,
    require_same_endpoint,
)
from dicommap.package.job_requests import require_no_missing_members, require_valid_members
from dicommap.package.probe_directory import ProbeDirectory, make_probe_record
from dicommap.package.probe_session import ProbeSession
from dicommap.probing.probe_estimate import estimate_probe
from dicommap.probing.question_experiments import QUESTIONS
from dicommap.progress import ignore_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.aws.timing import Clock
    from dicommap.display.report import Report
    from dicommap.package.probe_directory import ProbeRecord
    from dicommap.package.transfer_confirmation import Confirm
    from dicommap.probing.probe_estimate import ProbeEstimate
    from dicommap.probing.probe_report import ProbeReport

_MEMBERS = ("datastoreId", "dataAccessRoleArn", "inputS3Uri", "outputS3Uri")


@dataclass(frozen=True, kw_only=True, repr=False)
class ProbeResult(Displayable):
    """The result of `probe`: its answers, an estimate for a dry run, or the numbers of deleted items for a clean-up."""

    directory: Path
    issues: Issues
    report: ProbeReport | None = None
    """The answers with their evidence; None for a dry run or a clean-up, and if an error prevented the start."""
    estimate: ProbeEstimate | None = None
    """The jobs, objects and requests that a dry run would send; None if the call was not a dry run."""
    deleted_image_sets: int = 0
    deleted_objects: int = 0

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error."""
        return not self.issues.errors

    def html(self) -> str:
        """Return the report as one HTML page. Nothing is masked, because the values are those of invented patients."""
        from dicommap.display.report_html import render_html_page

        return render_html_page(self._build_report())

    def _build_report(self) -> Report:
        from dicommap.display.probe_report import (
            build_clean_up_report,
            build_probe_answers_report,
            build_probe_estimate_report,
        )

        if self.report is not None:
            return build_probe_answers_report(self.report)
        if self.estimate is not None:
            return build_probe_estimate_report(self.estimate)
        return build_clean_up_report(self.deleted_image_sets, self.deleted_objects, self.issues)


@convert_arguments(
    directory=to_path,
    datastore_id=to_optional(to_text),
    data_access_role_arn=to_optional(to_text),
    input_s3_uri=to_optional(to_text),
    output_s3_uri=to_optional(to_text),
    questions=to_texts,
    concurrent_jobs=to_integer(minimum=1),
    dry_run=to_flag,
    clean_up=to_flag,
    clients=to_optional(to_clients),
    confirm=to_optional(to_function),
    clock=to_clock,
    on_step=to_optional(to_function),
)
def probe(
    directory: StrPath,
    *,
    datastore_id: str | None = None,
    data_access_role_arn: str | None = None,
    input_s3_uri: str | None = None,
    output_s3_uri: str | None = None,
    questions: Iterable[str] = (),
    concurrent_jobs: int = CONCURRENT_JOBS,
    dry_run: bool = False,
    clean_up: bool = False,
    clients: Clients | None = None,
    confirm: Confirm | None = None,
    clock: Clock = SYSTEM_CLOCK,
    on_step: Callable[[str, str], None] | None = None,
) -> ProbeResult:
    """Ask a data store the open questions about override files, by import jobs with invented patients.

    Use a data store for tests. Each job imports a few small instances of a synthetic study whose UIDs no other study
    has. The answers come from the status of the jobs, their job manifests and the stored metadata. They are written to
    the directory: report.json, and assumptions.json for `draft`. After each step the state is saved in the directory,
    so that a repeated call continues after a call that was stopped, and starts no job twice.

    Args:
        directory: The directory of the probe. It must not exist or be empty, or be that of an earlier call.
        datastore_id: The id of the data store. A repeated call needs none of these four arguments.
        data_access_role_arn: The dataAccessRoleArn of the jobs.
        input_s3_uri: The S3 prefix below which the probe has a folder of its own.
        output_s3_uri: The outputS3Uri of the jobs.
        questions: The names of the questions, which are those of `OverrideAnswers`; empty for all.
        concurrent_jobs: The quota of import jobs that run at the same time.
        dry_run: Whether to send nothing, and return what would be sent.
        clean_up: Whether to delete what the probe has made: its image sets, its objects and the manifests of its jobs.
        clients: The AWS clients.
        confirm: A function that takes a Transfer, which describes what is sent or deleted, and returns whether the
            call may go on.
        clock: The clock that reads the time and waits.
        on_step: A function that is called after each step, with the number of the job and a description.

    Returns:
        The answers, the estimate of a dry run, or the numbers of a clean-up; and the issues.

    Raises:
        UsageError: An argument is missing, is not valid, or differs from an earlier call, or `confirm` returns False.
        PackageError: The directory is not that of a probe, or cannot be written, or another process uses it.
        AwsError: AWS refuses a request or cannot be reached. A repeated call continues.

    """
    place = ProbeDirectory(Path(directory))
    record = place.read_record()
    asked = _choose_questions(tuple(questions), record)
    given = dict(
        zip(_MEMBERS, (datastore_id, data_access_role_arn, input_s3_uri, output_s3_uri), strict=True),
    )
    members = {name: value for name, value in given.items() if value is not None}
    _require_same_members(record, members)
    _require_valid_members(members)
    if dry_run and not clean_up:
        return ProbeResult(directory=place.path, issues=Issues(), estimate=estimate_probe(asked))
    kept = place.states.read_account()
    reached = make_clients_with_saved_settings(clients, kept)
    require_same_endpoint(kept, reached)
    is_new = record is None
    if record is None:
        if clean_up:
            raise UsageError(f"{place.path} has no probe.", fix="Name the directory of the probe to clean up.")
        _require_all_members(members)
        record = make_probe_record(asked, members, get_caller_region(reached))
    session = ProbeSession(place, record, reached, clock, concurrent_jobs, confirm, on_step or ignore_step)
    if clean_up:
        deletion = session.clean_up(dry_run=dry_run)
        return ProbeResult(
            directory=place.path,
            issues=Issues(deletion.issues),
            deleted_image_sets=deletion.image_sets,
            deleted_objects=deletion.objects,
        )
    report = session.run(is_new=is_new)
    return ProbeResult(directory=place.path, issues=Issues(session.issues), report=report)


def _choose_questions(names: tuple[str, ...], record: ProbeRecord | None) -> tuple[str, ...]:
    """Return the questions to ask, in the order of QUESTIONS. Raises UsageError for an unknown question."""
    for name in names:
        if name not in QUESTIONS:
            raise make_unknown_choice_error("question", name, list(QUESTIONS))
    chosen = tuple(name for name in QUESTIONS if not names or name in names)
    if record is None:
        return chosen
    if names and chosen != record.questions:
        raise UsageError("The probe was begun with other questions.", fix="Ask these in a new directory.")
    return record.questions


def _require_same_members(record: ProbeRecord | None, members: dict[str, str]) -> None:
    """Raise UsageError if an argument differs from the argument of the first call for this probe."""
    differing = [name for name, value in members.items() if record is not None and getattr(record, name) != value]
    if differing:
        options = join_names(ACCOUNT_OPTIONS[name] for name in differing)
        raise UsageError(
            f"The probe was begun with another {join_names(differing)}.",
            fix=f"Leave {options} out, or start another probe in a new directory.",
        )


def _require_valid_members(members: dict[str, str]) -> None:
    require_valid_members({name: value for name, value in members.items() if name != "inputS3Uri"})
    if "inputS3Uri" in members and has_errors(s3_uri_issues(members["inputS3Uri"], Location())):
        raise UsageError(
            "AWS does not take this --input-s3-uri.", fix=f"Write it like {ACCOUNT_EXAMPLES['inputS3Uri']}"
        )


def _require_all_members(members: dict[str, str]) -> None:
    require_no_missing_members(
        [name for name in _MEMBERS if name not in members],
        "Give your own, of a data store for tests. They look like this:",
    )
