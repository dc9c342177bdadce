"""boto3 clients for S3, HealthImaging and HealthLake."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dicommap.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType

MAX_ATTEMPTS = 8
"""Of one request, by botocore's standard retry mode: it waits longer each time, and takes throttling into account."""


@dataclass(frozen=True, kw_only=True)
class Clients:
    """Clients of one profile, region and endpoint; what is None is found as boto3 finds it."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    """For every service alike. AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_MEDICAL_IMAGING work too."""
    unsigned: bool = False
    """Send requests without credentials, as public buckets take them."""

    # botocore's clients have no types of their own.
    @cached_property
    def s3(self) -> Any:  # noqa: ANN401
        """Return the client of Amazon S3."""
        return self._client("s3")

    @cached_property
    def medical_imaging(self) -> Any:  # noqa: ANN401
        """Return the client of AWS HealthImaging."""
        return self._client("medical-imaging")

    @cached_property
    def healthlake(self) -> Any:  # noqa: ANN401
        """Return the client of AWS HealthLake."""
        return self._client("healthlake")

    @cached_property
    def session(self) -> Any:  # noqa: ANN401
        """Return the boto3 session. Raises MissingExtraError where boto3 is not installed."""
        return _import_boto3().Session(profile_name=self.profile, region_name=self.region)

    def _client(self, service: str) -> Any:  # noqa: ANN401
        session = self.session  # it says what to install where boto3 is missing
        from botocore import UNSIGNED
        from botocore.config import Config

        # A host prefix such as `runtime-` makes no sense before an endpoint that somebody named.
        config = Config(
            retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
            inject_host_prefix=self.endpoint_url is None,
            user_agent_extra="dicommap",
            signature_version=UNSIGNED if self.unsigned else None,
        )
        return session.client(service, endpoint_url=self.endpoint_url, config=config)


def _import_boto3() -> ModuleType:
    try:
        import boto3
    except ImportError:
        raise missing_boto3_error() from None
    module: ModuleType = boto3
    return module


def missing_boto3_error() -> MissingExtraError:
    """Return the error that names the extra."""
    return MissingExtraError("boto3 cannot be imported.", fix="Install it: pip install 'dicommap[aws]'")
