"""Check plan.json against rules that a JSON Schema cannot express, for example about counts and prefixes."""

from __future__ import annotations

from array import array
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dicommap.healthimaging.s3_uri import S3Prefixes, S3Uri, s3_uri_issues
from dicommap.issues import Issue, Location, make_issue
from dicommap.overrides.shared_identifiers import compute_digest
from dicommap.planning.source_prefixes import SourcePrefixes
from dicommap.validation.configuration_check import make_mapping_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator


def check_plan(plan: Any) -> Iterator[Issue]:  # noqa: ANN401  JSON of any type
    """Yield an issue for each contradiction between members of a plan. The plan must be valid for its schema."""
    jobs = plan["jobs"]
    yield from _mapped_count_issues(plan)
    if "inputS3Uri" in plan:
        yield from s3_uri_issues(plan["inputS3Uri"], Location(pointer="/inputS3Uri"))
    yield from _repeated_key_issues("/jobs", "/id", "job id", (job["id"] for job in jobs))
    yield from _overlap_issues(jobs)
    updates = plan.get("updates", ())
    yield from _repeated_key_issues("/updates", "/path", "file", (update["path"] for update in updates))
    base = S3Uri.parse(plan.get("inputS3Uri", ""))
    places = None if base is None else S3Prefixes(SourcePrefixes.from_roots(plan["sources"], base).source_uris)
    for index, job in enumerate(jobs):
        yield from _job_issues(job, f"/jobs/{index}")
        if places is not None:
            yield from _job_prefix_issues(job, places, f"/jobs/{index}/inputS3Uri")
        yield from _quota_issues(job, plan["quotas"], f"/jobs/{index}/inputS3Uri")


def _mapped_count_issues(plan: dict[str, Any]) -> Iterator[Issue]:
    """Yield an issue if the number of studies or series with a mapping differs from the number in the plan.

    If several jobs have parts of a study, each of these jobs has a mapping for the study, but the study counts once. To
    save memory, only digests of the mappings are kept.
    """
    studies, series = array("Q"), array("Q")
    for job in plan["jobs"]:
        for mapping in job["mappings"]:
            study_uid, series_uid, _ = make_mapping_key(mapping)
            studies.append(compute_digest(study_uid))
            if series_uid is not None:
                series.append(compute_digest(study_uid, series_uid))
    yield from _different_count_issues(plan, "studies", _count_distinct_digests(studies))
    yield from _different_count_issues(plan, "series", _count_distinct_digests(series))


def _count_distinct_digests(digests: Iterable[int]) -> int:
    """Return the number of different digests."""
    return sum(1 for _ in groupby(sorted(digests)))


def _job_issues(job: dict[str, Any], place: str) -> Iterator[Issue]:
    """Yield an issue for each wrong or repeated URI, file or mapping of a job."""
    files, mappings = job["files"], job["mappings"]
    yield from s3_uri_issues(job["inputS3Uri"], Location(pointer=f"{place}/inputS3Uri"))
    yield from _repeated_key_issues(f"{place}/files", "/path", "file", (file["path"] for file in files))
    yield from _repeated_key_issues(f"{place}/mappings", "", "mapping", map(make_mapping_key, mappings))
    listed = {file["path"] for file in files}
    named = {mapping["metadataFilePath"] for mapping in mappings}
    for index, file in enumerate(files):
        if file["path"] not in named:
            yield make_issue("package.unmapped-file", Location(pointer=f"{place}/files/{index}/path"))
    for index, mapping in enumerate(mappings):
        if mapping["metadataFilePath"] not in listed:
            yield make_issue("package.unlisted-file", Location(pointer=f"{place}/mappings/{index}/metadataFilePath"))


def _overlap_issues(jobs: Iterable[dict[str, Any]]) -> Iterator[Issue]:
    """Yield an issue for each job whose prefix begins with the prefix of another job."""
    # In sorted order, the prefixes that begin with another prefix follow it directly.
    places = sorted((_add_ending_slash(job["inputS3Uri"]), index, job["id"]) for index, job in enumerate(jobs))
    outer = None
    for place in places:
        if outer is None or not place[0].startswith(outer[0]):
            outer = place
        elif place[2] != outer[2]:  # a repeated id is another issue
            yield make_issue(
                "package.overlapping-jobs", Location(pointer=f"/jobs/{place[1]}/inputS3Uri"), other=outer[2]
            )


def _job_prefix_issues(job: dict[str, Any], places: S3Prefixes, place: str) -> Iterator[Issue]:
    """Yield an issue if a staged job overlaps a source prefix, or if a job in place is outside all source prefixes."""
    uri = S3Uri.parse(job["inputS3Uri"])
    if uri is None:
        return
    if job["staged"] and places.overlaps(uri):
        yield make_issue("package.job-place", Location(pointer=place), where="overlaps the place of a source")
    if not job["staged"] and not places.contains(uri):
        yield make_issue("package.job-place", Location(pointer=place), where="is not in the place of a source")


def _quota_issues(job: dict[str, Any], quotas: dict[str, int], place: str) -> Iterator[Issue]:
    """Yield an issue for each quota of the plan that a job exceeds. Override files count as files."""
    override_bytes = sum(file["size"] for file in job["files"])
    holds = {
        "files": job["sourceFiles"] + len(job["files"]),
        "bytes": job["sourceBytes"] + override_bytes,
        "folders": job["folders"],
        "mappings": len(job["mappings"]),
    }
    for quota, count in holds.items():
        if count > quotas[quota]:
            yield make_issue(
                "package.over-quota", Location(pointer=place), count=count, what=quota, limit=quotas[quota]
            )


def _add_ending_slash(uri: str) -> str:
    return uri if uri.endswith("/") else uri + "/"


def _different_count_issues(plan: dict[str, Any], member: str, counted: int) -> Iterator[Issue]:
    if plan[member] != counted:
        yield make_issue(
            "package.counts", Location(pointer=f"/{member}"), planned=plan[member], found=counted, what=member
        )


def _repeated_key_issues(place: str, member: str, what: str, keys: Iterable[Hashable]) -> Iterator[Issue]:
    """Yield an issue for each key that is equal to an earlier key."""
    first_indexes: dict[Hashable, int] = {}
    for index, key in enumerate(keys):
        if first_indexes.setdefault(key, index) != index:
            yield make_issue("package.repeated", Location(pointer=f"{place}/{index}{member}"), what=what)
