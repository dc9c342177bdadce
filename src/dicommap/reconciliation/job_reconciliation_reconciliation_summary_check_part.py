"""A job's summary against its records: neither is taken on trust."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.reconciliation.job_ledger import RecordCounts
    from dicommap.reconciliation.job_manifest import JobManifest


def manifest_identity_issues(
    manifest: JobManifest, uri: S3Uri, job_id: str, datastore_id: str, location: Location
) -> Iterator[Issue]:
    """Find that a manifest is another job's; what is not known, on either side, is not compared."""
    pairs = {"jobId": (manifest.job_id, job_id), "datastoreId": (manifest.datastore_id, datastore_id)}
    for member, (said, known) in pairs.items():
        if said and known and said != known:
            yield make_issue("manifest.other-job", _member_location(location, member), member=member)
    if manifest.input_s3_uri and S3Uri.parse(manifest.input_s3_uri) != uri:
        yield make_issue("manifest.other-job", _member_location(location, "inputS3Uri"), member="inputS3Uri")


def manifest_count_issues(
    manifest: JobManifest, seen: RecordCounts, overrides: int, location: Location
) -> Iterator[Issue]:
    """Find where the summary's numbers are not those of the records. `overrides` is the job's number of them.

    Whether override files are among the scanned files is not documented: either number will do.
    """
    numbers = manifest.numbers
    failures = [numbers.get(f"numberOfFilesWith{who}Error") for who in ("Customer", "Server")]
    yield from _difference_issues(
        numbers.get("numberOfImportedFiles"), seen.imported, "numberOfImportedFiles", location
    )
    if any(number is not None for number in failures):
        said = sum(filter(None, failures))
        yield from _difference_issues(said, seen.failed, "numberOfFilesWithCustomerError and ...ServerError", location)
    scanned, found = numbers.get("numberOfScannedFiles"), seen.imported + seen.failed
    if scanned is not None and not found <= scanned <= found + overrides - seen.overrides:
        yield from _difference_issues(scanned, found, "numberOfScannedFiles", location)
    if seen.image_sets:
        sets = numbers.get("numberOfGeneratedImageSets")
        yield from _difference_issues(sets, len(seen.image_sets), "numberOfGeneratedImageSets", location)


def _member_location(location: Location, member: str) -> Location:
    return replace(location, pointer=f"/jobSummary/{member}")


def _difference_issues(said: int | None, found: int, member: str, location: Location) -> Iterator[Issue]:
    if said is not None and said != found:
        yield make_issue("manifest.numbers", location, member=member, said=said, found=found)
