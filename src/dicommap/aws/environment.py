"""Read what import jobs depend on: the caller's account and region, the data store, the buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES, convert_client_errors
from dicommap.errors import AwsError
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.validation.environment_check import ImportEnvironment, ResourceState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.aws.clients import Clients
    from dicommap.aws.import_jobs import ImportJobs

_ARN_ACCOUNT_PART = 4


def read_environment(
    clients: Clients, jobs: ImportJobs, datastore: str, uris: Iterable[str], role_arn: str
) -> ImportEnvironment:
    """Read the data store, and the buckets of S3 URIs. What may not be read is part of the answer.

    Raises AwsError where AWS cannot be reached or does not take the credentials.
    """
    parsed = (S3Uri.parse(uri) for uri in uris)
    buckets = sorted({uri.bucket for uri in parsed if uri is not None})
    with convert_client_errors("GetDatastore"):
        region = str(clients.medical_imaging.meta.region_name or "")
    return ImportEnvironment(
        region=region,
        datastore=_read_datastore(jobs, datastore),
        buckets={bucket: _read_bucket(clients, bucket) for bucket in buckets},
        role_arn=role_arn,
    )


def _read_datastore(jobs: ImportJobs, datastore: str) -> ResourceState:
    try:
        properties = jobs.get_datastore(datastore)
    except AwsError as error:
        return _reading_for_error(error)
    parts = str(properties.get("datastoreArn") or "").split(":")
    account = parts[_ARN_ACCOUNT_PART] if len(parts) > _ARN_ACCOUNT_PART else ""
    return ResourceState(status=str(properties.get("datastoreStatus") or ""), account=account)


def _read_bucket(clients: Clients, bucket: str) -> ResourceState:
    try:
        with convert_client_errors("HeadBucket", f"s3://{bucket}/"):
            answer = clients.s3.head_bucket(Bucket=bucket)
    except AwsError as error:
        return _reading_for_error(error)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return ResourceState(region=str(answer.get("BucketRegion") or headers.get("x-amz-bucket-region") or ""))


def _reading_for_error(error: AwsError) -> ResourceState:
    if error.code in NOT_FOUND_CODES:
        return ResourceState(is_absent=True)
    if error.code in ACCESS_DENIED_CODES:
        return ResourceState(refused=error.code)
    raise error


CALLER_TIMEOUT_SECONDS = 3
"""That an answer is waited for: a network without STS must not keep a person from what they see without it."""


def get_caller_account(clients: Clients) -> str | None:
    """Return the id of the account that the credentials belong to; None if AWS does not tell it at once.

    Source: AWS STS API reference, GetCallerIdentity, which needs no permissions.
    """
    try:
        with convert_client_errors("GetCallerIdentity"):
            from botocore.config import Config

            once = {"mode": "standard", "total_max_attempts": 1}
            config = Config(connect_timeout=CALLER_TIMEOUT_SECONDS, read_timeout=CALLER_TIMEOUT_SECONDS, retries=once)
            client = clients.session.client("sts", endpoint_url=clients.endpoint_url, config=config)
            answer: dict[str, Any] = client.get_caller_identity()
    except AwsError:
        return None
    return str(answer.get("Account") or "") or None


def get_caller_region(clients: Clients) -> str | None:
    """Return the region that the clients call, wherever they found it; None if none is known."""
    try:
        with convert_client_errors("GetCallerIdentity"):
            region: str | None = clients.session.region_name
    except AwsError:
        return None
    return region
