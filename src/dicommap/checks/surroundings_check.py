"""What surrounds import jobs: whether the buckets and the data store are there, and fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.model.surroundings import Reading, Surroundings

_ACTIVE = "ACTIVE"
_ACCOUNT_PART = 4
"""Where an ARN has the account: `arn:aws:iam::111122223333:role/name`."""


def surroundings_issues(found: Surroundings) -> Iterator[Issue]:
    """Find what keeps jobs from being started, or is likely to make them fail; what was not read is a note."""
    yield from _datastore_issues(found)
    for bucket, reading in sorted(found.buckets.items()):
        yield from _bucket_issues(f"s3://{bucket}/", reading, found.region)


def _datastore_issues(found: Surroundings) -> Iterator[Issue]:
    datastore = found.datastore
    if datastore.is_absent:
        yield issue("submit.no-datastore", region=found.region or "this region")
    elif datastore.refused:
        yield issue("submit.not-checked", what="The data store", reason=datastore.refused)
    else:
        if datastore.status != _ACTIVE:
            yield issue("submit.datastore-status", status=datastore.status)
        role = _account(found.role_arn)
        if role and datastore.account and role != datastore.account:
            yield issue("submit.role-account", role=role, datastore=datastore.account)


def _bucket_issues(uri: str, reading: Reading, region: str) -> Iterator[Issue]:
    place = Location(path=uri)
    if reading.is_absent:
        yield issue("submit.no-bucket", place)
    elif reading.refused:
        yield issue("submit.not-checked", place, what="The bucket", reason=reading.refused)
    elif reading.region and region and reading.region != region:
        yield issue("submit.bucket-region", place, region=reading.region, other=region)


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[_ACCOUNT_PART] if len(parts) > _ACCOUNT_PART else ""
