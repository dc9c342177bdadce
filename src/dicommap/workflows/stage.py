"""stage(): what staged jobs are to import, copied under their prefixes, and verified."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dicommap.aws.copying import Copier, Copy
from dicommap.errors import DocumentError, UsageError
from dicommap.issues import Location, issue
from dicommap.model.findings import limited
from dicommap.model.paths import printable
from dicommap.model.s3_uri import S3Uri
from dicommap.model.source_places import s3_root
from dicommap.model.staging import StagedJob
from dicommap.package.planned import PlannedPackage
from dicommap.progress import Progress, reporting
from dicommap.render.findings import Issues
from dicommap.render.shown import Shown
from dicommap.workflows.account import reaching
from dicommap.workflows.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.aws.copying import Copied
    from dicommap.issues import Issue
    from dicommap.model.listed_object import ListedObject
    from dicommap.model.plan import Job
    from dicommap.progress import Asked, OnProgress
    from dicommap.render.screen import Screen

COPIES_AT_ONCE = 16
"""Copies that are under way at the same time: each waits for S3 most of its time."""

TOLD = 100
"""Findings of one job that are told before the rest is counted."""


class Store(Protocol):
    """Where copies are made."""

    def listed(self, uri: S3Uri) -> Iterable[ListedObject]:
        """Return every object under a URI."""
        ...

    def is_copy(self, copy: Copy, found: ListedObject) -> bool:
        """Say whether an object that is there is the copy already."""
        ...

    def copy(self, copy: Copy) -> Copied:
        """Make a copy where no object is."""
        ...


@dataclass(frozen=True, kw_only=True, repr=False)
class Staged(Shown):
    """What staging came to."""

    package: Path
    jobs: tuple[StagedJob, ...]
    """The staged jobs, in the order of the plan."""
    issues: Issues

    @property
    def ok(self) -> bool:
        """Say whether every copy is there, and is as it was made."""
        return not self.issues.errors

    def _screen(self) -> Screen:
        from dicommap.render.staged_screen import staged_screen

        return staged_screen(str(self.package), self.jobs, self.issues)


def stage(
    package: StrPath, *, jobs: Sequence[str] = (), clients: Clients | None = None, progress: Asked = None
) -> Staged:
    """Copy what the staged jobs of a package are to import under their prefixes, and verify the copies.

    What lies in S3 is copied by S3, on condition that it has the ETag that was scanned; what lies in a local tree is
    uploaded. Copies that are there already are left: a call that was stopped is repeated and goes on from there. No
    object is ever written over another, and sources are only read. Then count, sizes and ETags are compared with what
    S3 lists. `jobs` are the ids of some jobs only. `progress` is told of files.

    The package is validated before, and with an error nothing is copied: one that was edited may name other places.

    Raises DocumentError where there is no package that can be read, UsageError where it has no such job, AwsError
    where S3 refuses, and MissingExtraError where boto3 is not installed.
    """
    reached = reaching(clients, PlannedPackage(package).account())
    return staged(package, Copier(reached), jobs=jobs, progress=progress)


def staged(package: StrPath, store: Store, *, jobs: Sequence[str] = (), progress: Asked = None) -> Staged:
    """Stage with any store; see `stage`."""
    planned = PlannedPackage(package)
    chosen = _chosen(planned, jobs)
    wrong = validate(package).errors
    if wrong:
        return Staged(package=Path(package), jobs=(), issues=Issues(wrong))
    issues: list[Issue] = []
    done: list[StagedJob] = []
    with reporting(progress, "files") as report, ThreadPoolExecutor(COPIES_AT_ONCE) as executor:
        staging = _Staging(planned, store, executor, report, sum(job.sourceFiles for job in chosen))
        try:
            for job in chosen:
                made, found = staging.stage(job)
                done.append(made)
                issues += limited(found, TOLD, Location(path=printable(job.inputS3Uri)))
        except BaseException:
            executor.shutdown(wait=True, cancel_futures=True)
            raise
    return Staged(package=Path(package), jobs=tuple(done), issues=Issues(issues))


def planned_copies(package: StrPath, *, jobs: Sequence[str] = ()) -> Iterator[dict[str, str | int]]:
    """Yield what staging would copy, and where to; nothing is sent, and nothing is looked at in S3.

    Raises as `stage` does.
    """
    planned = PlannedPackage(package)
    for job in _chosen(planned, jobs):
        for copy in _copies(planned, job).values():
            yield {"job": job.id, "from": printable(copy.source_name), "to": copy.uri, "size": copy.size}


class _Staging:
    """The staging of one package."""

    def __init__(
        self,
        package: PlannedPackage,
        store: Store,
        executor: ThreadPoolExecutor,
        report: OnProgress | None,
        total: int,
    ) -> None:
        self._package, self._store, self._executor = package, store, executor
        self._report, self._total, self._done = report, total, 0

    def stage(self, job: Job) -> tuple[StagedJob, list[Issue]]:
        """Make the copies of a job that are not there; with anything else in their place, none."""
        uri = _uri(job)
        copies = _copies(self._package, job)
        before = {found.key: found for found in self._store.listed(uri)}
        issues = [*_strays(job, uri, copies, before), *self._taken(uri, copies, before)]
        there = len(copies.keys() & before.keys())
        if issues:
            return StagedJob(id=job.id, uri=str(uri), there=there, missing=len(copies) - there), issues
        made: dict[str, str] = {key: before[key].etag for key in copies.keys() & before.keys()}
        self._count(there)
        size = 0
        for key, copied in self._copied({key: copy for key, copy in copies.items() if key not in before}):
            if copied.code is None:
                made[key] = copied.etag
                size += copies[key].size
            else:
                place = copies[key].uri if copied.code == "stage.taken" else copies[key].source_name
                facts: dict[str, Any] = {**copied.facts}
                issues.append(issue(copied.code, Location(path=printable(place)), **facts))
        issues += self._differences(job, uri, copies, made)
        missing = len(copies) - len(made)
        return (
            StagedJob(id=job.id, uri=str(uri), copied=len(made) - there, there=there, missing=missing, bytes=size),
            issues,
        )

    def _taken(self, uri: S3Uri, copies: Mapping[str, Copy], before: Mapping[str, ListedObject]) -> Iterator[Issue]:
        there = [key for key in copies if key in before]
        checks = self._executor.map(lambda key: self._store.is_copy(copies[key], before[key]), there)
        for key, is_copy in zip(there, checks, strict=True):
            if not is_copy:
                yield issue("stage.taken", _at(uri, key))

    def _copied(self, copies: Mapping[str, Copy]) -> Iterator[tuple[str, Copied]]:
        """Make copies, some at the same time, and yield what came of each."""
        waiting = iter(copies.items())
        # Not all at once: a job may have a million files, and the first error ends it.
        while some := list(islice(waiting, COPIES_AT_ONCE * 16)):
            for (key, _), copied in zip(
                some, self._executor.map(lambda item: self._store.copy(item[1]), some), strict=True
            ):
                yield key, copied
                self._count(1)

    def _differences(
        self, job: Job, uri: S3Uri, copies: Mapping[str, Copy], made: Mapping[str, str]
    ) -> Iterator[Issue]:
        """Find where the listing differs from the copies that were made."""
        after = {found.key: found for found in self._store.listed(uri)}
        for key, etag in made.items():
            found = after.get(key)
            if found is None:
                yield issue("stage.not-verified", _at(uri, key), found="nothing")
            elif found.size != copies[key].size:
                yield issue("stage.not-verified", _at(uri, key), found="another size")
            elif found.etag.strip('"') != etag.strip('"'):
                yield issue("stage.not-verified", _at(uri, key), found="another ETag")
        yield from _strays(job, uri, copies, after)

    def _count(self, files: int) -> None:
        self._done += files
        if self._report is not None:
            self._report(Progress(self._done, max(self._done, self._total), True))


def _chosen(package: PlannedPackage, ids: Sequence[str]) -> list[Job]:
    staged_jobs = {job.id: job for job in package.plan.jobs if job.staged}
    for job_id in ids:
        if job_id not in staged_jobs:
            raise UsageError(f"The plan has no staged job {job_id}.", fix="Name one that it has, or none for all.")
    return [job for job in staged_jobs.values() if not ids or job.id in ids]


def _copies(package: PlannedPackage, job: Job) -> dict[str, Copy]:
    """Return the copies of a job by their keys relative to its prefix."""
    uri = _uri(job)
    roots = [(root, s3_root(root)) for root in package.plan.sources]
    copies = {}
    for one in package.objects(job):
        if one.root >= len(roots):
            raise DocumentError(f"An object of job {job.id} has no source.", fix="Draft the package again.")
        root, in_s3 = roots[one.root]
        copies[one.key] = Copy(
            source_bucket=None if in_s3 is None else in_s3.bucket,
            source=_local(root, one.source) if in_s3 is None else in_s3.key(one.source),
            etag=one.etag,
            modified_ns=one.modified_ns,
            size=one.size,
            bucket=uri.bucket,
            key=uri.key(one.key),
        )
    return copies


def _local(root: str, path: str) -> str:
    """Return a file's path. Raises DocumentError where it leads out of the source: somebody edited the package."""
    if os.path.isabs(path) or ".." in path.split("/"):
        raise DocumentError("An object's source is outside of the plan's sources.", fix="Draft the package again.")
    return os.path.join(root, path)


def _strays(job: Job, uri: S3Uri, copies: Mapping[str, Copy], found: Mapping[str, ListedObject]) -> Iterator[Issue]:
    overrides = {file.path for file in job.files}
    for key in found:
        if key not in copies and key not in overrides:
            yield issue("stage.stray", _at(uri, key))


def _uri(job: Job) -> S3Uri:
    uri = S3Uri.parse(job.inputS3Uri)
    if uri is None:
        raise DocumentError(f"Job {job.id} has no S3 URI.", fix="Run 'dicommap validate' on the package.")
    return uri


def _at(uri: S3Uri, key: str) -> Location:
    return Location(path=printable(f"{uri}{key}"))
