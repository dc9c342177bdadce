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
    from dicommap.display.reconciliation_report import ReconciliationReportContent
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
    """The outcome of each planned instance of a package.

    It keeps counts and issues. Studies and instances are read from the job manifests again when you ask for them.
    """

    package: Path
    jobs: tuple[JobOutcomes, ...]
    issues: Issues
    first: tuple[StudyOutcomes, ...] = field(repr=False)
    """The first studies of which not all instances are in primary image sets without a warning."""
    _run: ReconciliationRun = field(repr=False)

    @property
    def ok(self) -> bool:
        """Return whether every planned instance was imported."""
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
        """Write a new package that imports only the instances that were not imported. It reads the job manifests again.

        A job that imported nothing is planned again with the same prefix. The missing instances of any other job are
        copied below `stage_uri` and imported from there, because a job imports everything under its prefix. Jobs that
        were not started, or have not ended, are left out. Instances without a clear outcome are imported again: AWS
        does not detect duplicates. The plan's attempt counts up, so that the new jobs have other client tokens.

        Args:
            output: The directory of the new package.
            stage_uri: The S3 prefix for copies.

        Raises:
            UsageError: If something has to be copied and there is no `stage_uri`.
            DocumentError: If the package was changed.
            PackageError: If the new package cannot be written.

        """
        from dicommap.api.retry import RetryBuilder

        retrying = RetryBuilder(self._run.package)
        for _ in retrying.collect_missing(self._run.again()):
            pass
        return retrying.write(output, stage_uri)

    def reasons(self, *, show_values: bool = False) -> list[tuple[int, str, str]]:
        """Return why instances failed: how many, the exception and the service's words, the most frequent first."""
        from dicommap.display.reconciliation_report import rank_failure_reasons

        return rank_failure_reasons(self.jobs, show_values=show_values)

    def html(self, *, show_values: bool = False) -> str:
        """Return the results as an HTML page that stands alone."""
        from dicommap.display.reconciliation_report import build_reconciliation_page

        return build_reconciliation_page(self._report_content(show_values=show_values))

    def _build_report(self) -> Report:
        from dicommap.display.reconciliation_report import build_reconciliation_report

        return build_reconciliation_report(self._report_content(show_values=is_unmasked_in_repr()))

    def _report_content(self, *, show_values: bool) -> ReconciliationReportContent:
        from dicommap.display.reconciliation_report import ReconciliationReportContent

        return ReconciliationReportContent(
            package=str(self.package),
            jobs=self.jobs,
            counts=self.counts,
            studies=self.first,
            issues=self.issues,
            show_values=show_values,
        )


class ReconciliationRun:
    """A running reconciliation. Iterate its jobs once, then read `result`. One job at a time is in memory."""

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
        """The clients, completed with the AWS account of the package's first submit."""
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
        """Yield each job with its outcomes, without counting it in the result."""
        for job in self.package.plan.jobs:
            submission = self.package.submission(job)
            yield reconcile_job(job, self.package.objects(job), submission, self._find_job_output(job, submission))

    def result(self) -> Reconciliation:
        """Return the result of the jobs that were iterated."""
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

    def _find_job_output(self, job: PlanJob, submission: Submission | None) -> JobOutput | None:
        job_id = (submission.jobId if submission else None) or ""
        if self._folders is not None:
            return self._folders.find_job_output(job.inputS3Uri, job_id)
        if submission is None or not job_id:
            return None
        from dicommap.aws.job_manifests import fetch_job_manifests
        from dicommap.package.submission_account import complete_clients

        self._reached = self._reached or complete_clients(self._clients, self.package.aws_account())
        return fetch_job_manifests(self._reached, submission.outputS3Uri, submission.datastoreId, job_id)


def reconcile(
    package: StrPath,
    *,
    manifests: StrPath | None = None,
    clients: Clients | None = None,
    progress: ProgressOption = None,
) -> Reconciliation:
    """Give every planned instance of a package one outcome, from the job manifests under outputS3Uri.

    A job is identified by its job id if the package was submitted with `submit`, and otherwise by its inputS3Uri. One
    job at a time is in memory.

    Args:
        package: The package directory.
        manifests: A directory with downloaded job manifests, at any depth. Without it, they are fetched from S3.
        clients: The AWS clients. Missing settings are those of the package's first submit.
        progress: Shows progress, or is called with it, as jobs are read.

    Raises:
        DocumentError: If the package or a job manifest cannot be read, or a list of objects was changed.
        PackageError: If the state of a submission cannot be read.
        AwsError: If S3 refuses.
        MissingExtraError: If boto3 is needed and not installed.

    """
    run = ReconciliationRun(package, manifests=manifests, clients=clients, progress=progress)
    for _ in run:
        pass
    return run.result()
