"""Check the buckets and the data store that import jobs need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceState:
    """The state of a bucket or data store, or AWS's error code if the state could not be read."""

    refused: str = ""
    """AWS's error code if AWS refused to return the state, else empty."""
    is_absent: bool = False
    """Whether the bucket or data store does not exist."""
    region: str = ""
    """The region of a bucket. Empty if AWS did not return it."""
    status: str = ""
    """The status of a data store, such as ACTIVE. Empty for a bucket."""
    account: str = ""
    """The ID of the AWS account that owns a data store. Empty if AWS did not return it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEnvironment:
    """The region, data store, buckets and role that the jobs of a package use."""

    region: str
    """The region in which jobs are started. Empty if it is not known."""
    datastore: ResourceState
    buckets: Mapping[str, ResourceState]
    role_arn: str


_ACTIVE_STATUS = "ACTIVE"
_ARN_ACCOUNT_INDEX = 4
"""Index of the AWS account ID in an ARN that is divided at its colons: `arn:aws:iam::111122223333:role/name`."""


def check_environment(environment: ImportEnvironment) -> Iterator[Issue]:
    """Yield an issue for each bucket or data store that does not allow the import jobs, or may make them fail.

    If the state of a bucket or data store could not be read, the issue is a note.
    """
    yield from _datastore_issues(environment)
    for bucket, reading in sorted(environment.buckets.items()):
        yield from _bucket_issues(f"s3://{bucket}/", reading, environment.region)


def _datastore_issues(environment: ImportEnvironment) -> Iterator[Issue]:
    """Yield an issue if the data store is missing, not active, not checked, or of another account than the role."""
    datastore = environment.datastore
    if datastore.is_absent:
        yield make_issue("submit.no-datastore", region=environment.region or "this region")
    elif datastore.refused:
        yield make_issue("submit.not-checked", what="The data store", reason=datastore.refused)
    else:
        if datastore.status != _ACTIVE_STATUS:
            yield make_issue("submit.datastore-status", status=datastore.status)
        role = _get_arn_account(environment.role_arn)
        if role and datastore.account and role != datastore.account:
            yield make_issue("submit.role-account", role=role, datastore=datastore.account)


def _bucket_issues(uri: str, reading: ResourceState, region: str) -> Iterator[Issue]:
    """Yield an issue if a bucket does not exist, could not be checked, or is in another region."""
    place = Location(path=uri)
    if reading.is_absent:
        yield make_issue("submit.no-bucket", place)
    elif reading.refused:
        yield make_issue("submit.not-checked", place, what="The bucket", reason=reading.refused)
    elif reading.region and region and reading.region != region:
        yield make_issue("submit.bucket-region", place, region=reading.region, other=region)


def _get_arn_account(arn: str) -> str:
    """Return the AWS account in an ARN; an empty text if the ARN has none."""
    parts = arn.split(":")
    return parts[_ARN_ACCOUNT_INDEX] if len(parts) > _ARN_ACCOUNT_INDEX else ""
