"""Plan the import jobs of an inventory from the settings of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dicommap.dicom.choices import to_choice
from dicommap.errors import UsageError
from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import S3Uri, s3_uri_issues
from dicommap.issues import Location, Severity, make_issue
from dicommap.issues.bounded_list import BoundedList
from dicommap.issues.wording import format_count
from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.overrides.override_file import dump_override
from dicommap.planning.folders import PrefixRules
from dicommap.planning.job_load import OverrideSizes
from dicommap.planning.package_documents import PlanHeader
from dicommap.planning.planned_objects import PlannedJob, PlannedObject
from dicommap.planning.planner import PlannableFiles, plan_prefixes
from dicommap.planning.planning_issues import planning_issues
from dicommap.planning.source_prefixes import SourcePrefixes, find_common_prefix, parse_s3_root, prefixes_overlap
from dicommap.planning.staging import StagingPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.issues import Issue
    from dicommap.overrides.override import Override
    from dicommap.planning.planner import PrefixPlan
    from dicommap.planning.staging import StudyPart

DEFAULT_QUOTAS = Quotas()

JOBS_LIMIT = 999_999
"""Maximum number of jobs in a package: a job ID has at most six digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCounts:
    """The numbers of files in an inventory. Members of archives are not counted."""

    files: int
    instances: int
    """Number of instances and duplicates."""


class InventoryFiles(PlannableFiles, Protocol):
    """The interface of an object with the files of an inventory as S3 objects with a common prefix."""

    def count_files(self) -> FileCounts:
        """Return two numbers: of all files, and of the files that are instances or duplicates."""
        ...

    def non_utf8_paths(self) -> Iterable[str]:
        """Return the paths of instances that are not UTF-8. Such paths cannot be S3 keys."""
        ...

    def has_key(self, key: str) -> bool:
        """Return whether a file of the inventory has this key."""
        ...

    def objects_under(self, prefix: str) -> Iterable[PlannedObject]:
        """Return the objects whose keys begin with `prefix`. The keys of the result are relative to `prefix`.

        `prefix` is empty or ends with a slash.
        """
        ...

    def staged_objects(self, pieces: Iterable[StudyPart], largest: int) -> Iterable[PlannedObject]:
        """Return the objects of one staged job: a copy of each file in `pieces` that has at most `largest` bytes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """Settings for planning jobs: the inputS3Uri, the quotas and the staging policy."""

    input_s3_uri: str
    """The S3 prefix that has (or will have) all source files."""
    quotas: Quotas
    staging: StagingPolicy
    stage_uri: str | None
    """The S3 prefix of staged copies. None if nothing is staged."""
    leave_out: bool
    """Whether instances may be in no job. If False, a plan with such instances has an error."""

    @classmethod
    def from_options(
        cls,
        sources: Sequence[str],
        *,
        input_s3_uri: str | None,
        quotas: Quotas,
        staging: StagingPolicy | str | None,
        stage_uri: str | None,
        leave_out: bool,
    ) -> JobSettings:
        """Check the settings and return them.

        Args:
            sources: The source roots of the inventory.
            input_s3_uri: The S3 prefix of all source files. If it is None, the common prefix of the sources in S3 is
                used.
            quotas: The limits of one job.
            staging: The staging policy. None means WHERE_NEEDED if there is a `stage_uri`, and NEVER if not.
            stage_uri: The S3 prefix of staged copies.
            leave_out: Whether instances may be in no job. If False, a plan with such instances has an error.

        Raises:
            UsageError: No inputS3Uri is known, a source in S3 is outside it, or `staging` contradicts `stage_uri`.
        """
        chosen = _choose_staging_policy(staging, stage_uri)
        if input_s3_uri is None:
            prefix = find_common_prefix(sources)
            if prefix is None and all(parse_s3_root(root) is not None for root in sources):
                raise UsageError(
                    "The sources are in several buckets. The jobs of one package import from one bucket.",
                    fix="Scan and draft each bucket by itself.",
                )
            if prefix is None:
                raise missing_prefix_error()
            input_s3_uri = str(prefix)
        base = S3Uri.parse(input_s3_uri)
        if base is not None and SourcePrefixes.from_roots(sources, base).is_outside:
            raise UsageError(
                "A source is in S3, and not under --input-s3-uri.",
                fix="Leave --input-s3-uri out, or name a prefix that all sources are under. "
                "Scan and draft each bucket by itself.",
            )
        return cls(input_s3_uri=input_s3_uri, quotas=quotas, staging=chosen, stage_uri=stage_uri, leave_out=leave_out)

    def uri_issues(self, sources: Sequence[str], account: Mapping[str, str]) -> Iterator[Issue]:
        """Yield an issue for each invalid S3 URI, and for a staging prefix that overlaps a source or outputS3Uri."""
        yield from _s3_uri_issues(self.input_s3_uri, "S3 URI of --input-s3-uri")
        base = S3Uri.parse(self.input_s3_uri)
        prefixes = None if base is None else SourcePrefixes.from_roots(sources, base)
        if self.stage_uri is None:
            return
        yield from _s3_uri_issues(self.stage_uri, "S3 URI of --stage-uri")
        stage, output = S3Uri.parse(self.stage_uri), S3Uri.parse(account.get("outputS3Uri", ""))
        if (
            stage is not None
            and prefixes is not None
            and any(prefixes_overlap(stage, source) for source in prefixes.source_uris)
        ):
            yield make_issue("job.stage-overlap", other="the prefix of the source")
        if stage is not None and output is not None and prefixes_overlap(stage, output):
            yield make_issue("job.stage-overlap", other="outputS3Uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryJobs:
    """The planned jobs of an inventory, and the issues of planning."""

    base: S3Uri
    jobs: tuple[PlannedJob, ...]
    counts: FileCounts
    """The numbers of files in the whole inventory, including files in no job."""
    files: InventoryFiles
    issues: tuple[Issue, ...]

    def make_plan_header(self, sources: Sequence[str], quotas: Quotas, assumptions: Assumptions) -> PlanHeader:
        """Return the settings and file counts of the plan. `sources` are the source roots of the inventory."""
        return PlanHeader(
            roots=tuple(sources),
            uri=self.base,
            quotas=quotas,
            assumptions=assumptions,
            files=self.counts.files,
            instances=self.counts.instances,
        )


def plan_inventory_jobs(
    sources: Sequence[str],
    locate_files: Callable[[Sequence[str]], InventoryFiles],
    overrides: Sequence[Override],
    settings: JobSettings,
    assumptions: Assumptions,
    store: ItemStore = MEMORY,
) -> InventoryJobs | None:
    """Plan the import jobs of an inventory.

    Args:
        sources: The source roots of the inventory.
        locate_files: A function that returns the files of the inventory as S3 objects. Its argument is a list with a
            folder for each source: the folder under inputS3Uri that has (or will have) the files of the source.
        overrides: The overrides that the jobs import.
        settings: The inputS3Uri, the quotas and the staging policy.
        assumptions: The form of the override files, which decides their sizes.
        store: The store that keeps the sizes of override files and the numbers of files by study.

    Returns:
        The jobs. None if inputS3Uri is not an S3 URI.

    Raises:
        UsageError: There are more than JOBS_LIMIT jobs.
    """
    base = S3Uri.parse(settings.input_s3_uri)
    if base is None:
        return None
    prefixes = SourcePrefixes.from_roots(sources, base)
    files = locate_files(prefixes.offsets)
    sizes = (
        (
            (override.study_instance_uid, override.series_instance_uid),
            len(dump_override(override, assumptions).encode()),
        )
        for override in overrides
    )
    rules = PrefixRules(base, prefixes.offsets)
    plan = plan_prefixes(files, OverrideSizes(sizes, store), rules, settings.quotas, settings.staging, store)
    counts = files.count_files()
    jobs = tuple(_make_jobs(plan, files, base, settings))
    if len(jobs) > JOBS_LIMIT:
        raise UsageError(
            f"There would be {format_count(len(jobs), 'job')}; a package numbers {JOBS_LIMIT:,} at most.",
            fix="Scan and draft parts of the source, or draft with --staging all, which makes fewer and larger jobs.",
        )
    issues = planning_issues(
        plan,
        [job.id for job in jobs],
        settings.quotas,
        non_utf8_paths=BoundedList(files.non_utf8_paths()),
        others=counts.files - counts.instances,
        leave_out=settings.leave_out,
    )
    return InventoryJobs(base=base, jobs=jobs, counts=counts, files=files, issues=tuple(issues))


def _make_jobs(plan: PrefixPlan, files: InventoryFiles, base: S3Uri, settings: JobSettings) -> Iterator[PlannedJob]:
    """Yield the jobs of a plan of prefixes: first the jobs in place, then the staged jobs."""
    for number, prefix in enumerate(plan.in_place.prefixes, 1):
        uri = S3Uri(bucket=base.bucket, prefix=base.prefix + prefix)
        yield PlannedJob(id=f"{number:04}", uri=uri, objects=files.objects_under(prefix))
    stage = S3Uri.parse(settings.stage_uri or "")
    if stage is None:
        return
    for number, job in enumerate(plan.staged.jobs, len(plan.in_place.prefixes) + 1):
        uri = S3Uri(bucket=stage.bucket, prefix=f"{stage.prefix}{number:04}/")
        objects = files.staged_objects(job.pieces, settings.quotas.fileBytes)
        yield PlannedJob(id=f"{number:04}", uri=uri, staged=True, objects=objects)


def missing_prefix_error() -> UsageError:
    """Return the error of a call that plans import jobs of local files and does not name their S3 prefix."""
    return UsageError(
        "--input-s3-uri is missing: it says where the files are (or will be) in S3.",
        fix="Name the prefix: --input-s3-uri s3://BUCKET/PREFIX/.",
    )


def _choose_staging_policy(staging: StagingPolicy | str | None, stage_uri: str | None) -> StagingPolicy:
    """Return the staging policy; by default, that of the prefix. Raises UsageError if policy and prefix contradict."""
    if staging is None:
        return StagingPolicy.NEVER if stage_uri is None else StagingPolicy.WHERE_NEEDED
    chosen = to_choice(StagingPolicy, staging, "staging")
    if (chosen is StagingPolicy.NEVER) != (stage_uri is None):
        raise UsageError(
            "Staging and its prefix do not go together.",
            fix="Name the prefix with --stage-uri where anything is staged, and only there.",
        )
    return chosen


def _s3_uri_issues(text: str, name: str) -> Iterator[Issue]:
    """Return the errors and warnings of an S3 URI. Notes are left out."""
    return (issue for issue in s3_uri_issues(text, Location(), name=name) if issue.severity is not Severity.NOTE)
