"""The settings to reach a bucket, sent to workers, and the clients that each process makes of them."""

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
"""A request that takes longer is tried again."""

RETRY_CONFIG: RetryConfig = {
    "max_retries": 8,
    "retry_timeout": timedelta(seconds=150),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=15), "base": 2},
}
"""Waits twice as long each time, at random within bounds: half a minute and more, as S3 asks of those it slows down."""

_CLIENT_LIFETIME = timedelta(minutes=5)
"""How long credentials are used before botocore is asked for them again. It renews them while ten minutes are left."""

_DEFAULT_REGION = "us-east-1"

MAX_CERTIFICATE_BYTES = 16 * 2**20
"""Bytes of a file of certificates; all that browsers trust are 0.3 million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Connection:
    """One bucket and the way to it. It is pickled, so it holds no credentials: each process finds them itself."""

    bucket: str
    profile: str | None = None
    region: str | None = None
    """Where the bucket is, or else what somebody asked for."""
    endpoint_url: str | None = None
    unsigned: bool = False
    """Whether requests are sent without credentials, as public buckets take them."""
    scan: str = field(default_factory=lambda: os.urandom(8).hex())
    """Tells scans apart: clients are kept as long as one of them lasts, so that the next finds renewed credentials."""

    def in_region(self, region: str | None) -> S3Connection:
        """Return the way to the bucket once it is known where it is."""
        elsewhere = region is not None and region != self.client().meta.region_name
        return replace(self, region=region) if elsewhere else self

    def client(self) -> Any:  # noqa: ANN401  botocore's clients have no types of their own
        """Return this process's boto3 client, for listing."""
        return _clients(self, os.getpid()).s3

    def store(self) -> S3Store:
        """Return this process's obstore client, for reading. Raises AwsError where there are no credentials."""
        return _store(self, os.getpid())


def require_s3_extra() -> None:
    """Raise MissingExtraError unless what reads from S3 is installed."""
    try:
        import boto3
        import obstore  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "obstore and boto3, which read from S3, cannot be imported.", fix="Install them: pip install 'dicommap[s3]'"
        ) from None
    del boto3


# By process: neither client works on behind a fork.
@lru_cache(maxsize=8)
def _clients(connection: S3Connection, process: int) -> Clients:
    del process
    require_s3_extra()
    return Clients(
        profile=connection.profile,
        region=connection.region,
        endpoint_url=connection.endpoint_url,
        unsigned=connection.unsigned,
    )


@lru_cache(maxsize=8)
def _store(connection: S3Connection, process: int) -> S3Store:
    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.store import S3Store

    clients = _clients(connection, process)
    if not connection.unsigned and clients.session.get_credentials() is None:
        raise AwsError(
            "No credentials of AWS were found by a process that reads.",
            fix="Name a profile, or give every process that reads credentials of its own.",
        )
    # botocore knows endpoints by region, partition, profile and environment; obstore would look at some of these only.
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
            "skip_signature": connection.unsigned,
        },
        client_options=_client_options(endpoint),
        retry_config=RETRY_CONFIG,
        credential_provider=None
        if connection.unsigned
        else Boto3CredentialProvider(clients.session, ttl=_CLIENT_LIFETIME),
    )


def _uses_virtual_host(endpoint: str, bucket: str) -> bool:
    """Say whether AWS's own endpoint is asked; certificates do not hold for buckets with a dot."""
    host = urlsplit(endpoint).hostname or ""
    return host.startswith("s3") and ".amazonaws.com" in host and "." not in bucket


def _client_options(endpoint: str) -> ClientConfig:
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
        raise AwsError("The file that AWS_CA_BUNDLE names cannot be read.", fix="Name one that can.") from None
