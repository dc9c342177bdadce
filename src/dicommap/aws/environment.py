"""Read the AWS environment of import jobs: the caller's account and region, the data store and the buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.aws.bucket_listing import get_bucket_region
from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES, convert_client_errors
from dicommap.errors import AwsError
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.validation.environment_check import ImportEnvironment, ResourceState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.aws.clients import Clients
    from dicommap.aws.import_jobs import ImportJobs

_ARN_ACCOUNT_PART = 4
"""Index of the AWS account id in an ARN that is split at colons."""
CALLER_TIMEOUT_SECONDS = 3
"""Seconds to wait for STS. A network without access to STS must not delay commands that do not need it."""


def read_environment(
    clients: Clients, jobs: ImportJobs, datastore: str, uris: Iterable[str], role_arn: str
) -> ImportEnvironment:
    """Read the AWS environment of import jobs: region, data store and buckets.

    If a resource does not exist or AWS denies access to it, no exception is raised: the resource's state has the error.

    Args:
        clients: The clients to call AWS with.
        jobs: The client for import jobs, made from the same `clients`.
        datastore: The id of the data store.
        uris: S3 URIs of import jobs. Their buckets are read.
        role_arn: The ARN of the role that import jobs use. It is copied into the result. The role is not read.

    Raises:
        AwsError: AWS cannot be reached, or does not accept the credentials.
    """
    parsed = (S3Uri.parse(uri) for uri in uris)
    buckets = sorted({uri.bucket for uri in parsed if uri is not None})
    with convert_client_errors("GetDatastore"):
        region = str(clients.medical_imaging.meta.region_name or "")
    return ImportEnvironment(
        region=region,
        datastore=_read_datastore_state(jobs, datastore),
        buckets={bucket: _read_bucket_state(clients, bucket) for bucket in buckets},
        role_arn=role_arn,
    )


def _read_datastore_state(jobs: ImportJobs, datastore: str) -> ResourceState:
    try:
        properties = jobs.get_datastore(datastore)
    except AwsError as error:
        return _make_error_state(error)
    parts = str(properties.get("datastoreArn") or "").split(":")
    account = parts[_ARN_ACCOUNT_PART] if len(parts) > _ARN_ACCOUNT_PART else ""
    return ResourceState(status=str(properties.get("datastoreStatus") or ""), account=account)


def _read_bucket_state(clients: Clients, bucket: str) -> ResourceState:
    try:
        return ResourceState(region=get_bucket_region(clients, bucket) or "")
    except AwsError as error:
        return _make_error_state(error)


def _make_error_state(error: AwsError) -> ResourceState:
    """Return the state of a resource that could not be read: it does not exist, or AWS denied access.

    Raises `error` again if it has another reason.
    """
    if error.code in NOT_FOUND_CODES:
        return ResourceState(is_absent=True)
    if error.code in ACCESS_DENIED_CODES:
        return ResourceState(refused=error.code)
    raise error


def get_caller_account(clients: Clients) -> str | None:
    """Return the account id of the credentials; None if STS refuses, or does not answer in CALLER_TIMEOUT_SECONDS.

    Source: AWS STS API reference, GetCallerIdentity, which needs no permissions.
    """
    try:
        with convert_client_errors("GetCallerIdentity"):
            client = clients.make_client("sts", max_attempts=1, timeout=CALLER_TIMEOUT_SECONDS)
            answer: dict[str, Any] = client.get_caller_identity()
    except AwsError:
        return None
    return str(answer.get("Account") or "") or None


def get_caller_region(clients: Clients) -> str | None:
    """Return the region of the clients; None if no setting names a region."""
    try:
        with convert_client_errors("GetCallerIdentity"):
            region: str | None = clients.session.region_name
    except AwsError:
        return None
    return region
