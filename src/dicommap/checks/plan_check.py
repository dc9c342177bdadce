"""A plan on its own: what its schema cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.checks.mapping_check import key_of
from dicommap.issues import Issue, Location, issue
from dicommap.model.s3_uri import s3_uri_issues

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator


def plan_issues(plan: Any) -> Iterator[Issue]:  # noqa: ANN401  JSON of any type
    """Find where a plan that passed its schema contradicts itself."""
    jobs = plan["jobs"]
    mappings = [mapping for job in jobs for mapping in job["mappings"]]
    yield from _count_issues(plan, "studies", len({mapping["studyInstanceUID"] for mapping in mappings}))
    yield from _count_issues(plan, "series", sum("seriesInstanceUID" in mapping for mapping in mappings))
    yield from _repeated("/jobs", "/id", "job id", (job["id"] for job in jobs))
    for index, job in enumerate(jobs):
        yield from _job_issues(job, f"/jobs/{index}")


def _job_issues(job: dict[str, Any], place: str) -> Iterator[Issue]:
    files, mappings = job["files"], job["mappings"]
    yield from s3_uri_issues(job["inputS3Uri"], Location(pointer=f"{place}/inputS3Uri"))
    yield from _repeated(f"{place}/files", "/path", "file", (file["path"] for file in files))
    yield from _repeated(f"{place}/mappings", "", "mapping", map(key_of, mappings))
    listed = {file["path"] for file in files}
    named = {mapping["metadataFilePath"] for mapping in mappings}
    for index, file in enumerate(files):
        if file["path"] not in named:
            yield issue("package.unmapped-file", Location(pointer=f"{place}/files/{index}/path"))
    for index, mapping in enumerate(mappings):
        if mapping["metadataFilePath"] not in listed:
            yield issue("package.unlisted-file", Location(pointer=f"{place}/mappings/{index}/metadataFilePath"))


def _count_issues(plan: dict[str, Any], what: str, found: int) -> Iterator[Issue]:
    if plan[what] != found:
        yield issue("package.counts", Location(pointer=f"/{what}"), planned=plan[what], found=found, what=what)


def _repeated(place: str, member: str, what: str, keys: Iterable[Hashable]) -> Iterator[Issue]:
    seen: dict[Hashable, int] = {}
    for index, key in enumerate(keys):
        if seen.setdefault(key, index) != index:
            yield issue("package.repeated", Location(pointer=f"{place}/{index}{member}"), what=what)
