"""stage(): copy the files of staged jobs to their prefixes and verify the copies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dicommap.api.validate import validate
from dicommap.aws.object_copies import ObjectCopier
from dicommap.aws.source_roots import SourceRoots, find_unnamed_sources, require_narrow_sources
from dicommap.dicom.printable_text import make_printable
from dicommap.display.issue_report import Issues
from dicommap.errors import UsageError
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import limit_issues
from dicommap.model.displayable import Displayable
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.staging_copies import find_job_sources, parse_job_uri, plan_copies, select_staged_jobs
from dicommap.package.submission_account import complete_clients
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
"""Copies that are made at the same time. Each waits for S3 most of its time."""

ISSUES_KEPT = 100
"""Issues of one job that are listed before the rest is counted."""


class CopyStore(Protocol):
    """A store that copies are made in. S3 is the usual one; tests have others."""

    def list_objects(self, uri: S3Uri) -> Iterable[S3Object]:
        """Return every object under a URI."""
        ...

    def is_copy(self, copy: StagingCopy, found: S3Object) -> bool:
        """Return whether an existing object is the copy already."""
        ...

    def copy(self, copy: StagingCopy) -> CopyResult:
        """Make a copy, if there is no object with its key."""
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
        """Return whether every copy exists and is verified."""
        return not self.issues.errors

    def _build_report(self) -> Report:
        from dicommap.display.submission_report import build_stage_report

        return build_stage_report(str(self.package), self.jobs, self.issues)


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

    Objects in S3 are copied by S3, on condition that they have the ETag that was scanned; local files are uploaded.
    Existing copies are kept: repeat a call that was stopped, and it continues. No object is
    ever written over another, and sources are only read. Then count, sizes and ETags are compared with what S3 lists.

    A package is not trusted: it may come from somebody else. It is validated first, and with an error nothing is sent.
    Only files below `sources` are sent, and only P10 files whose Study, Series and SOP Instance UID are those of their
    rows in objects.csv.

    Args:
        package: The directory that `draft` wrote.
        sources: The source roots that files may be sent from: directories, and prefixes of buckets as S3 URIs.
            Without any, `confirm` has to be given, and confirms those of the plan.
        jobs: The ids of some jobs only.
        clients: The credentials, region and endpoint to use.
        confirm: Is called with a Transfer (what is about to be sent, and where) before the first request that changes
            something, and returns whether it may be sent.
        progress: Shows progress, or is called with it, as files are copied.

    Raises:
        DocumentError: If there is no package that can be read.
        UsageError: If the package has no such job, no source root is named or confirmed, or `confirm` returns False.
        AwsError: If S3 refuses.
        MissingExtraError: If boto3 is not installed.

    """
    planned = PackageDirectory(package)
    chosen = select_staged_jobs(planned, jobs)
    found: list[Issue] = list(validate(package).errors)
    if not found and chosen:
        used = find_job_sources(planned, chosen)
        roots = _choose_roots(list(used.values()), sources, asked=confirm is not None)
        found += find_unnamed_sources(used, roots)
    if found or not chosen:
        return StageResult(package=Path(package), jobs=(), issues=Issues(found))
    reached = complete_clients(clients, planned.aws_account())
    if confirm is not None:
        require_confirmed(confirm, make_staging_transfer(planned, chosen, list(used.values()), reached))
    return _stage_jobs(planned, chosen, ObjectCopier(reached, roots), progress)


def stage_with_store(
    package: StrPath, store: CopyStore, *, jobs: Sequence[str] = (), progress: ProgressOption = None
) -> StageResult:
    """Stage with any store, which decides what may be sent; see `stage`."""
    planned = PackageDirectory(package)
    chosen = select_staged_jobs(planned, jobs)
    wrong = validate(package).errors
    if wrong:
        return StageResult(package=Path(package), jobs=(), issues=Issues(wrong))
    return _stage_jobs(planned, chosen, store, progress)


def _stage_jobs(
    planned: PackageDirectory, chosen: Sequence[PlanJob], store: CopyStore, progress: ProgressOption
) -> StageResult:
    issues: list[Issue] = []
    done: list[StagedJobResult] = []
    with progress_reporter(progress, "files") as report, ThreadPoolExecutor(COPIES_AT_ONCE) as executor:
        staging = _Stager(planned, store, executor, report, sum(job.sourceFiles for job in chosen))
        try:
            for job in chosen:
                made, found = staging.stage(job)
                done.append(made)
                issues += limit_issues(found, ISSUES_KEPT, Location(path=make_printable(job.inputS3Uri)))
        except BaseException:
            executor.shutdown(wait=True, cancel_futures=True)
            raise
    return StageResult(package=planned.path, jobs=tuple(done), issues=Issues(issues))


class _Stager:
    """The staging of one package."""

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
        """Make the missing copies of a job. If another object has the key of a copy, make none."""
        uri = parse_job_uri(job)
        copies = plan_copies(self._package, job)
        before = {found.key: found for found in self._store.list_objects(uri)}
        issues = [*_stray_issues(job, uri, copies, before), *self._conflict_issues(uri, copies, before)]
        existing = len(copies.keys() & before.keys())
        if issues:
            return StagedJobResult(id=job.id, uri=str(uri), existing=existing, missing=len(copies) - existing), issues
        made: dict[str, str] = {key: before[key].etag for key in copies.keys() & before.keys()}
        self._count(existing)
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
        existing = [key for key in copies if key in before]
        checks = self._executor.map(lambda key: self._store.is_copy(copies[key], before[key]), existing)
        for key, is_copy in zip(existing, checks, strict=True):
            if not is_copy:
                yield make_issue("stage.taken", _object_location(uri, key))

    def _make_copies(self, copies: Mapping[str, StagingCopy]) -> Iterator[tuple[str, CopyResult]]:
        """Make copies, several at the same time, and yield the result of each."""
        waiting = iter(copies.items())
        # Not all at once: a job may have a million files, and the first error ends it.
        while some := list(islice(waiting, COPIES_AT_ONCE * 16)):
            for (key, _), copied in zip(
                some, self._executor.map(lambda item: self._store.copy(item[1]), some), strict=True
            ):
                yield key, copied
                self._count(1)

    def _difference_issues(
        self, job: PlanJob, uri: S3Uri, copies: Mapping[str, StagingCopy], made: Mapping[str, str]
    ) -> Iterator[Issue]:
        """Find differences between the objects that S3 lists and the copies that were made."""
        after = {found.key: found for found in self._store.list_objects(uri)}
        for key, etag in made.items():
            found = after.get(key)
            if found is None:
                yield make_issue("stage.not-verified", _object_location(uri, key), found="nothing")
            elif found.size != copies[key].size:
                yield make_issue("stage.not-verified", _object_location(uri, key), found="another size")
            elif found.etag.strip('"') != etag.strip('"'):
                yield make_issue("stage.not-verified", _object_location(uri, key), found="another ETag")
        yield from _stray_issues(job, uri, copies, after)

    def _count(self, files: int) -> None:
        self._done += files
        if self._report is not None:
            self._report(Progress(self._done, max(self._done, self._total), True))


def _choose_roots(used: Sequence[str], named: Sequence[StrPath], *, asked: bool) -> SourceRoots:
    """Return the roots that files may be sent from. Raises UsageError if none is named, and nobody is asked."""
    if named:
        return SourceRoots.resolve(named)
    if not asked:
        raise UsageError(
            "No source root is named that files may be sent from.",
            fix=f"Name the directories or S3 prefixes; the plan has {', '.join(map(make_printable, used))}.",
        )
    require_narrow_sources(used)
    return SourceRoots.resolve(used)


def _stray_issues(
    job: PlanJob, uri: S3Uri, copies: Mapping[str, StagingCopy], found: Mapping[str, S3Object]
) -> Iterator[Issue]:
    overrides = {file.path for file in job.files}
    for key in found:
        if key not in copies and key not in overrides:
            yield make_issue("stage.stray", _object_location(uri, key))


def _object_location(uri: S3Uri, key: str) -> Location:
    return Location(path=make_printable(f"{uri}{key}"))
