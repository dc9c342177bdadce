"""stage(): copy the files of staged jobs to the S3 prefixes of these jobs, and verify the copies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dicommap.api.validate import validate_and_open
from dicommap.arguments import (
    convert_arguments,
    to_function,
    to_list_of,
    to_optional,
    to_path,
    to_path_or_uri,
    to_progress,
    to_texts,
)
from dicommap.aws.clients import to_clients
from dicommap.aws.object_copies import ObjectCopier
from dicommap.aws.source_roots import SourceRoots, check_source_roots, require_narrow_sources
from dicommap.dicom.printable_text import make_printable
from dicommap.display.issue_report import Issues
from dicommap.errors import UsageError
from dicommap.issues import Location, make_issue, select_error_issues
from dicommap.issues.bounded_list import limit_and_count_issues
from dicommap.model.displayable import Displayable
from dicommap.package.aws_account_check import make_clients_with_saved_settings
from dicommap.package.job_requests import require_jobs
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.staging_copies import find_job_sources, parse_job_uri, plan_copies, select_staged_jobs
from dicommap.package.transfer_confirmation import make_staging_transfer, require_confirmed
from dicommap.planning.staging import StagedJobResult
from dicommap.progress import Progress, progress_reporter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.display.report import Report
    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.issues import Issue
    from dicommap.model.source_files import S3Object
    from dicommap.package.transfer_confirmation import Confirm
    from dicommap.planning.plan import PlanJob
    from dicommap.planning.staging import CopyResult, StagingCopy
    from dicommap.progress import OnProgress, ProgressOption

COPIES_AT_ONCE = 16
"""Number of copies that are made at the same time, because a copy waits for S3 most of the time."""

ISSUES_KEPT = 100
"""Maximum number of issues of one job that are listed. The other issues are only counted."""


class CopyStore(Protocol):
    """The store to which staged files are copied: usually S3, or another store in tests."""

    def list_objects(self, uri: S3Uri) -> Iterable[S3Object]:
        """Return all objects under an S3 URI. Their keys are relative to the URI."""
        ...

    def is_copy(self, copy: StagingCopy, existing: S3Object) -> bool:
        """Return whether the object `existing` is equal to the planned copy."""
        ...

    def copy(self, copy: StagingCopy) -> CopyResult:
        """Copy one file to its key, unless an object with this key exists. Return the result."""
        ...


@dataclass(frozen=True, kw_only=True, repr=False)
class StageResult(Displayable):
    """The result of staging: the copies of each staged job, and the issues."""

    package: Path
    jobs: tuple[StagedJobResult, ...]
    """The staged jobs, in the order of the plan."""
    issues: Issues

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error. In this case every copy exists and is verified."""
        return not self.issues.errors

    def _build_report(self) -> Report:
        from dicommap.display.submission_report import build_stage_report

        return build_stage_report(str(self.package), self.jobs, self.issues)


@convert_arguments(
    package=to_path,
    sources=to_list_of(to_path_or_uri, "paths and S3 URIs"),
    jobs=to_texts,
    clients=to_optional(to_clients),
    confirm=to_optional(to_function),
    progress=to_progress,
)
def stage(
    package: StrPath,
    *,
    sources: Sequence[StrPath] = (),
    jobs: Sequence[str] = (),
    clients: Clients | None = None,
    confirm: Confirm | None = None,
    progress: ProgressOption = None,
) -> StageResult:
    """Copy the files of staged jobs to the prefixes of these jobs, and verify the copies.

    S3 copies an object only if the object still has the ETag of the scan. Local files are uploaded. Existing copies are
    kept, so a repeated call continues after a call that was stopped. No object is ever overwritten, and sources are
    only read. After copying, the count, sizes and ETags of the copies are compared with the listing of S3.

    The package may come from another person, so it is not trusted. It is validated first, and after an error nothing is
    sent. Only files below `sources` are sent. They must be P10 files with the Study, Series and SOP Instance UID
    that objects.csv has for them.

    Args:
        package: The directory that `draft` wrote.
        sources: The source roots from which files may be sent: directories, and S3 URIs of prefixes. If it is empty,
            the sources of the plan are used, and `confirm` is required.
        jobs: The ids of the jobs to stage; empty for all staged jobs.
        clients: The AWS clients. A missing profile or region is that of the package's first submit.
        confirm: A function that takes a Transfer, which describes the files to send and their destination, and returns
            whether they may be sent. It is called before the first request that changes S3.
        progress: Whether to show the number of copied files, or a function that is called with it.

    Returns:
        The copies of each job, and the issues.

    Raises:
        DocumentError: The package cannot be read.
        UsageError: The package has no such job, no source root is named or confirmed, or `confirm` returns False.
        AwsError: S3 refuses a request.
        MissingExtraError: boto3 is not installed.

    """
    planned = PackageDirectory(package)
    require_jobs(planned)
    chosen = select_staged_jobs(planned, jobs)
    issues = _find_package_error_issues(planned)
    if not issues and chosen:
        used = find_job_sources(planned, chosen)
        roots = _choose_source_roots(list(used.values()), sources, can_confirm=confirm is not None)
        issues += check_source_roots(used, roots)
    if issues or not chosen:
        return StageResult(package=Path(package), jobs=(), issues=Issues(issues))
    reached = make_clients_with_saved_settings(clients, planned.read_aws_account())
    if confirm is not None:
        require_confirmed(confirm, make_staging_transfer(planned, chosen, list(used.values()), reached))
    return _stage_jobs(planned, chosen, ObjectCopier(reached, roots), progress)


def stage_with_store(
    package: StrPath, store: CopyStore, *, jobs: Sequence[str] = (), progress: ProgressOption = None
) -> StageResult:
    """Stage jobs like `stage`, but copy to any store. The store decides which files may be sent."""
    planned = PackageDirectory(package)
    require_jobs(planned)
    chosen = select_staged_jobs(planned, jobs)
    issues = _find_package_error_issues(planned)
    if issues:
        return StageResult(package=Path(package), jobs=(), issues=Issues(issues))
    return _stage_jobs(planned, chosen, store, progress)


def _find_package_error_issues(planned: PackageDirectory) -> list[Issue]:
    """Validate a package, and return the issues that are errors."""
    issues, _ = validate_and_open(planned.path, opened=planned)
    return select_error_issues(issues)


def _stage_jobs(
    planned: PackageDirectory, chosen: Sequence[PlanJob], store: CopyStore, progress: ProgressOption
) -> StageResult:
    """Stage some jobs of a package one after the other, and return the result of all."""
    issues: list[Issue] = []
    done: list[StagedJobResult] = []
    with progress_reporter(progress, "files") as report, ThreadPoolExecutor(COPIES_AT_ONCE) as executor:
        staging = _JobStager(planned, store, executor, report, sum(job.sourceFiles for job in chosen))
        try:
            for job in chosen:
                result, job_issues = staging.stage(job)
                done.append(result)
                issues += limit_and_count_issues(job_issues, ISSUES_KEPT, Location(path=make_printable(job.inputS3Uri)))
        except BaseException:
            executor.shutdown(wait=True, cancel_futures=True)
            raise
    return StageResult(package=planned.path, jobs=tuple(done), issues=Issues(issues))


class _JobStager:
    """Stager of the jobs of one package. It makes copies in a store and reports progress."""

    def __init__(
        self,
        package: PackageDirectory,
        store: CopyStore,
        executor: ThreadPoolExecutor,
        report: OnProgress | None,
        total: int,
    ) -> None:
        self._package, self._store, self._executor = package, store, executor
        self._report, self._total, self._done = report, total, 0

    def stage(self, job: PlanJob) -> tuple[StagedJobResult, list[Issue]]:
        """Make the missing copies of a job, and return its result and issues.

        If an object under the prefix is not planned, or another object has the key of a copy, no copy is made.
        """
        uri = parse_job_uri(job)
        copies = plan_copies(self._package, job)
        before = {existing.key: existing for existing in self._store.list_objects(uri)}
        issues = [*_stray_issues(job, uri, copies, before), *self._conflict_issues(uri, copies, before)]
        existing = len(copies.keys() & before.keys())
        if issues:
            return StagedJobResult(id=job.id, uri=str(uri), existing=existing, missing=len(copies) - existing), issues
        made: dict[str, str] = {key: before[key].etag for key in copies.keys() & before.keys()}
        self._report_progress(existing)
        size = 0
        for key, copied in self._make_copies({key: copy for key, copy in copies.items() if key not in before}):
            if copied.code is None:
                made[key] = copied.etag
                size += copies[key].size
            else:
                place = copies[key].uri if copied.code == "stage.taken" else copies[key].source_name
                facts: dict[str, Any] = {**copied.facts}
                issues.append(make_issue(copied.code, Location(path=make_printable(place)), **facts))
        issues += self._difference_issues(job, uri, copies, made)
        missing = len(copies) - len(made)
        return (
            StagedJobResult(
                id=job.id, uri=str(uri), copied=len(made) - existing, existing=existing, missing=missing, bytes=size
            ),
            issues,
        )

    def _conflict_issues(
        self, uri: S3Uri, copies: Mapping[str, StagingCopy], before: Mapping[str, S3Object]
    ) -> Iterator[Issue]:
        """Yield an issue for each existing object (`before`) that differs from the planned copy with the same key."""
        existing = [key for key in copies if key in before]
        checks = self._executor.map(lambda key: self._store.is_copy(copies[key], before[key]), existing)
        for key, is_copy in zip(existing, checks, strict=True):
            if not is_copy:
                yield make_issue("stage.taken", _make_object_location(uri, key))

    def _make_copies(self, copies: Mapping[str, StagingCopy]) -> Iterator[tuple[str, CopyResult]]:
        """Make copies, several at the same time, and yield the key and the result of each copy."""
        waiting = iter(copies.items())
        # Copies are scheduled in groups: a job may have a million files, and no more copies start after an error.
        while some := list(islice(waiting, COPIES_AT_ONCE * 16)):
            for (key, _), copied in zip(
                some, self._executor.map(lambda item: self._store.copy(item[1]), some), strict=True
            ):
                yield key, copied
                self._report_progress(1)

    def _difference_issues(
        self, job: PlanJob, uri: S3Uri, copies: Mapping[str, StagingCopy], made: Mapping[str, str]
    ) -> Iterator[Issue]:
        """Compare the copies with the objects under the prefix, and yield an issue for each difference.

        `made` maps the key of each copy to its ETag.
        """
        after = {existing.key: existing for existing in self._store.list_objects(uri)}
        for key, etag in made.items():
            existing = after.get(key)
            if existing is None:
                yield make_issue("stage.not-verified", _make_object_location(uri, key), found="nothing")
            elif existing.size != copies[key].size:
                yield make_issue("stage.not-verified", _make_object_location(uri, key), found="another size")
            elif existing.etag.strip('"') != etag.strip('"'):
                yield make_issue("stage.not-verified", _make_object_location(uri, key), found="another ETag")
        yield from _stray_issues(job, uri, copies, after)

    def _report_progress(self, files: int) -> None:
        self._done += files
        if self._report is not None:
            self._report(Progress(self._done, max(self._done, self._total), True))


def _choose_source_roots(used: Sequence[str], named: Sequence[StrPath], *, can_confirm: bool) -> SourceRoots:
    """Return the source roots from which files may be sent.

    Args:
        used: The plan's sources that the staged jobs use.
        named: The source roots that the caller named.
        can_confirm: Whether the user can be asked to confirm. If so, and `named` is empty, the roots are `used`.

    Raises:
        UsageError: No root is named and no confirmation is possible, or a root does not exist or is too broad.

    """
    if named:
        return SourceRoots.resolve(named)
    if not can_confirm:
        raise UsageError(
            "No source root is named that files may be sent from.",
            fix=f"Name the directories or S3 prefixes; the plan has {', '.join(map(make_printable, used))}.",
        )
    require_narrow_sources(used)
    return SourceRoots.resolve(used)


def _stray_issues(
    job: PlanJob, uri: S3Uri, copies: Mapping[str, StagingCopy], listed: Mapping[str, S3Object]
) -> Iterator[Issue]:
    """Yield an issue for each object under the job's prefix that is neither a copy nor an override file."""
    overrides = {file.path for file in job.files}
    for key in listed:
        if key not in copies and key not in overrides:
            yield make_issue("stage.stray", _make_object_location(uri, key))


def _make_object_location(uri: S3Uri, key: str) -> Location:
    """Return the location of an issue about an object below an S3 prefix."""
    return Location(path=make_printable(f"{uri}{key}"))
