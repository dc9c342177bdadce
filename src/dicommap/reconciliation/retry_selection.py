"""Select the jobs and instances that a retry imports again, from the outcomes of earlier jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.errors import UsageError
from dicommap.healthimaging.s3_uri import S3Uri, s3_uri_issues
from dicommap.issues import Location, make_issue
from dicommap.issues.wording import format_count
from dicommap.model.package_layout import job_folder
from dicommap.planning.package_documents import PlanHeader
from dicommap.planning.source_prefixes import parse_s3_root, prefixes_overlap
from dicommap.reconciliation.job_reconciliation import NO_URI
from dicommap.reconciliation.outcomes import JobState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue
    from dicommap.planning.plan import Plan, PlanJob
    from dicommap.planning.planned_objects import PlannedObject
    from dicommap.reconciliation.job_reconciliation import JobReconciliation


class RetrySelection:
    """The jobs and instances of a plan that a retry imports again.

    A job that imported nothing is repeated as a whole. For any other job, only the instances that were not imported are
    selected. These instances must be copied to another prefix, because a job imports all files under its prefix. Only
    these instances are kept in memory.
    """

    def __init__(self, plan: Plan) -> None:
        """Make an empty selection. `plan` is the plan of the earlier jobs."""
        self._plan = plan
        self._jobs = {job.id: job for job in plan.jobs}
        self._roots = {root: number for number, root in enumerate(plan.sources)}
        self.whole: list[PlanJob] = []
        """Jobs that imported nothing, or that ran without the planned import configuration."""
        self.partial: list[PlanJob] = []
        """Jobs that imported only some of their instances."""
        self.missing: list[PlannedObject] = []
        """Instances of the partial jobs that were not imported. Their sources are S3 objects."""
        self.unclear_count = 0
        """Number of selected instances that may have been imported: they have no record, or their records disagree."""
        self.issues: list[Issue] = []
        """An issue for each job that is left out, because it has not been started or has not ended."""

    @property
    def is_empty(self) -> bool:
        """Return whether no instance is selected."""
        return not self.whole and not self.missing

    @property
    def jobs(self) -> list[PlanJob]:
        """Return all jobs with selected instances: first the whole jobs, then the partial jobs."""
        return [*self.whole, *self.partial]

    @property
    def instances(self) -> int:
        """Return the number of instances to import again."""
        return sum(job.instances for job in self.whole) + len(self.missing)

    def add_job(self, reconciled: JobReconciliation) -> None:
        """Select the instances of a job that were not imported.

        Select all if its import configuration was not as planned.
        """
        job, outcomes = self._jobs[reconciled.outcomes.job], reconciled.outcomes
        if outcomes.state in (JobState.NOT_STARTED, JobState.UNANSWERED, JobState.NOT_ENDED):
            place = Location(path=job_folder(job.id))
            self.issues.append(make_issue("reconcile.left-out", place, standing=outcomes.state.value))
            return
        if not outcomes.retry_count:
            return
        is_whole = outcomes.has_other_configuration or not reconciled.ledger.record_counts.imported
        (self.whole if is_whole else self.partial).append(job)
        for instance in reconciled.instances():
            if instance.outcome.is_imported and not outcomes.has_other_configuration:
                continue
            # The instance may be in the data store if it has no record, or if a record reports its import.
            self.unclear_count += instance.reported_imported or not instance.reported_failed
            if not is_whole:
                self.missing.append(self._with_s3_source(job, instance.planned))

    def make_stage_prefix(self, stage_uri: str | None) -> S3Uri | None:
        """Return the S3 prefix for the copies. Return None if `stage_uri` is None or not an S3 URI.

        Each attempt has its own prefix below `stage_uri`, because copies of an earlier attempt may still exist.
        """
        uri = S3Uri.parse(stage_uri or "")
        attempt = f"attempt-{self._plan.attempt + 1:04}/"
        return None if uri is None else S3Uri(bucket=uri.bucket, prefix=uri.prefix + attempt)

    def stage_issues(self, stage_uri: str | None, output_s3_uri: str | None) -> Iterator[Issue]:
        """Yield an issue if the stage URI is not valid, or overlaps a prefix of the earlier jobs.

        Args:
            stage_uri: The S3 prefix for copies. None if the caller gave none.
            output_s3_uri: The outputS3Uri of the earlier jobs. None if it is not known.

        Raises:
            UsageError: Instances must be copied, and `stage_uri` is None.
        """
        if stage_uri is None:
            if self.missing:
                count = format_count(len(self.missing), "instance")
                raise UsageError(
                    f"{count} cannot be imported again in place: a job takes everything under its prefix, and other "
                    "instances there were imported.",
                    fix="Name a prefix that they are copied to with --stage-uri.",
                )
            return
        yield from s3_uri_issues(stage_uri, Location())
        stage = self.make_stage_prefix(stage_uri)
        if stage is None:
            return
        used = [self._plan.inputS3Uri or "", *self._roots, *(job.inputS3Uri for job in self._plan.jobs)]
        if any(prefixes_overlap(stage, uri) for text in used if (uri := parse_s3_root(text)) is not None):
            yield make_issue("job.stage-overlap", other="a prefix that was imported")
        output = S3Uri.parse(output_s3_uri or "")
        if output is not None and prefixes_overlap(stage, output):
            yield make_issue("job.stage-overlap", other="outputS3Uri")

    def make_plan_header(self) -> PlanHeader:
        """Return the settings and file counts of the retry's plan, without its jobs."""
        return PlanHeader(
            roots=tuple(self._roots),
            uri=S3Uri.parse(self._plan.inputS3Uri or "") or NO_URI,
            quotas=self._plan.quotas,
            assumptions=self._plan.assumptions,
            files=sum(job.sourceFiles for job in self.whole) + len(self.missing),
            instances=self.instances,
            attempt=self._plan.attempt + 1,
        )

    def _with_s3_source(self, job: PlanJob, planned: PlannedObject) -> PlannedObject:
        """Return a planned object with its S3 key as the source.

        For a local file, it is the key to which it was uploaded.
        """
        if parse_s3_root(self._plan.sources[planned.root]) is not None:
            return planned
        root = job.inputS3Uri if job.staged else self._plan.inputS3Uri or ""
        number = self._roots.setdefault(root, len(self._roots))
        return replace(
            planned, root=number, source=job.inputS3Uri.removeprefix(root) + planned.key, etag="", modified_ns=None
        )
