"""reconcile(): determine one outcome for each planned instance of a package, from the job manifests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import convert_arguments, to_optional, to_path, to_progress, to_text
from dicommap.aws.clients import to_clients
from dicommap.display.issue_report import Issues
from dicommap.issues import has_errors
from dicommap.issues.bounded_list import BoundedList
from dicommap.model.displayable import Displayable
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.package.job_manifest_folders import JobManifestFolders
from dicommap.package.job_requests import require_jobs
from dicommap.package.package_directory import PackageDirectory
from dicommap.progress import progress_reporter, track_progress
from dicommap.reconciliation.job_reconciliation import reconcile_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from _typeshed import StrPath

    from dicommap.api.retry import Retry
    from dicommap.aws import Clients
    from dicommap.display.report import Report
    from dicommap.model.submission import Submission
    from dicommap.planning.plan import PlanJob
    from dicommap.progress import ProgressOption
    from dicommap.reconciliation.job_manifest import JobOutput
    from dicommap.reconciliation.job_reconciliation import JobReconciliation
    from dicommap.reconciliation.outcomes import ImportOutcome, InstanceOutcome, JobOutcomes, StudyOutcomes

STUDIES_KEPT = 1_000
"""Maximum number of studies in `Reconciliation.first`."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Reconciliation(Displayable):
    """The result of `reconcile`: the outcomes of the planned instances of a package.

    Only counts, issues and some studies are in memory. The methods `studies` and `instances` read the job manifests
    again, and yield all outcomes.
    """

    package: Path
    jobs: tuple[JobOutcomes, ...]
    issues: Issues
    first: tuple[StudyOutcomes, ...] = field(repr=False)
    """At most 1,000 studies with an instance that was not imported, is not in a primary image set, or has a warning."""
    _run: ReconciliationRun = field(repr=False)

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error. An instance that was not imported is an error."""
        return not has_errors(self.issues)

    @property
    def counts(self) -> Mapping[ImportOutcome, int]:
        """Return the number of instances by outcome."""
        from dicommap.display.reconciliation_report import sum_outcomes

        return sum_outcomes(self.jobs)

    @property
    def has_overrides(self) -> bool:
        """Return whether the package has overrides. A reconciliation does not check their effects; `verify` does."""
        return any(job.mappings for job in self._run.package.plan.jobs)

    def studies(self) -> Iterator[StudyOutcomes]:
        """Yield the outcomes of each study in each job. If several jobs import a study, it is yielded for each job."""
        return (study for job in self._run.reconcile_again() for study in job.studies)

    def instances(self) -> Iterator[InstanceOutcome]:
        """Yield the outcome of each planned instance, which is one file."""
        return (instance for job in self._run.reconcile_again() for instance in job.instances())

    @convert_arguments(output=to_path, stage_uri=to_optional(to_text))
    def retry(self, output: StrPath, *, stage_uri: str | None = None) -> Retry:
        """Write a new package that imports only the instances that were not imported. The job manifests are read again.

        A job that imported nothing is planned again with the same prefix. For any other job, the missing instances are
        staged below `stage_uri` and imported from there, because a job imports all files under its prefix. Jobs that
        were not started or have not ended are left out. Instances without a clear outcome are imported again. They may
        become duplicates, which AWS does not detect. The `attempt` number of the new plan is larger by 1, so that the
        new jobs have other client tokens.

        Args:
            output: The directory of the new package.
            stage_uri: The S3 prefix below which missing instances are staged.

        Returns:
            The new package, the numbers of its jobs and instances, and the issues.

        Raises:
            UsageError: Instances must be copied, and there is no `stage_uri`.
            DocumentError: The package was changed.
            PackageError: The new package cannot be written.

        """
        from dicommap.api.retry import RetryBuilder

        retrying = RetryBuilder(self._run.package)
        for _ in retrying.collect_missing(self._run.reconcile_again()):
            pass
        return retrying.write(output, stage_uri)

    def reasons(self, *, show_values: bool = False) -> list[tuple[int, str, str]]:
        """Return the reasons why instances failed, sorted by frequency.

        Args:
            show_values: Whether messages show patient values, which are masked by default.

        Returns:
            For each reason: the number of instances, the exception type, and the service's message.

        """
        from dicommap.display.reconciliation_report import rank_failure_reasons

        return rank_failure_reasons(self.jobs, show_values=show_values)

    def html(self, *, show_values: bool = False) -> str:
        """Return the results as one complete HTML page.

        `show_values` shows patient values, which are masked by default.
        """
        from dicommap.display.report_html import render_html_page

        return render_html_page(self._build_outcomes_report(show_values=show_values, is_limited=False))

    def _build_report(self) -> Report:
        return self._build_outcomes_report(show_values=is_unmasked_in_repr(), is_limited=True)

    def _build_outcomes_report(self, *, show_values: bool, is_limited: bool) -> Report:
        from dicommap.display.reconciliation_report import build_reconciliation_report
        from dicommap.plots.reconciliation_plot import plot_reconciliation

        return build_reconciliation_report(
            str(self.package),
            self.jobs,
            self.first,
            self.issues,
            show_values=show_values,
            is_limited=is_limited,
            figure=plot_reconciliation(self.jobs).to_figure(),
        )


class ReconciliationRun:
    """A reconciliation of a package's jobs that runs while the caller iterates. `result` returns its result at the end.

    One job at a time is in memory.
    """

    def __init__(
        self,
        package: StrPath,
        *,
        manifests: StrPath | None = None,
        clients: Clients | None = None,
        progress: ProgressOption = None,
    ) -> None:
        """Open the package, and the directory `manifests` if it is given. The parameters are those of `reconcile`."""
        self.package = PackageDirectory(package)
        require_jobs(self.package)
        self._folders = JobManifestFolders(Path(manifests)) if manifests is not None else None
        self._clients = clients
        self._completed_clients: Clients | None = None
        """The clients, completed with the profile and region of the package's first submit; None until needed."""
        self._progress = progress
        self._jobs: list[JobOutcomes] = []
        self._incomplete: BoundedList[StudyOutcomes] = BoundedList(limit=STUDIES_KEPT)
        self._with_warnings: BoundedList[StudyOutcomes] = BoundedList(limit=STUDIES_KEPT)

    def __iter__(self) -> Iterator[JobReconciliation]:
        self._jobs = []
        self._incomplete, self._with_warnings = BoundedList(limit=STUDIES_KEPT), BoundedList(limit=STUDIES_KEPT)
        with progress_reporter(self._progress, "jobs") as report:
            for reconciled in track_progress(self.reconcile_again(), report, len(self.package.plan.jobs)):
                self._jobs.append(reconciled.outcomes)
                self._keep_studies_with_problems(reconciled.studies)
                yield reconciled

    def reconcile_again(self) -> Iterator[JobReconciliation]:
        """Reconcile the jobs again, and yield the reconciliation of each job. Nothing is kept for `result`."""
        return map(self.reconcile, self.package.plan.jobs)

    def reconcile(self, job: PlanJob) -> JobReconciliation:
        """Return the reconciliation of one job of the package. The job is not added to `result`."""
        submission = self.package.read_submission(job)
        return reconcile_job(job, self.package.objects(job), submission, self._find_job_output(job, submission))

    def result(self) -> Reconciliation:
        """Return the result of the last iteration, which must have ended."""
        return Reconciliation(
            package=self.package.path,
            jobs=tuple(self._jobs),
            issues=Issues(issue for job in self._jobs for issue in job.issues),
            first=tuple((*self._incomplete, *self._with_warnings)[:STUDIES_KEPT]),
            _run=self,
        )

    def _keep_studies_with_problems(self, studies: tuple[StudyOutcomes, ...]) -> None:
        """Keep, for `Reconciliation.first`, the studies in which not all instances are primary and without warnings."""
        for study in studies:
            if not study.is_plain:
                (self._incomplete if study.missing else self._with_warnings).add(study)

    def _find_job_output(self, job: PlanJob, submission: Submission | None) -> JobOutput | None:
        """Return the job manifests of a job, from the given directory or from S3. Return None if they are not found."""
        job_id = (submission.jobId if submission else None) or ""
        if self._folders is not None:
            return self._folders.find_job_output(job.inputS3Uri, job_id)
        if submission is None or not job_id:
            return None
        from dicommap.aws.job_manifests import fetch_job_manifests
        from dicommap.package.aws_account_check import make_clients_with_saved_settings

        self._completed_clients = self._completed_clients or make_clients_with_saved_settings(
            self._clients, self.package.read_aws_account()
        )
        return fetch_job_manifests(self._completed_clients, submission.outputS3Uri, submission.datastoreId, job_id)


@convert_arguments(
    package=to_path, manifests=to_optional(to_path), clients=to_optional(to_clients), progress=to_progress
)
def reconcile(
    package: StrPath,
    *,
    manifests: StrPath | None = None,
    clients: Clients | None = None,
    progress: ProgressOption = None,
) -> Reconciliation:
    """Determine one outcome for each planned instance of a package, from the job manifests under outputS3Uri.

    The job manifests of a job are found by its job id if `submit` started the job, otherwise by its inputS3Uri. One job
    at a time is in memory.

    Args:
        package: The package directory.
        manifests: A directory that contains downloaded job manifests, at any depth. Without it, the job manifests are
            fetched from S3.
        clients: The AWS clients. A missing profile or region is that of the package's first submit.
        progress: Whether to show the number of reconciled jobs, or a function that is called with it.

    Returns:
        The counts of outcomes, the issues, and methods that yield studies and instances.

    Raises:
        DocumentError: The package or a job manifest cannot be read, or a list of objects was changed.
        PackageError: The saved state of a job's submission cannot be read.
        AwsError: S3 refuses a request.
        MissingExtraError: boto3 is needed and not installed.

    """
    run = ReconciliationRun(package, manifests=manifests, clients=clients, progress=progress)
    for _ in run:
        pass
    return run.result()
