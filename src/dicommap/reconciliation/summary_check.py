"""A job's summary against its records: neither is taken on trust."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, issue
from dicommap.model.s3_uri import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.reconciliation.accounting import Seen
    from dicommap.reconciliation.job_manifest import JobManifest


def identity_issues(
    manifest: JobManifest, uri: S3Uri, job_id: str, datastore_id: str, location: Location
) -> Iterator[Issue]:
    """Find that a manifest is another job's; what is not known, on either side, is not compared."""
    pairs = {"jobId": (manifest.job_id, job_id), "datastoreId": (manifest.datastore_id, datastore_id)}
    for member, (said, known) in pairs.items():
        if said and known and said != known:
            yield issue("manifest.other-job", _within(location, member), member=member)
    if manifest.input_s3_uri and S3Uri.parse(manifest.input_s3_uri) != uri:
        yield issue("manifest.other-job", _within(location, "inputS3Uri"), member="inputS3Uri")


def number_issues(manifest: JobManifest, seen: Seen, overrides: int, location: Location) -> Iterator[Issue]:
    """Find where the summary's numbers are not those of the records. `overrides` is the job's number of them.

    Whether override files are among the scanned files is not documented: either number will do.
    """
    numbers = manifest.numbers
    failures = [numbers.get(f"numberOfFilesWith{who}Error") for who in ("Customer", "Server")]
    yield from _differing(numbers.get("numberOfImportedFiles"), seen.imported, "numberOfImportedFiles", location)
    if any(number is not None for number in failures):
        said = sum(filter(None, failures))
        yield from _differing(said, seen.failed, "numberOfFilesWithCustomerError and ...ServerError", location)
    scanned, found = numbers.get("numberOfScannedFiles"), seen.imported + seen.failed
    if scanned is not None and not found <= scanned <= found + overrides - seen.overrides:
        yield from _differing(scanned, found, "numberOfScannedFiles", location)
    if seen.image_sets:
        sets = numbers.get("numberOfGeneratedImageSets")
        yield from _differing(sets, len(seen.image_sets), "numberOfGeneratedImageSets", location)


def _within(location: Location, member: str) -> Location:
    return replace(location, pointer=f"/jobSummary/{member}")


def _differing(said: int | None, found: int, member: str, location: Location) -> Iterator[Issue]:
    if said is not None and said != found:
        yield issue("manifest.numbers", location, member=member, said=said, found=found)
