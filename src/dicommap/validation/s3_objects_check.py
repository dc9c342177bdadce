"""Compare the objects under a job's S3 prefix with the job's planned objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import AwsError
from dicommap.issues import Location, Severity, make_issue
from dicommap.issues.bounded_list import JOB_ISSUE_LIMIT, bounded_issues
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.issues import Issue
    from dicommap.model.source_files import S3Object
    from dicommap.planning.plan import PlanJob, PlannedFile
    from dicommap.planning.planned_objects import PlannedObject

P10_HEAD_SIZE = 132
"""Bytes of a preamble and the prefix DICM (PS3.10 section 7.1)."""
_INSTANCE_DISPOSITIONS = (Disposition.INSTANCE, Disposition.DUPLICATE)


class S3ObjectReader(Protocol):
    """Reads objects and buckets in S3. If S3 refuses, AwsError is raised."""

    @property
    def region(self) -> str | None:
        """Return the region of the clients; None if it is not known."""

    def get_region(self, bucket: str) -> str | None:
        """Return the region of a bucket; None if S3 does not name it."""

    def list_objects(self, uri: S3Uri) -> Iterable[S3Object]:
        """Yield every object under a URI, in the order of the keys' UTF-8."""

    def sha256(self, bucket: str, key: str) -> str:
        """Return the SHA-256 of an object's bytes, as hexadecimal digits."""

    def read_start(self, bucket: str, key: str, size: int) -> bytes | str:
        """Return the first bytes of an object, or a text that says why they could not be read."""


class JobObjectsCheck:
    """The check of one job. It merges planned objects and listed objects, both in the order of their keys."""

    def __init__(self, job: PlanJob, uri: S3Uri, stored: S3ObjectReader, *, uploaded: bool) -> None:
        """Begin a check of a job; `uri` is its inputS3Uri.

        `uploaded` says whether its override files must be in S3 already.
        """
        self._job = job
        self._uri = uri
        self._overrides = {file.path: file for file in job.files}
        self._stored = stored
        self._uploaded = uploaded
        self._strays = self._planned = self._missing = 0
        self._issues = bounded_issues(JOB_ISSUE_LIMIT, self._printable_uri)
        self._missing_issues = bounded_issues(JOB_ISSUE_LIMIT, self._printable_uri)

    def issues(self, planned: Iterable[PlannedObject], listed: Iterable[S3Object]) -> Iterator[Issue]:
        """Yield issues about missing objects, objects that differ from the plan, and objects that are not in the plan.

        Raises AwsError if S3 cannot list the whole prefix. Issues of the objects listed so far are yielded first.
        """
        unseen = dict(self._overrides)
        try:
            for wanted, found in _merge_by_key(planned, listed):
                if wanted is None and found is not None and found.key in self._overrides:
                    unseen.pop(found.key, None)
                    self._check_override_file(self._overrides[found.key], found)
                elif wanted is None and found is not None:
                    self._check_unplanned_object(found)
                elif wanted is not None:
                    self._compare_object(wanted, found)
        except _UnsortedKeysError as error:  # what was found up to there may be wrong
            yield make_issue("listing.unsorted", Location(path=self._printable_uri), what=str(error))
            return
        except AwsError:
            # What was listed so far was compared; what is not listed is not known to be missing.
            yield from self._issues
            raise
        yield from self._missing_object_issues(unseen)
        yield from self._issues
        if self._strays > JOB_ISSUE_LIMIT:
            yield make_issue(
                "listing.more-strays", Location(path=self._printable_uri), count=self._strays - JOB_ISSUE_LIMIT
            )

    @property
    def _printable_uri(self) -> str:
        return make_printable(self._job.inputS3Uri)

    def _key_location(self, key: str) -> Location:
        return Location(path=make_printable(f"{self._uri}{key}"))

    def _compare_object(self, wanted: PlannedObject, found: S3Object | None) -> None:
        self._planned += 1
        # Of what is no instance nothing is lost.
        is_instance = wanted.disposition in _INSTANCE_DISPOSITIONS
        severity = Severity.ERROR if is_instance else Severity.NOTE
        if found is None:
            self._missing += 1
            self._missing_issues.add(make_issue("object.missing", self._key_location(wanted.key), severity=severity))
        elif found.size != wanted.size:
            facts = {"found": found.size, "planned": wanted.size}
            self._issues.add(make_issue("object.size", self._key_location(wanted.key), severity=severity, **facts))
        elif wanted.etag and not self._job.staged and wanted.etag.strip('"') != found.etag.strip('"'):
            # A copy of an object that was uploaded in parts has another ETag than the object.
            self._issues.add(make_issue("object.changed", self._key_location(wanted.key), severity=severity))

    def _check_override_file(self, wanted: PlannedFile, found: S3Object) -> None:
        if found.size != wanted.size:
            self._issues.add(make_issue("object.override-differs", self._key_location(found.key), what="size"))
            return
        try:
            sha256 = self._stored.sha256(self._uri.bucket, self._uri.key(found.key))
        except AwsError as error:
            if not error.local:
                raise
            self._issues.add(make_issue("object.override-unread", self._key_location(found.key), told=error.message))
            return
        if sha256 != wanted.sha256:
            self._issues.add(make_issue("object.override-differs", self._key_location(found.key), what="SHA-256"))

    def _check_unplanned_object(self, found: S3Object) -> None:
        if not found.size and (not found.key or found.key.endswith("/")):
            self._issues.add(make_issue("listing.folder-object", self._key_location(found.key)))
            return
        self._strays += 1
        if self._strays > JOB_ISSUE_LIMIT:
            return
        whole = self._uri.key(found.key)
        head = self._stored.read_start(self._uri.bucket, whole, P10_HEAD_SIZE) if found.size >= P10_HEAD_SIZE else b""
        if isinstance(head, str):
            self._issues.add(make_issue("listing.stray-unread", self._key_location(found.key), reason=head))
        elif head[P10_HEAD_SIZE - 4 : P10_HEAD_SIZE] == b"DICM":
            self._issues.add(make_issue("listing.stray-p10", self._key_location(found.key)))
        else:
            self._issues.add(make_issue("listing.stray-object", self._key_location(found.key)))

    def _missing_object_issues(self, unseen: Mapping[str, PlannedFile]) -> Iterator[Issue]:
        if self._job.staged and self._missing and self._missing == self._planned:
            yield make_issue("object.not-staged", Location(path=self._printable_uri), count=self._planned)
        else:
            yield from self._missing_issues
        for path in sorted(unseen) if self._uploaded else ():
            self._issues.add(make_issue("object.override-missing", self._key_location(path)))


def check_bucket_region(bucket: str, found: str | None, region: str | None) -> Iterator[Issue]:
    """Yield an issue if a bucket is in another region than the clients. Unknown regions are not compared."""
    if found and region and found != region:
        yield make_issue("listing.region", Location(path=f"s3://{bucket}/"), found=found, region=region)


_Keyed = TypeVar("_Keyed", "PlannedObject", "S3Object")


class _UnsortedKeysError(Exception):
    """Keys are not in order. The text names objects.csv or the listing."""


def _merge_by_key(
    planned: Iterable[PlannedObject], listed: Iterable[S3Object]
) -> Iterator[tuple[PlannedObject | None, S3Object | None]]:
    """Yield pairs of planned and listed objects with the same key, in key order; None for a missing partner."""
    wanted, found = _require_key_order(planned, "objects.csv"), _require_key_order(listed, "the listing")
    one, other = next(wanted, None), next(found, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.key < other.key):
            yield one, None
            one = next(wanted, None)
        elif one is None or other.key < one.key:
            yield None, other
            other = next(found, None)
        else:
            yield one, other
            one, other = next(wanted, None), next(found, None)


def _require_key_order(objects: Iterable[_Keyed], what: str) -> Iterator[_Keyed]:
    """Yield the objects unchanged. Raises _UnsortedKeysError if a key is not greater than the previous key.

    Python compares texts by code points, which is the order of their UTF-8.
    """
    before = None
    for one in objects:
        if before is not None and one.key <= before:
            raise _UnsortedKeysError(what)
        before = one.key
        yield one
