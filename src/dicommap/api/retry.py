"""RetryBuilder: write a package that imports what earlier jobs did not import, for reconcile()."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.display.issue_report import Issues
from dicommap.errors import DocumentError
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import make_issue
from dicommap.model.audit import AuditAction, AuditEvent
from dicommap.model.displayable import Displayable
from dicommap.overrides.override import parse_override
from dicommap.overrides.override_file import dump_override
from dicommap.package.package_writer import require_new_package, write_package
from dicommap.package.review_tables import filter_tables
from dicommap.package.temporary_store import TemporaryStore
from dicommap.planning.job_load import OverrideSizes
from dicommap.planning.package_documents import build_package_documents
from dicommap.planning.planned_objects import PlannedJob, PlannedObject, count_series_files
from dicommap.planning.retry_jobs import plan_retry_jobs
from dicommap.reconciliation.job_reconciliation import NO_URI
from dicommap.reconciliation.retry_selection import RetrySelection
from dicommap.validation.draft_check import check_drafted_documents

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from _typeshed import StrPath

    from dicommap.display.report import Report
    from dicommap.issues import Issue
    from dicommap.model.item_store import ItemList
    from dicommap.overrides.override import Override
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.planning.plan import PlanJob
    from dicommap.reconciliation.job_reconciliation import JobReconciliation

_ACCOUNT_MEMBERS = ("datastoreId", "dataAccessRoleArn", "outputS3Uri", "inputOwnerAccountId")


class JobObjects(Iterable[PlannedObject]):
    """An iterable of the planned objects of a job. Each iteration reads them from the job's objects.csv."""

    def __init__(self, package: PackageDirectory, job: PlanJob) -> None:
        self._package = package
        self._job = job

    def __iter__(self) -> Iterator[PlannedObject]:
        return self._package.objects(self._job)


def read_overrides(
    package: PackageDirectory, whole: Iterable[PlanJob], partial: Iterable[PlanJob], studies: Container[str]
) -> Iterator[Override]:
    """Yield the overrides that a retry needs, each once.

    Args:
        package: The package of the earlier jobs.
        whole: Jobs that imported nothing. All their overrides are yielded.
        partial: Jobs that imported some of their instances. Only their overrides for `studies` are yielded.
        studies: The Study Instance UIDs of the missing instances.

    Raises:
        DocumentError: An override file was changed, or cannot be used.

    """
    done: set[tuple[str, str | None]] = set()
    wanted = [
        *((job, mapping) for job in whole for mapping in job.mappings),
        *((job, mapping) for job in partial for mapping in job.mappings if mapping.studyInstanceUID in studies),
    ]
    for job, mapping in wanted:
        key = mapping.studyInstanceUID, mapping.seriesInstanceUID
        if key in done:
            continue
        done.add(key)
        data = package.read_override_file(job, mapping.metadataFilePath)
        try:
            yield parse_override(data, mapping, package.plan.assumptions)
        except ValueError as error:
            message = f"An override file of job {job.id} cannot be used again: {error}."
            raise DocumentError(message, fix="Run 'dicommap validate' on the package.") from None


def read_account_members(package: PackageDirectory, job: PlanJob) -> dict[str, str]:
    """Return the members of a job's request that depend on the AWS account: name -> value.

    Members whose value is a placeholder are left out.
    """
    submission = package.read_submission(job)
    members = package.read_request(job) if submission is None else submission.model_dump()
    return {name: members[name] for name in _ACCOUNT_MEMBERS if members.get(name) not in (None, f"<{name}>")}


@dataclass(frozen=True, kw_only=True, repr=False)
class Retry(Displayable):
    """The result of a retry: the new package, its jobs and instances, and the issues."""

    package: Path | None
    """The directory of the new package; None if there is nothing to import again, or if an issue is an error."""
    in_place: int
    """Number of new jobs that import the same prefixes as earlier jobs. These earlier jobs imported nothing."""
    staged: int
    """Number of new jobs that import copies of instances from a staging prefix."""
    instances: int
    """Number of instances to import again."""
    issues: Issues

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error."""
        return not self.issues.errors

    def _build_report(self) -> Report:
        from dicommap.display.submission_report import build_retry_report

        place = None if self.package is None else str(self.package)
        return build_retry_report(place, self.in_place, self.staged, self.instances, self.issues)


class RetryBuilder:
    """Builder of a package that imports missing instances again. Call `collect_missing`, then `write`."""

    def __init__(self, package: PackageDirectory) -> None:
        """Make a builder that has no missing instances yet. `package` is the package of the earlier jobs."""
        self._package = package
        self._selection = RetrySelection(package.plan)

    def collect_missing(self, reconciled: Iterable[JobReconciliation]) -> Iterator[JobReconciliation]:
        """Yield the reconciled jobs unchanged, and collect the missing instances of each job."""
        for job in reconciled:
            self._selection.add_job(job)
            yield job

    def write(self, output: StrPath, stage_uri: str | None) -> Retry:
        """Write the new package. If no instance must be imported again, or an issue is an error, nothing is written.

        Args:
            output: The directory of the new package.
            stage_uri: The S3 prefix below which missing instances are staged; None if none was given.

        Returns:
            The result of the retry.

        Raises:
            UsageError: Instances must be copied, and there is no `stage_uri`.
            DocumentError: The package of the earlier jobs was changed.
            PackageError: The new package cannot be written.

        """
        place, selection = Path(output), self._selection
        require_new_package(place)
        if selection.is_empty:
            return self._make_result(None, 0, selection.issues or [make_issue("reconcile.nothing-to-retry")])
        account = read_account_members(self._package, selection.jobs[0])
        issues = [*selection.issues, *selection.stage_issues(stage_uri, account.get("outputS3Uri"))]
        if selection.unclear_count:
            issues.append(make_issue("reconcile.import-again", count=selection.unclear_count))
        if Issues(issues).errors:
            return self._make_result(None, 0, issues)
        studies = {instance.study_instance_uid for instance in selection.missing}
        store = TemporaryStore(place)
        overrides: ItemList[Override] = store.make_list()
        overrides.extend(read_overrides(self._package, selection.whole, selection.partial, studies))
        staged, quota_issues = self._plan_staged_jobs(selection.make_stage_prefix(stage_uri), overrides)
        issues += quota_issues
        if Issues(quota_issues).errors:  # then the plan may have no job
            return self._make_result(None, len(staged), issues)
        known = {override.study_instance_uid for override in overrides}
        jobs = [*self._plan_jobs_in_place(), *staged]
        tables = filter_tables(self._package, known, count_series_files(jobs), store)
        documents = build_package_documents(jobs, overrides, selection.make_plan_header(), tables, account, store)
        issues += check_drafted_documents(documents)
        if Issues(issues).errors:
            return self._make_result(None, len(staged), issues)
        write_package(place, documents, self._make_event())
        return self._make_result(place, len(staged), issues)

    def _make_event(self) -> AuditEvent:
        """Return the event for audit.jsonl which says that the new package was drafted. It names the earlier plan."""
        first = self._package.read_draft_event()
        plan = self._package.hash_plan()
        if first is None:
            return AuditEvent(action=AuditAction.DRAFTED, earlierPlan=plan)
        members = first.model_dump(include={"reason", "values", "keyId"})
        return AuditEvent(action=AuditAction.DRAFTED, earlierPlan=plan, **members)

    def _make_result(self, package: Path | None, staged: int, issues: Iterable[Issue]) -> Retry:
        return Retry(
            package=package,
            in_place=len(self._selection.whole),
            staged=staged,
            instances=self._selection.instances,
            issues=Issues(issues),
        )

    def _plan_jobs_in_place(self) -> Iterator[PlannedJob]:
        """Yield a job for each earlier job that imported nothing, with the same prefix and objects."""
        for number, job in enumerate(self._selection.whole, 1):
            uri = S3Uri.parse(job.inputS3Uri) or NO_URI
            yield PlannedJob(id=f"{number:04}", uri=uri, staged=job.staged, objects=JobObjects(self._package, job))

    def _plan_staged_jobs(
        self, stage: S3Uri | None, overrides: Sequence[Override]
    ) -> tuple[Sequence[PlannedJob], list[Issue]]:
        """Return the new jobs for staged instances, and the issues.

        The issues name each study that is divided among jobs, and each file that fits into no job.
        """
        missing, plan = self._selection.missing, self._package.plan
        if stage is None or not missing:
            return (), []
        sizes = (
            (
                (override.study_instance_uid, override.series_instance_uid),
                len(dump_override(override, plan.assumptions).encode()),
            )
            for override in overrides
        )
        first = len(self._selection.whole) + 1
        retry_plan = plan_retry_jobs(missing, OverrideSizes(sizes), plan.quotas, stage, first)
        return retry_plan.jobs, list(retry_plan.issues())
