"""reconcile(): give each planned instance of a package one outcome, from the job manifests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.display.issue_report import Issues
from dicommap.issues import has_errors
from dicommap.issues.bounded_list import BoundedList
from dicommap.model.displayable import Displayable
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.package.job_manifest_folders import JobManifestFolders
from dicommap.package.package_directory import PackageDirectory
from dicommap.progress import progress_reporter, track_progress
from dicommap.reconciliation.job_reconciliation import reconcile_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from _typeshed import StrPath

    from dicommap.api.retry import Retry
    from dicommap.aws import Clients
    from dicommap.display.reconciliation_report import ReconciliationReportInput
    from dicommap.display.report import Report
    from dicommap.model.submission import Submission
    from dicommap.planning.plan import PlanJob
    from dicommap.progress import ProgressOption
    from dicommap.reconciliation.job_manifest import JobOutput
    from dicommap.reconciliation.job_reconciliation import JobReconciliation
    from dicommap.reconciliation.outcomes import ImportOutcome, InstanceOutcome, JobOutcomes, StudyOutcomes

STUDIES_KEPT = 1_000
"""Studies with something to look at that a reconciliation keeps; `studies()` yields all."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Reconciliation(Displayable):
    """What became of a package's instances.

    It keeps numbers and findings; studies and instances are read again, from the manifests, when they are asked for.
    """

    package: Path
    jobs: tuple[JobOutcomes, ...]
    issues: Issues
    first: tuple[StudyOutcomes, ...] = field(repr=False)
    """The first studies of which not all instances are in primary image sets without a warning."""
    _run: ReconciliationRun = field(repr=False)

    @property
    def ok(self) -> bool:
        """Say whether every planned instance was imported."""
        return not has_errors(self.issues)

    @property
    def counts(self) -> Mapping[ImportOutcome, int]:
        """Return the number of instances by outcome."""
        total: Counter[ImportOutcome] = Counter()
        for job in self.jobs:
            total.update(job.counts)
        return dict(total)

    def studies(self) -> Iterator[StudyOutcomes]:
        """Yield every study of every job; one that is cut stands in each of its jobs."""
        return (study for one in self._run.again() for study in one.studies)

    def instances(self) -> Iterator[InstanceOutcome]:
        """Yield every planned instance, a file each, with its outcome."""
        return (found for one in self._run.again() for found in one.instances())

    def retry(self, output: StrPath, *, stage_uri: str | None = None) -> Retry:
        """Write a new package that holds only what was not imported; the manifests are read again for that.

        A job of which nothing was imported is planned again as it was. Of any other, what is missing is to be copied
        below `stage_uri` and imported from there, since a job takes everything under its prefix. The plan's attempt
        counts up, so that the jobs have tokens of their own. Jobs that were not started, or have not ended, are left
        out. What nobody knows to be imported or not is imported again: AWS does not de-duplicate.

        Raises UsageError where something has to be copied and no `stage_uri` is given, DocumentError where the package
        was changed, and PackageError where the new one cannot be written.
        """
        from dicommap.api.retry import RetryBuilder

        retrying = RetryBuilder(self._run.package)
        for _ in retrying.noting(self._run.again()):
            pass
        return retrying.write(output, stage_uri)

    def reasons(self, *, show_values: bool = False) -> list[tuple[int, str, str]]:
        """Return why instances failed: how many, the exception and the service's words, the most frequent first."""
        from dicommap.display.reconciliation_report import rank_failure_reasons

        return rank_failure_reasons(self.jobs, show_values=show_values)

    def html(self, *, show_values: bool = False) -> str:
        """Return the results as an HTML page that stands alone."""
        from dicommap.display.reconciliation_report import build_reconciliation_page

        return build_reconciliation_page(self._numbers(show_values=show_values))

    def _build_report(self) -> Report:
        from dicommap.display.reconciliation_report import build_reconciliation_report

        return build_reconciliation_report(self._numbers(show_values=is_unmasked_in_repr()))

    def _numbers(self, *, show_values: bool) -> ReconciliationReportInput:
        from dicommap.display.reconciliation_report import ReconciliationReportInput

        return ReconciliationReportInput(
            package=str(self.package),
            jobs=self.jobs,
            counts=self.counts,
            studies=self.first,
            issues=self.issues,
            show_values=show_values,
        )


class ReconciliationRun:
    """A reconciliation under way: goes through the jobs once, one at a time in memory, and has the result then."""

    def __init__(
        self,
        package: StrPath,
        *,
        manifests: StrPath | None = None,
        clients: Clients | None = None,
        progress: ProgressOption = None,
    ) -> None:
        """Open the package, and the directory of manifests where one is named; see `reconcile`."""
        self.package = PackageDirectory(package)
        self._folders = JobManifestFolders(Path(manifests)) if manifests is not None else None
        self._clients = clients
        self._reached: Clients | None = None
        """Those, with what the package's first submit was told."""
        self._progress = progress
        self._jobs: list[JobOutcomes] = []
        self._incomplete: BoundedList[StudyOutcomes] = BoundedList(limit=STUDIES_KEPT)
        self._with_warnings: BoundedList[StudyOutcomes] = BoundedList(limit=STUDIES_KEPT)

    def __iter__(self) -> Iterator[JobReconciliation]:
        self._jobs = []
        self._incomplete, self._with_warnings = BoundedList(limit=STUDIES_KEPT), BoundedList(limit=STUDIES_KEPT)
        with progress_reporter(self._progress, "jobs") as report:
            for one in track_progress(self.again(), report, len(self.package.plan.jobs)):
                self._jobs.append(one.outcomes)
                self._keep(one.studies)
                yield one

    def again(self) -> Iterator[JobReconciliation]:
        """Yield each job, accounted for, without a trace in the result."""
        for job in self.package.plan.jobs:
            submission = self.package.submission(job)
            yield reconcile_job(job, self.package.objects(job), submission, self._evidence(job, submission))

    def result(self) -> Reconciliation:
        """Return the result of what was gone through."""
        return Reconciliation(
            package=self.package.path,
            jobs=tuple(self._jobs),
            issues=Issues(found for job in self._jobs for found in job.issues),
            first=tuple((*self._incomplete, *self._with_warnings)[:STUDIES_KEPT]),
            _run=self,
        )

    def _keep(self, studies: tuple[StudyOutcomes, ...]) -> None:
        for study in studies:
            if not study.is_plain:
                (self._incomplete if study.missing else self._with_warnings).add(study)

    def _evidence(self, job: PlanJob, submission: Submission | None) -> JobOutput | None:
        job_id = (submission.jobId if submission else None) or ""
        if self._folders is not None:
            return self._folders.evidence(job.inputS3Uri, job_id)
        if submission is None or not job_id:
            return None
        from dicommap.aws.job_manifests import fetch_job_manifests
        from dicommap.package.submission_account import complete_clients

        self._reached = self._reached or complete_clients(self._clients, self.package.account())
        return fetch_job_manifests(self._reached, submission.outputS3Uri, submission.datastoreId, job_id)


def reconcile(
    package: StrPath,
    *,
    manifests: StrPath | None = None,
    clients: Clients | None = None,
    progress: ProgressOption = None,
) -> Reconciliation:
    """Give every planned instance of a package one outcome, from what its import jobs wrote under their outputS3Uri.

    The manifests are fetched from S3 with `clients`, which are those of the package's first submit where they leave
    anything open, and then as boto3 is configured; or they are read from the
    directory `manifests` that they were downloaded to: each job's folder, anywhere below it. A job is known by its id,
    where the package was submitted with `submit`, and by its inputS3Uri otherwise. Jobs are read one at a time.
    `progress` is told of jobs, as that of a scan is of files.

    Raises DocumentError where the package or a manifest cannot be read or its list of objects was changed, PackageError
    where the state of a submission cannot be read, AwsError where S3 refuses, and MissingExtraError where boto3 is
    needed and not installed.
    """
    run = ReconciliationRun(package, manifests=manifests, clients=clients, progress=progress)
    for _ in run:
        pass
    return run.result()
