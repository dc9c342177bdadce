"""watch(): poll the import jobs of a package, and jobs of HealthLake, until they have ended."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import (
    convert_arguments,
    make_type_error,
    to_flag,
    to_function,
    to_optional,
    to_path,
    to_progress,
    to_rate,
    to_texts,
)
from dicommap.aws import Clients
from dicommap.aws.clients import QuickClients, to_clients
from dicommap.aws.import_jobs import ImportJobs
from dicommap.aws.timing import SYSTEM_CLOCK, GrowingPauses, to_clock
from dicommap.dicom.strict_json import parse_json
from dicommap.display.issue_report import Issues
from dicommap.errors import AwsError, UsageError
from dicommap.issues import Location
from dicommap.model.displayable import Displayable
from dicommap.package.aws_account_check import make_clients_with_saved_settings, require_same_endpoint
from dicommap.package.document_reader import read_document
from dicommap.package.job_events import JobEvents, parse_event_documents
from dicommap.package.job_requests import require_jobs, require_package
from dicommap.package.job_watchers import FhirJobWatcher, PackageWatcher
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.submission_states import SubmissionStates
from dicommap.progress import Progress, ignore_step, progress_reporter
from dicommap.reading.document_limits import EVENTS_LIMIT
from dicommap.validation.job_status_check import check_job_status, check_submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _typeshed import StrPath

    from dicommap.aws.timing import Clock
    from dicommap.display.report import Report
    from dicommap.healthimaging.job_properties import JobInfo
    from dicommap.issues import Issue
    from dicommap.model.submission import Submission
    from dicommap.progress import OnProgress, ProgressOption

FAILED_ROUNDS_LIMIT = 10
"""Number of consecutive failed rounds of polls after which `watch` raises the error, after about ten minutes."""


@dataclass(frozen=True, kw_only=True, repr=False)
class WatchResult(Displayable):
    """The result of a watch: the status of each job, and the issues."""

    package: Path | None
    submissions: tuple[Submission, ...]
    """The saved state of each job of the package, in the order of the plan. A job that was never submitted has none."""
    others: tuple[JobInfo, ...]
    """The last known status of each HealthLake job."""
    issues: Issues
    unsubmitted: int = 0
    """Number of jobs of the package that were never submitted."""

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error. This does not mean that all files were imported.

        The job manifests have the outcome of each file.
        """
        return not self.issues.errors

    def _build_report(self) -> Report:
        from dicommap.display.submission_report import build_watch_report

        package = None if self.package is None else str(self.package)
        return build_watch_report(package, self.submissions, self.others, self.issues, self.unsubmitted)


def _to_events(name: str, value: object) -> object:
    """Return the argument `events` of `watch` as a path, bytes or a list. Raises UsageError for any other type."""
    if isinstance(value, str | os.PathLike):
        return to_path(name, value)
    if isinstance(value, bytes):
        return value
    if isinstance(value, Mapping) or not isinstance(value, Iterable):
        raise make_type_error(name, value, "a path, or a list of events")
    return list(value)


@convert_arguments(
    package=to_optional(to_path),
    fhir_jobs=to_texts,
    events=to_optional(_to_events),
    confirm=to_flag,
    once=to_flag,
    get_rate=to_optional(to_rate),
    clients=to_optional(to_clients),
    clock=to_clock,
    progress=to_progress,
    on_step=to_optional(to_function),
)
def watch(
    package: StrPath | None = None,
    *,
    fhir_jobs: Iterable[str] = (),
    events: StrPath | bytes | Iterable[object] | None = None,
    confirm: bool = True,
    once: bool = False,
    get_rate: float | None = None,
    clients: Clients | None = None,
    clock: Clock = SYSTEM_CLOCK,
    progress: ProgressOption = None,
    on_step: Callable[[str, str], None] | None = None,
) -> WatchResult:
    """Poll the import jobs of a package, and FHIR import jobs of HealthLake, until all have ended.

    The pause between polls grows to one minute. Polls stay within AWS's documented request rates. Each status of a
    package's job is saved in the package. If a submit of the package runs at the same time, the jobs that it starts
    are polled too. A poll that fails, for example because of throttling, is repeated later.

    With `events`, no job is polled: the states of the package's jobs are taken from import-job events of EventBridge.
    The events may be repeated and in any order. GetDICOMImportJob is then called once for each ended job, to confirm
    its status. If AWS cannot be reached, the saved state says that the status is from an event.

    Args:
        package: The package directory; None to watch only `fhir_jobs`.
        fhir_jobs: HealthLake jobs as `DATASTORE/JOB`.
        events: A file of events (JSON, a JSON array, or JSON Lines), its bytes, or a list of events as Python objects
            or JSON texts. An event may be inside a message of SQS or SNS.
        confirm: Whether to confirm with GetDICOMImportJob that jobs have ended, if their events say so.
        once: Whether to poll each job only once.
        get_rate: The limit of GetDICOMImportJob calls per second, if AWS has changed it for your account.
        clients: The AWS clients. A missing profile or region is that of the package's first submit.
        clock: The clock that reads the time and waits.
        progress: Whether to show the number of ended jobs, or a function that is called with it.
        on_step: A function that is called with a job's name and a description of each change.

    Returns:
        The last known status of each job, and the issues.

    Raises:
        DocumentError: The package cannot be read.
        UsageError: No job is named, no job of the package was submitted, or `events` is given without a package.
        PackageError: A status cannot be saved.
        AwsError: AWS refuses a request, or FAILED_ROUNDS_LIMIT rounds of polls fail in a row.

    """
    on_step = on_step or ignore_step
    place = None if package is None else Path(package)
    if events is not None:
        if place is None or once or fhir_jobs:
            raise UsageError(
                "Events are read for the jobs of a package, and no job is polled.",
                fix="Name a package, and leave out --fhir-job and --once.",
            )
        return _watch_events(place, events, clients, clock, on_step, confirm=confirm)
    service = ImportJobs(_make_package_clients(place, clients), clock, get_rate=get_rate)
    in_package = None if place is None else _make_package_watcher(place, service, clock, on_step)
    fhir = [FhirJobWatcher.from_text(text, service, on_step) for text in fhir_jobs]
    if in_package is None and not fhir:
        raise UsageError("Nothing was named to watch.", fix="Name a package, or a job of HealthLake.")
    watches: list[PackageWatcher | FhirJobWatcher] = [*([in_package] if in_package else []), *fhir]
    with progress_reporter(progress, "jobs") as report:
        _poll_until_ended(watches, clock, report, once=once)
    return _make_watch_result(place, in_package, fhir)


def _watch_events(
    place: Path,
    events: StrPath | bytes | Iterable[object],
    clients: Clients | None,
    clock: Clock,
    on_step: Callable[[str, str], None],
    *,
    confirm: bool,
) -> WatchResult:
    """Apply events to the saved states of a package's jobs. Then ask the service about the jobs that have ended."""
    require_package(place)
    refusal = "" if confirm else "GetDICOMImportJob was not called"
    reached = QuickClients.from_clients(clients or Clients())
    try:
        reached = QuickClients.from_clients(_make_package_clients(place, reached))
    except UsageError as error:
        refusal = error.message.rstrip(".")
    watcher = _make_package_watcher(place, ImportJobs(reached, clock), clock, on_step)
    job_events = JobEvents(plan=PackageDirectory(place).plan, states=SubmissionStates(place), on_step=on_step)
    for document, location in _read_events(events):
        job_events.add_document(document, location)
    issues = job_events.apply_to_states()
    reasons = {state.job: refusal for state in watcher.read_submissions()} if refusal else watcher.confirm_ended_jobs()
    return _make_watch_result(place, watcher, (), issues, reasons)


def _read_events(events: StrPath | bytes | Iterable[object]) -> Iterator[tuple[object, Location]]:
    """Yield the documents of a file or list of events. Raises DocumentError if the file cannot be read."""
    if isinstance(events, bytes):
        yield from parse_event_documents(events, "-")
    elif isinstance(events, str | os.PathLike):
        path = Path(events)
        yield from parse_event_documents(read_document(path, EVENTS_LIMIT.bytes), path.name)
    else:
        for index, event in enumerate(events):
            if isinstance(event, str):
                event = parse_json(event.encode("utf-8", "surrogatepass"), EVENTS_LIMIT.values)[0]
            yield event, Location(pointer=f"/{index}")


def _make_watch_result(
    place: Path | None,
    in_package: PackageWatcher | None,
    fhir: Sequence[FhirJobWatcher],
    issues: Sequence[Issue] = (),
    unconfirmed: Mapping[str, str] | None = None,
) -> WatchResult:
    """Return the result of a watch.

    Args:
        place: The package directory, if there is one.
        in_package: The watcher of the package's jobs, if there is one.
        fhir: The watchers of HealthLake's jobs.
        issues: Issues of events.
        unconfirmed: The id of each job whose status was not confirmed -> the reason.

    """
    found, reasons = [*issues], unconfirmed or {}
    submissions = in_package.read_submissions() if in_package is not None else []
    for submission in submissions:
        is_unknown = in_package is not None and in_package.is_unknown(submission)
        found += check_submission(submission, is_unknown=is_unknown, unconfirmed=reasons.get(submission.job, ""))
    for watcher in fhir:
        found += check_job_status(watcher.report, Location(path=watcher.name)) if watcher.report else ()
    return WatchResult(
        package=place,
        submissions=tuple(submissions),
        others=tuple(watcher.report for watcher in fhir if watcher.report is not None),
        issues=Issues(found),
        unsubmitted=in_package.count_unsubmitted() if in_package is not None else 0,
    )


def _make_package_clients(place: Path | None, clients: Clients | None) -> Clients:
    """Return the caller's clients, completed with the settings of the package's first submit if there is a package."""
    if place is None:
        return clients or Clients()
    require_package(place)
    package = PackageDirectory(place)
    require_jobs(package)
    kept = package.read_aws_account()
    reached = make_clients_with_saved_settings(clients, kept)
    require_same_endpoint(kept, reached)
    return reached


def _make_package_watcher(
    place: Path, service: ImportJobs, clock: Clock, on_step: Callable[[str, str], None]
) -> PackageWatcher:
    """Return the watcher of a package's jobs. Raises UsageError if no job of the package was submitted."""
    watch = PackageWatcher(place, PackageDirectory(place).plan, SubmissionStates(place), service, clock, on_step)
    if not watch.read_submissions():
        raise UsageError("No job of the package was submitted.", fix="Run 'dicommap submit PACKAGE' first.")
    return watch


def _poll_until_ended(
    watches: Sequence[PackageWatcher | FhirJobWatcher], clock: Clock, report: OnProgress | None, *, once: bool
) -> None:
    """Poll all jobs until each has ended, or only once if `once` is true. After a temporary error, poll again later."""
    pauses = GrowingPauses()
    failing = 0
    while True:
        try:
            for watch in watches:
                watch.poll()
            failing = 0
        except AwsError as error:
            failing += 1
            if not error.transient or once or failing >= FAILED_ROUNDS_LIMIT:
                raise
            watch.on_step(watch.name, f"could not be looked at ({error.code or 'no answer'}); tried again later")
        ended, total = (
            sum(numbers) for numbers in zip(*(job_watch.count_ended_and_all() for job_watch in watches), strict=True)
        )
        if report is not None:
            report(Progress(ended, total, is_counted=True))
        if once or (failing == 0 and all(job_watch.has_ended() for job_watch in watches)):
            return
        clock.sleep(next(pauses))
