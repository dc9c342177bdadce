"""Compare the objects under a job's S3 prefix with the job's planned objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import AwsError
from dicommap.issues import Location, Severity, make_issue
from dicommap.issues.bounded_list import JOB_ISSUE_LIMIT, make_bounded_issues
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.issues import Issue
    from dicommap.model.source_files import S3Object
    from dicommap.planning.plan import PlanJob, PlannedFile
    from dicommap.planning.planned_objects import PlannedObject

P10_HEAD_SIZE = 132
"""Number of bytes of the preamble and the prefix `DICM` at the beginning of a P10 file (PS3.10 section 7.1)."""
_INSTANCE_DISPOSITIONS = (Disposition.INSTANCE, Disposition.DUPLICATE)


class S3ObjectReader(Protocol):
    """Interface of objects that read S3. A method raises AwsError if S3 refuses its request."""

    @property
    def region(self) -> str | None:
        """Return the region of the AWS clients. Return None if it is not known."""

    def get_region(self, bucket: str) -> str | None:
        """Return the region of a bucket. Return None if S3 does not return it."""

    def list_objects(self, uri: S3Uri) -> Iterable[S3Object]:
        """Yield all objects under an S3 URI, sorted by the UTF-8 bytes of their keys."""

    def sha256(self, bucket: str, key: str) -> str:
        """Return the SHA-256 of an object's bytes in hexadecimal digits."""

    def read_start(self, bucket: str, key: str, size: int) -> bytes | str:
        """Return the first `size` bytes of an object. If they cannot be read, return the reason as a text."""


class JobObjectsCheck:
    """A comparison of one job's planned objects with the objects that S3 lists, both sorted by key."""

    def __init__(self, job: PlanJob, uri: S3Uri, stored: S3ObjectReader, *, uploaded: bool) -> None:
        """Prepare the check of a job.

        Args:
            job: The job in the plan.
            uri: The inputS3Uri of the job.
            stored: An object that reads S3.
            uploaded: Whether the override files of the job must already be in S3.
        """
        self._job = job
        self._uri = uri
        self._overrides = {file.path: file for file in job.files}
        self._stored = stored
        self._uploaded = uploaded
        self._strays = self._planned = self._missing = 0
        self._issues = make_bounded_issues(JOB_ISSUE_LIMIT, self._printable_input_uri)
        self._missing_issues = make_bounded_issues(JOB_ISSUE_LIMIT, self._printable_input_uri)

    def issues(self, planned: Iterable[PlannedObject], listed: Iterable[S3Object]) -> Iterator[Issue]:
        """Yield the issues of missing objects, of objects that are not as planned, and of unplanned objects.

        Args:
            planned: The planned objects of the job, sorted by key.
            listed: The objects that S3 lists under the job's inputS3Uri, sorted by key.

        Raises:
            AwsError: S3 cannot list the whole prefix. The issues of the objects that were listed before the error are
                yielded first.
        """
        unseen = dict(self._overrides)
        try:
            for planned_object, listed_object in _pair_by_key(planned, listed):
                if planned_object is None and listed_object is not None and listed_object.key in self._overrides:
                    unseen.pop(listed_object.key, None)
                    self._record_override_file_issue(self._overrides[listed_object.key], listed_object)
                elif planned_object is None and listed_object is not None:
                    self._record_unplanned_object_issue(listed_object)
                elif planned_object is not None:
                    self._record_object_issue(planned_object, listed_object)
        except _UnsortedKeysError as error:  # the issues of earlier objects may be wrong
            yield make_issue("listing.unsorted", Location(path=self._printable_input_uri), what=str(error))
            return
        except AwsError:
            # The objects listed so far were compared. Other objects may exist, so they are not reported as missing.
            yield from self._issues
            raise
        yield from self._missing_object_issues(unseen)
        yield from self._issues
        if self._strays > JOB_ISSUE_LIMIT:
            yield make_issue(
                "listing.more-strays", Location(path=self._printable_input_uri), count=self._strays - JOB_ISSUE_LIMIT
            )

    @property
    def _printable_input_uri(self) -> str:
        return make_printable(self._job.inputS3Uri)

    def _locate_key(self, key: str) -> Location:
        """Return the location of the object with a key relative to the inputS3Uri."""
        return Location(path=make_printable(f"{self._uri}{key}"))

    def _record_object_issue(self, planned: PlannedObject, listed: S3Object | None) -> None:
        """Record an issue if a planned object is missing from the listing or differs."""
        self._planned += 1
        # Only instances are imported, so a difference of any other object is not an error.
        is_instance = planned.disposition in _INSTANCE_DISPOSITIONS
        severity = Severity.ERROR if is_instance else Severity.NOTE
        if listed is None:
            self._missing += 1
            self._missing_issues.add(make_issue("object.missing", self._locate_key(planned.key), severity=severity))
        elif listed.size != planned.size:
            facts = {"found": listed.size, "planned": planned.size}
            self._issues.add(make_issue("object.size", self._locate_key(planned.key), severity=severity, **facts))
        elif planned.etag and not self._job.staged and planned.etag.strip('"') != listed.etag.strip('"'):
            # The ETags of staged copies are not compared: a copy of a multipart object has another ETag.
            self._issues.add(make_issue("object.changed", self._locate_key(planned.key), severity=severity))

    def _record_override_file_issue(self, planned: PlannedFile, listed: S3Object) -> None:
        """Record an issue if an uploaded override file differs from the planned file."""
        if listed.size != planned.size:
            self._issues.add(make_issue("object.override-differs", self._locate_key(listed.key), what="size"))
            return
        try:
            sha256 = self._stored.sha256(self._uri.bucket, self._uri.key_of(listed.key))
        except AwsError as error:
            if not error.local:
                raise
            self._issues.add(make_issue("object.override-unread", self._locate_key(listed.key), told=error.message))
            return
        if sha256 != planned.sha256:
            self._issues.add(make_issue("object.override-differs", self._locate_key(listed.key), what="SHA-256"))

    def _record_unplanned_object_issue(self, listed: S3Object) -> None:
        """Record an issue for an object that is not in the plan. If it is a P10 file, the job would import it."""
        if not listed.size and (not listed.key or listed.key.endswith("/")):
            self._issues.add(make_issue("listing.folder-object", self._locate_key(listed.key)))
            return
        self._strays += 1
        if self._strays > JOB_ISSUE_LIMIT:
            return
        whole = self._uri.key_of(listed.key)
        head = self._stored.read_start(self._uri.bucket, whole, P10_HEAD_SIZE) if listed.size >= P10_HEAD_SIZE else b""
        if isinstance(head, str):
            self._issues.add(make_issue("listing.stray-unread", self._locate_key(listed.key), reason=head))
        elif head[P10_HEAD_SIZE - 4 : P10_HEAD_SIZE] == b"DICM":
            self._issues.add(make_issue("listing.stray-p10", self._locate_key(listed.key)))
        else:
            self._issues.add(make_issue("listing.stray-object", self._locate_key(listed.key)))

    def _missing_object_issues(self, unseen: Mapping[str, PlannedFile]) -> Iterator[Issue]:
        """Yield an issue for each missing object; but only one issue if a staged job has no object at all."""
        if self._job.staged and self._missing and self._missing == self._planned:
            yield make_issue("object.not-staged", Location(path=self._printable_input_uri), count=self._planned)
        else:
            yield from self._missing_issues
        for path in sorted(unseen) if self._uploaded else ():
            self._issues.add(make_issue("object.override-missing", self._locate_key(path)))


def check_bucket_region(bucket: str, bucket_region: str | None, region: str | None) -> Iterator[Issue]:
    """Yield an issue if a bucket is in another region than the AWS clients.

    Args:
        bucket: The name of the bucket.
        bucket_region: The region of the bucket. None if it is not known.
        region: The region of the clients. None if it is not known.
    """
    if bucket_region and region and bucket_region != region:
        yield make_issue("listing.region", Location(path=f"s3://{bucket}/"), found=bucket_region, region=region)


_Keyed = TypeVar("_Keyed", "PlannedObject", "S3Object")


class _UnsortedKeysError(Exception):
    """Error for keys that are not sorted. Its text names the list with these keys: objects.csv or the listing of S3."""


def _pair_by_key(
    planned: Iterable[PlannedObject], listed: Iterable[S3Object]
) -> Iterator[tuple[PlannedObject | None, S3Object | None]]:
    """Yield pairs of a planned and a listed object with the same key, in the order of the keys.

    If only one of the lists has a key, the other item of the pair is None.
    """
    planned_objects, listed_objects = (
        _require_key_order(planned, "objects.csv"),
        _require_key_order(listed, "the listing"),
    )
    planned_object, listed_object = next(planned_objects, None), next(listed_objects, None)
    while planned_object is not None or listed_object is not None:
        if listed_object is None or (planned_object is not None and planned_object.key < listed_object.key):
            yield planned_object, None
            planned_object = next(planned_objects, None)
        elif planned_object is None or listed_object.key < planned_object.key:
            yield None, listed_object
            listed_object = next(listed_objects, None)
        else:
            yield planned_object, listed_object
            planned_object, listed_object = next(planned_objects, None), next(listed_objects, None)


def _require_key_order(objects: Iterable[_Keyed], what: str) -> Iterator[_Keyed]:
    """Yield the objects unchanged. Raise _UnsortedKeysError if a key is not greater than the key before it.

    Python sorts texts by code points, which gives the same order as sorting by UTF-8 bytes.
    """
    before = None
    for item in objects:
        if before is not None and item.key <= before:
            raise _UnsortedKeysError(what)
        before = item.key
        yield item
