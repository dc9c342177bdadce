"""watch(): import jobs followed until they have ended; those of a package, and HealthLake's beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.watch_workflows_watching_part import FhirJobWatcher, PackageWatcher
from dicommap.aws import Clients
from dicommap.aws.import_jobs import ImportJobs
from dicommap.aws.timing_aws_clock_part import SYSTEM_CLOCK
from dicommap.aws.timing_aws_intervals_part import GrowingPauses
from dicommap.display.displayable import Displayable
from dicommap.display.issue_report import Issues
from dicommap.errors import AwsError, UsageError
from dicommap.issues import Location
from dicommap.package.job_requests import read_package_plan, require_package
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.submission_account import complete_clients, require_same_endpoint
from dicommap.package.submission_states import SubmissionStates
from dicommap.progress import Progress, progress_reporter
from dicommap.validation.job_status_check import check_job_status, check_submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from _typeshed import StrPath

    from dicommap.aws.timing_aws_clock_part import Clock
    from dicommap.display.report import Report
    from dicommap.healthimaging.job_properties_model_job_report_part import JobStatus
    from dicommap.issues import Issue
    from dicommap.model.submission import Submission
    from dicommap.progress import OnProgress, ProgressOption

FAILED_ROUNDS_LIMIT = 10
"""Rounds of looks that may fail one after the other, over some ten minutes, before a watch gives up."""


@dataclass(frozen=True, kw_only=True, repr=False)
class WatchResult(Displayable):
    """How far jobs have come."""

    package: Path | None
    submissions: tuple[Submission, ...]
    """The state of each job of the package for which there is one, in the order of the plan."""
    others: tuple[JobStatus, ...]
    """Jobs of other services as they were last told of."""
    issues: Issues
    unsubmitted: int = 0
    """Jobs of the package for which nothing was ever sent."""

    @property
    def ok(self) -> bool:
        """Say whether no job failed. What became of each file is for the output manifests to tell."""
        return not self.issues.errors

    def _screen(self) -> Report:
        from dicommap.display.submission_report import build_watch_report

        package = None if self.package is None else str(self.package)
        return build_watch_report(package, self.submissions, self.others, self.issues, self.unsubmitted)


def watch(
    package: StrPath | None = None,
    *,
    fhir_jobs: Iterable[str] = (),
    once: bool = False,
    clients: Clients | None = None,
    clock: Clock = SYSTEM_CLOCK,
    progress: ProgressOption = None,
    tell: Callable[[str, str], None] | None = None,
) -> WatchResult:
    """Follow the import jobs of a package, and FHIR import jobs of HealthLake, until all have ended.

    `fhir_jobs` are texts `DATASTORE/JOB`. With `once` each job is looked at once. Looks are rarer the longer it takes,
    up to one a minute, and within the limits that AWS documents. What the service says is saved in the package; while
    a submit of the package runs, jobs that it starts are followed as well. A look that fails, such as by throttling, is
    repeated later. `clients` say which credentials, region and endpoint are used, where not those of the package's
    first submit. `progress` is told of
    jobs that have ended, as that of a scan is of files; `tell` with a job's name and what has changed.

    Raises DocumentError where there is no package, UsageError where nothing is to be watched, PackageError where what
    was seen cannot be saved, and AwsError where AWS refuses, or fails ten times in a row.
    """
    tell = tell or _ignore_step
    place = None if package is None else Path(package)
    service = ImportJobs(_make_clients(place, clients), clock)
    in_package = None if place is None else _make_package_watcher(place, service, clock, tell)
    fhir = [FhirJobWatcher.of(text, service, tell) for text in fhir_jobs]
    if in_package is None and not fhir:
        raise UsageError("Nothing was named to watch.", fix="Name a package, or a job of HealthLake.")
    watches: list[PackageWatcher | FhirJobWatcher] = [*([in_package] if in_package else []), *fhir]
    with progress_reporter(progress, "jobs") as report:
        _poll_until_ended(watches, clock, report, once=once)
    issues: list[Issue] = []
    submissions: Sequence[Submission] = ()
    if in_package is not None:
        submissions = in_package.submissions()
        for one in submissions:
            issues += check_submission(one, is_unknown=in_package.is_unknown(one))
    for other in fhir:
        issues += check_job_status(other.report, Location(path=other.name)) if other.report else ()
    return WatchResult(
        package=place,
        submissions=tuple(submissions),
        others=tuple(one.report for one in fhir if one.report is not None),
        issues=Issues(issues),
        unsubmitted=in_package.unsubmitted() if in_package is not None else 0,
    )


def _make_clients(place: Path | None, clients: Clients | None) -> Clients:
    if place is None:
        return clients or Clients()
    require_package(place)
    kept = PackageDirectory(place).account()
    reached = complete_clients(clients, kept)
    require_same_endpoint(kept, reached)
    return reached


def _make_package_watcher(
    place: Path, service: ImportJobs, clock: Clock, tell: Callable[[str, str], None]
) -> PackageWatcher:
    watch = PackageWatcher(place, read_package_plan(place), SubmissionStates(place), service, clock, tell)
    if not watch.submissions():
        raise UsageError("No job of the package was submitted.", fix="Run 'dicommap submit PACKAGE' first.")
    return watch


def _poll_until_ended(
    watches: Sequence[PackageWatcher | FhirJobWatcher], clock: Clock, report: OnProgress | None, *, once: bool
) -> None:
    pauses = GrowingPauses()
    failing = 0
    while True:
        try:
            for watch in watches:
                watch.look()
            failing = 0
        except AwsError as error:
            failing += 1
            if not error.transient or once or failing >= FAILED_ROUNDS_LIMIT:
                raise
            watch.tell(watch.name, f"could not be looked at ({error.code or 'no answer'}); tried again later")
        ended, total = (sum(numbers) for numbers in zip(*(one.counts() for one in watches), strict=True))
        if report is not None:
            report(Progress(ended, total, counted=True))
        if once or (failing == 0 and all(one.has_ended() for one in watches)):
            return
        clock.sleep(next(pauses))


def _ignore_step(_job: str, _what: str) -> None:
    pass
