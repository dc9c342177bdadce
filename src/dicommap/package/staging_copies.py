"""List the copies that the staged jobs of a package need: the source file and the S3 key of each copy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DocumentError, UsageError
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.package.package_directory import PackageDirectory
from dicommap.planning.source_prefixes import parse_s3_root
from dicommap.planning.staging import InstanceUids, StagingCopy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from _typeshed import StrPath

    from dicommap.planning.plan import PlanJob


def select_staged_jobs(package: PackageDirectory, ids: Sequence[str] = ()) -> list[PlanJob]:
    """Return staged jobs of a package, in the order of the plan.

    `ids` are the IDs of the jobs; empty for all staged jobs. Raises UsageError if an ID is not that of a staged job.
    """
    known = {job.id: job for job in package.plan.jobs if job.staged}
    for job_id in ids:
        if job_id not in known:
            raise UsageError(f"The plan has no staged job {job_id}.", fix="Name one that it has, or none for all.")
    return [job for job in known.values() if not ids or job.id in ids]


def find_job_sources(package: PackageDirectory, jobs: Sequence[PlanJob]) -> dict[int, str]:
    """Return the sources that have files of `jobs`, as a dict: index of the source in the plan -> source root."""
    numbers = {planned.root for job in jobs for planned in package.objects(job)}
    return {number: source for number, source in enumerate(package.plan.sources) if number in numbers}


def list_staging_copies(package: StrPath, *, jobs: Sequence[str] = ()) -> Iterator[dict[str, str | int]]:
    """Yield the copies that `stage` would make. No file is copied.

    Args:
        package: The package directory.
        jobs: The ids of staged jobs; empty for all staged jobs.

    Yields:
        A row for each copy: `job` (the id), `from` (the source), `to` (the S3 URI) and `size` (bytes).

    Raises:
        DocumentError: If the package cannot be read or was changed.
        UsageError: If an id is not the id of a staged job.

    """
    planned = PackageDirectory(package)
    for job in select_staged_jobs(planned, jobs):
        for copy in plan_copies(planned, job).values():
            yield {"job": job.id, "from": make_printable(copy.source_name), "to": copy.uri, "size": copy.size}


def plan_copies(package: PackageDirectory, job: PlanJob) -> dict[str, StagingCopy]:
    """Return the copies that a staged job needs: key relative to the job's prefix -> copy. No file is copied."""
    uri = parse_job_uri(job)
    roots = [(root, parse_s3_root(root)) for root in package.plan.sources]
    copies = {}
    for planned in package.objects(job):
        if not 0 <= planned.root < len(roots):
            raise DocumentError(f"An object of job {job.id} has no source.", fix="Draft the package again.")
        root, in_s3 = roots[planned.root]
        copies[planned.key] = StagingCopy(
            source_bucket=None if in_s3 is None else in_s3.bucket,
            source=_make_local_path(root, planned.source) if in_s3 is None else in_s3.key_of(planned.source),
            etag=planned.etag,
            modified_ns=planned.modified_ns,
            size=planned.size,
            uids=InstanceUids(planned.study_instance_uid, planned.series_instance_uid, planned.sop_instance_uid),
            bucket=uri.bucket,
            key=uri.key_of(planned.key),
        )
    return copies


def _make_local_path(root: str, path: str) -> str:
    """Return the path of a file below a source root. Raises DocumentError if the file would be outside the root."""
    if os.path.isabs(path) or ".." in path.split("/"):
        raise DocumentError("An object's source is outside of the plan's sources.", fix="Draft the package again.")
    return os.path.join(root, path)


def parse_job_uri(job: PlanJob) -> S3Uri:
    """Return the inputS3Uri of a job. Raises DocumentError if it is not an S3 URI."""
    uri = S3Uri.parse(job.inputS3Uri)
    if uri is None:
        raise DocumentError(f"Job {job.id} has no S3 URI.", fix="Run 'dicommap validate' on the package.")
    return uri
