"""The settings to reach a bucket, and the S3 clients that each process makes from them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dicommap.aws.clients import Clients
from dicommap.errors import AwsError, MissingExtraError
from dicommap.reading import read_regular_file

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ClientConfig, RetryConfig, S3Store

CONNECT_SECONDS, REQUEST_SECONDS = 10, 60
"""Timeouts in seconds for connecting, and for a whole request. After a timeout, the request is repeated."""

RETRY_CONFIG: RetryConfig = {
    "max_retries": 8,
    "retry_timeout": timedelta(seconds=150),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=15), "base": 2},
}
"""Settings for repeating a failed request. Each pause is about twice as long as the pause before.

S3 recommends this if it throttles requests. All pauses together take at least half a minute.
"""

_CLIENT_LIFETIME = timedelta(minutes=5)
"""The time after which obstore asks botocore for credentials again.

botocore renews credentials ten minutes before they expire.
"""

_DEFAULT_REGION = "us-east-1"

MAX_CERTIFICATE_BYTES = 16 * 2**20
"""The maximum size of a file of certificates in bytes. The certificates that browsers trust need 0.3 million bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Connection:
    """A bucket and the settings to reach it.

    It is pickled for worker processes, so it has no credentials. Each process finds credentials by itself, with boto3.
    """

    bucket: str
    clients: Clients = field(default_factory=Clients)
    """The AWS credentials profile, the region and the endpoint. It never has a boto3 client."""
    scan: str = field(default_factory=lambda: os.urandom(8).hex())
    """A random text for each scan.

    It is part of the cache key of the clients, so the next scan gets new credentials.
    """

    def __post_init__(self) -> None:
        # A copy without boto3 clients: the caller's object may hold some, and they cannot be pickled.
        object.__setattr__(self, "clients", replace(self.clients))

    def in_region(self, region: str | None) -> S3Connection:
        """Return a connection to the same bucket in another region.

        Return this object if `region` is None or equal to the region of this connection.
        """
        if region is None or region == self.get_boto3_client().meta.region_name:
            return self
        return replace(self, clients=replace(self.clients, region=region))

    def get_boto3_client(self) -> Any:  # noqa: ANN401  botocore's clients have no types of their own
        """Return this process's boto3 client for S3. It is used to list objects."""
        return _get_cached_clients(self, os.getpid()).s3

    def get_obstore_client(self) -> S3Store:
        """Return this process's obstore client, used to read objects. Raises AwsError if credentials are missing."""
        return _get_cached_obstore_client(self, os.getpid())


def require_s3_extra() -> None:
    """Raise MissingExtraError unless boto3 and obstore are installed."""
    try:
        import boto3
        import obstore  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "obstore and boto3, which read from S3, cannot be imported.", fix="Install them: pip install 'dicommap[s3]'"
        ) from None
    del boto3


# The process id is part of the cache key, because the clients do not work after a fork.
@lru_cache(maxsize=8)
def _get_cached_clients(connection: S3Connection, process: int) -> Clients:
    """Return the boto3 clients of a process for a bucket, from a cache if possible."""
    del process
    require_s3_extra()
    return replace(connection.clients)


@lru_cache(maxsize=8)
def _get_cached_obstore_client(connection: S3Connection, process: int) -> S3Store:
    """Return the obstore client of a process for a bucket, from a cache if possible."""
    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.store import S3Store

    clients = _get_cached_clients(connection, process)
    if not connection.clients.unsigned and clients.session.get_credentials() is None:
        raise AwsError(
            "A process that reads objects has found no AWS credentials.",
            fix="Name a profile with --profile, or give credentials to every process that reads.",
        )
    # botocore finds the endpoint from region, partition, profile and environment. obstore uses only some of these.
    endpoint = clients.s3.meta.endpoint_url
    bucket_in_host = _uses_virtual_host(endpoint, connection.bucket)
    if bucket_in_host:
        endpoint = endpoint.replace("://", f"://{connection.bucket}.", 1)
    return S3Store(
        connection.bucket,
        config={
            "region": clients.s3.meta.region_name or _DEFAULT_REGION,
            "endpoint": endpoint,
            "aws_endpoint_url_s3": endpoint,
            "virtual_hosted_style_request": bucket_in_host,
            "skip_signature": connection.clients.unsigned,
        },
        client_options=_make_client_options(endpoint),
        retry_config=RETRY_CONFIG,
        credential_provider=None
        if connection.clients.unsigned
        else Boto3CredentialProvider(clients.session, ttl=_CLIENT_LIFETIME),
    )


def _uses_virtual_host(endpoint: str, bucket: str) -> bool:
    """Return whether requests need the bucket's name in the host name, as in `bucket.s3.amazonaws.com`.

    They need it for AWS's endpoints. But if the bucket's name has a dot, AWS's certificates are not valid for such
    hosts, and the result is False.
    """
    host = urlsplit(endpoint).hostname or ""
    return host.startswith("s3") and ".amazonaws.com" in host and "." not in bucket


def _make_client_options(endpoint: str) -> ClientConfig:
    """Return obstore's settings for HTTP: timeouts, and the certificates that AWS_CA_BUNDLE names."""
    options: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "timeout": timedelta(seconds=REQUEST_SECONDS),
        "user_agent": "dicommap",
    }
    authorities = os.environ.get("AWS_CA_BUNDLE")
    if authorities:
        options["root_certificate"] = _read_certificates(authorities)
    return options


def _read_certificates(path: str | Path) -> bytes:
    try:
        return read_regular_file(path, MAX_CERTIFICATE_BYTES)
    except OSError:
        raise AwsError(
            "The file that the environment variable AWS_CA_BUNDLE names cannot be read.",
            fix="Set AWS_CA_BUNDLE to a file of certificates that you may read, or unset it.",
        ) from None
