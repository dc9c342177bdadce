"""Write a package that imports only the instances that earlier jobs did not import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.display.formatting import format_count
from dicommap.display.issue_report import Issues
from dicommap.errors import DocumentError, UsageError
from dicommap.healthimaging.s3_uri import S3Uri, s3_uri_issues
from dicommap.issues import Location, make_issue
from dicommap.model.displayable import Displayable
from dicommap.model.package_layout import job_folder
from dicommap.overrides.override import parse_override
from dicommap.overrides.override_file import dump_override
from dicommap.package.package_writer import require_writable, write_package
from dicommap.package.review_tables import filter_tables
from dicommap.planning.job_load import OverrideSizes
from dicommap.planning.package_documents import PlanHeader, build_package_documents
from dicommap.planning.planned_objects import PlannedJob, PlannedObject
from dicommap.planning.retry_jobs import plan_retry_jobs
from dicommap.planning.source_prefixes import parse_s3_root, prefixes_overlap
from dicommap.reconciliation.outcomes import JobState
from dicommap.validation.draft_check import check_documents

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from _typeshed import StrPath

    from dicommap.display.report import Report
    from dicommap.issues import Issue
    from dicommap.overrides.override import Override
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.planning.plan import PlanJob
    from dicommap.reconciliation.job_reconciliation import JobReconciliation

_ACCOUNT_MEMBERS = ("datastoreId", "dataAccessRoleArn", "outputS3Uri", "inputOwnerAccountId")


class JobObjects(Iterable[PlannedObject]):
    """The planned objects of a job. Each iteration reads them from objects.csv."""

    def __init__(self, package: PackageDirectory, job: PlanJob) -> None:
        self._package = package
        self._job = job

    def __iter__(self) -> Iterator[PlannedObject]:
        return self._package.objects(self._job)


def read_overrides(
    package: PackageDirectory, whole: Iterable[PlanJob], partial: Iterable[PlanJob], studies: Container[str]
) -> Iterator[Override]:
    """Yield each override that a retry needs, once.

    Args:
        package: The package of the earlier jobs.
        whole: Jobs whose overrides are all yielded.
        partial: Jobs of which only the overrides for `studies` are yielded.
        studies: Study Instance UIDs.

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
        data = package.override_file(job, mapping.metadataFilePath)
        try:
            yield parse_override(data, mapping, package.plan.assumptions)
        except ValueError as error:
            message = f"An override file of job {job.id} cannot be used again: {error}."
            raise DocumentError(message, fix="Run 'dicommap validate' on the package.") from None


def read_account_members(package: PackageDirectory, job: PlanJob) -> dict[str, str]:
    """Return the request members that the owner of the AWS account gave for a job. Placeholders are left out."""
    submission = package.submission(job)
    members = package.request(job) if submission is None else submission.model_dump()
    return {name: members[name] for name in _ACCOUNT_MEMBERS if members.get(name) not in (None, f"<{name}>")}


_NO_URI = S3Uri(bucket="", prefix="")


@dataclass(frozen=True, kw_only=True, repr=False)
class Retry(Displayable):
    """The result of a retry: the new package, its jobs and instances, and the issues."""

    package: Path | None
    """The directory of the new package; None if there is nothing to import again, or if an issue is an error."""
    in_place: int
    """Number of jobs that imported nothing. The new package imports the same prefixes again."""
    staged: int
    """Number of jobs that import copies of instances from a staging prefix."""
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
    """Builder of a retry package. It collects the instances to import again while jobs are reconciled.

    Only instances that must be copied are kept in memory.
    """

    def __init__(self, package: PackageDirectory) -> None:
        """Make a builder without jobs. `package` is the package of the earlier jobs."""
        self._package = package
        self._whole: list[PlanJob] = []
        self._partial: list[PlanJob] = []
        self._missing: list[PlannedObject] = []
        """Instances of the partial jobs that were not imported."""
        self._roots = {root: number for number, root in enumerate(package.plan.sources)}
        self._unclear_count = 0
        self._issues: list[Issue] = []

    def collect_missing(self, reconciled: Iterable[JobReconciliation]) -> Iterator[JobReconciliation]:
        """Yield the reconciled jobs unchanged, and collect the missing instances of each job."""
        jobs = {job.id: job for job in self._package.plan.jobs}
        for job in reconciled:
            self._collect_job(jobs[job.outcomes.job], job)
            yield job

    def write(self, output: StrPath, stage_uri: str | None) -> Retry:
        """Write the new package. If no instance must be imported again or an issue is an error, nothing is written.

        Args:
            output: The directory of the new package.
            stage_uri: The S3 prefix for copies; None if there is no prefix.

        Returns:
            The result of the retry.

        Raises:
            UsageError: Instances must be copied, and there is no `stage_uri`.
            DocumentError: The package of the earlier jobs was changed.
            PackageError: The new package cannot be written.

        """
        place = Path(output)
        require_writable(place)
        issues = list(self._issues)
        if not self._whole and not self._missing:
            if not issues:
                issues.append(make_issue("reconcile.nothing-to-retry"))
            return self._make_result(None, 0, issues)
        issues += self._call_issues(stage_uri)
        if self._unclear_count:
            issues.append(make_issue("reconcile.import-again", count=self._unclear_count))
        if Issues(issues).errors:
            return self._make_result(None, 0, issues)
        studies = {instance.study_instance_uid for instance in self._missing}
        overrides = list(read_overrides(self._package, self._whole, self._partial, studies))
        staged, quota_issues = self._plan_staged_jobs(self._stage_prefix(stage_uri), overrides)
        issues += quota_issues
        if Issues(quota_issues).errors:  # then the plan may have no job
            return self._make_result(None, len(staged), issues)
        known: dict[str, set[str]] = {}
        for override in overrides:
            known.setdefault(override.study_instance_uid, set()).update(filter(None, [override.series_instance_uid]))
        documents = build_package_documents(
            [*self._plan_jobs_in_place(), *staged],
            overrides,
            self._plan_header(),
            filter_tables(self._package, known),
            self._collect_account_members(),
        )
        issues += check_documents(documents, known)
        if Issues(issues).errors:
            return self._make_result(None, len(staged), issues)
        write_package(place, documents)
        return self._make_result(place, len(staged), issues)

    def _make_result(self, package: Path | None, staged: int, issues: Iterable[Issue]) -> Retry:
        return Retry(
            package=package,
            in_place=len(self._whole),
            staged=staged,
            instances=sum(job.instances for job in self._whole) + len(self._missing),
            issues=Issues(issues),
        )

    def _collect_job(self, job: PlanJob, reconciled: JobReconciliation) -> None:
        """Collect the missing instances of a job. A job without any imported instance is repeated as a whole."""
        state = reconciled.outcomes.state
        if state in (JobState.NOT_STARTED, JobState.UNANSWERED, JobState.NOT_ENDED):
            place = Location(path=job_folder(job.id))
            self._issues.append(make_issue("reconcile.left-out", place, standing=state.value))
            return
        if not reconciled.outcomes.missing:
            return
        is_whole = not reconciled.ledger.record_counts.imported
        (self._whole if is_whole else self._partial).append(job)
        for instance in reconciled.instances():
            if instance.outcome.is_imported:
                continue
            # The outcome is unclear if the instance has no record, or records that contradict each other.
            self._unclear_count += instance.reported_imported or not instance.reported_failed
            if not is_whole:
                self._missing.append(self._with_s3_source(job, instance.planned))

    def _with_s3_source(self, job: PlanJob, planned: PlannedObject) -> PlannedObject:
        """Return a planned object with its S3 key as the source. A local file was uploaded to this key for the job."""
        if parse_s3_root(self._package.plan.sources[planned.root]) is not None:
            return planned
        root = job.inputS3Uri if job.staged else self._package.plan.inputS3Uri
        number = self._roots.setdefault(root, len(self._roots))
        return replace(
            planned, root=number, source=job.inputS3Uri.removeprefix(root) + planned.key, etag="", modified_ns=None
        )

    def _stage_prefix(self, stage_uri: str | None) -> S3Uri | None:
        uri = S3Uri.parse(stage_uri or "")
        # Each attempt has its own prefix, because copies of an earlier attempt may still exist.
        attempt = f"attempt-{self._package.plan.attempt + 1:04}/"
        return None if uri is None else S3Uri(bucket=uri.bucket, prefix=uri.prefix + attempt)

    def _call_issues(self, stage_uri: str | None) -> Iterator[Issue]:
        """Yield the issues of the stage URI. Raises UsageError if instances must be copied and no URI is given."""
        if stage_uri is None:
            if self._missing:
                raise UsageError(
                    f"{format_count(len(self._missing), 'instance')} cannot be imported again in place: a job takes "
                    "everything under its prefix, and other instances there were imported.",
                    fix="Name a prefix that they are copied to with --stage-uri.",
                )
            return
        yield from s3_uri_issues(stage_uri, Location())
        stage = self._stage_prefix(stage_uri)
        if stage is None:
            return
        taken = [self._package.plan.inputS3Uri, *self._roots, *(job.inputS3Uri for job in self._package.plan.jobs)]
        if any(prefixes_overlap(stage, uri) for text in taken if (uri := parse_s3_root(text)) is not None):
            yield make_issue("job.stage-overlap", other="a prefix that was imported")
        output = S3Uri.parse(self._collect_account_members().get("outputS3Uri", ""))
        if output is not None and prefixes_overlap(stage, output):
            yield make_issue("job.stage-overlap", other="outputS3Uri")

    def _plan_jobs_in_place(self) -> Iterator[PlannedJob]:
        for number, job in enumerate(self._whole, 1):
            uri = S3Uri.parse(job.inputS3Uri) or _NO_URI
            yield PlannedJob(id=f"{number:04}", uri=uri, staged=job.staged, objects=JobObjects(self._package, job))

    def _plan_staged_jobs(
        self, stage: S3Uri | None, overrides: Sequence[Override]
    ) -> tuple[Sequence[PlannedJob], list[Issue]]:
        """Return the jobs for staged instances, and the issues of divided studies and of files that fit into no job."""
        if stage is None or not self._missing:
            return (), []
        plan = self._package.plan
        sizes = (
            (
                (override.study_instance_uid, override.series_instance_uid),
                len(dump_override(override, plan.assumptions).encode()),
            )
            for override in overrides
        )
        retry_plan = plan_retry_jobs(self._missing, OverrideSizes(sizes), plan.quotas, stage, len(self._whole) + 1)
        issues = [
            make_issue(
                "job.study-over-quota",
                Location(study=study),
                jobs=f"Jobs {', '.join(retry_plan.jobs[number].id for number in numbers)}",
                rest="",
                count=excess.count,
                what=excess.what,
                limit=excess.limit,
            )
            for study, (excess, numbers) in sorted(retry_plan.packed.cut.items())
        ]
        left_out = sum(retry_plan.packed.unpackable_files.values())
        return retry_plan.jobs, [
            *issues,
            make_issue("job.unplanned", files=format_count(left_out, "file")),
        ] if left_out else issues

    def _plan_header(self) -> PlanHeader:
        """Return the members of the retry's plan that do not depend on its jobs."""
        plan = self._package.plan
        return PlanHeader(
            roots=tuple(self._roots),
            uri=S3Uri.parse(plan.inputS3Uri) or _NO_URI,
            quotas=plan.quotas,
            assumptions=plan.assumptions,
            files=sum(job.sourceFiles for job in self._whole) + len(self._missing),
            instances=sum(job.instances for job in self._whole) + len(self._missing),
            attempt=plan.attempt + 1,
        )

    def _collect_account_members(self) -> dict[str, str]:
        return read_account_members(self._package, (*self._whole, *self._partial)[0])
