"""What surrounds import jobs, read before anything is sent: the data store and the buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.aws.faults import ABSENT, DENIED, calling
from dicommap.errors import AwsError
from dicommap.model.s3_uri import S3Uri
from dicommap.model.surroundings import Reading, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.aws.clients import Clients
    from dicommap.aws.import_jobs import ImportJobs

_ACCOUNT_PART = 4


def surroundings(
    clients: Clients, jobs: ImportJobs, datastore: str, uris: Iterable[str], role_arn: str
) -> Surroundings:
    """Read the data store, and the buckets of S3 URIs. What may not be read is part of the answer.

    Raises AwsError where AWS cannot be reached or does not take the credentials.
    """
    parsed = (S3Uri.parse(uri) for uri in uris)
    buckets = sorted({uri.bucket for uri in parsed if uri is not None})
    with calling("GetDatastore"):
        region = str(clients.medical_imaging.meta.region_name or "")
    return Surroundings(
        region=region,
        datastore=_datastore(jobs, datastore),
        buckets={bucket: _bucket(clients, bucket) for bucket in buckets},
        role_arn=role_arn,
    )


def _datastore(jobs: ImportJobs, datastore: str) -> Reading:
    try:
        properties = jobs.datastore(datastore)
    except AwsError as error:
        return _refused(error)
    parts = str(properties.get("datastoreArn") or "").split(":")
    account = parts[_ACCOUNT_PART] if len(parts) > _ACCOUNT_PART else ""
    return Reading(status=str(properties.get("datastoreStatus") or ""), account=account)


def _bucket(clients: Clients, bucket: str) -> Reading:
    try:
        with calling("HeadBucket", f"s3://{bucket}/"):
            answer = clients.s3.head_bucket(Bucket=bucket)
    except AwsError as error:
        return _refused(error)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return Reading(region=str(answer.get("BucketRegion") or headers.get("x-amz-bucket-region") or ""))


def _refused(error: AwsError) -> Reading:
    if error.code in ABSENT:
        return Reading(is_absent=True)
    if error.code in DENIED:
        return Reading(refused=error.code)
    raise error
