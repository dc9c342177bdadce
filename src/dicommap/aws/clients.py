"""boto3 clients for S3, HealthImaging and HealthLake."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dicommap.arguments import make_type_error, to_flag, to_optional, to_text
from dicommap.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType

MAX_ATTEMPTS = 8
"""Maximum number of attempts of one request. botocore's standard retry mode waits longer before each new attempt."""


@dataclass(frozen=True, kw_only=True)
class Clients:
    """The boto3 clients of AWS services. All have the same profile, region and endpoint.

    If one of these settings is None, boto3 chooses its value. A pickle of this object contains only the settings. The
    process that loads the pickle makes new clients.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    """The endpoint of every service. For one service, set AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL_MEDICAL_IMAGING."""
    unsigned: bool = False
    """Whether to send requests without credentials. Public buckets accept such requests."""

    def __post_init__(self) -> None:
        """Raise UsageError if a setting has a wrong type."""
        for name in ("profile", "region", "endpoint_url"):
            to_optional(to_text)(name, getattr(self, name))
        to_flag("unsigned", self.unsigned)

    # botocore's clients have no types of their own.
    @cached_property
    def s3(self) -> Any:  # noqa: ANN401
        """Return the client of Amazon S3."""
        return self.make_client("s3")

    @cached_property
    def medical_imaging(self) -> Any:  # noqa: ANN401
        """Return the client of AWS HealthImaging. Raises MissingExtraError if botocore is too old."""
        client = self.make_client("medical-imaging")
        # botocore leaves members that its model lacks out of answers, so that a job would seem to have no overrides.
        if "importConfiguration" not in client.meta.service_model.shape_for("DICOMImportJobProperties").members:
            raise MissingExtraError(
                "The installed botocore is older than May 2026, and does not know importConfiguration.",
                fix="Install a newer one: pip install -U 'dicommap[aws]'",
            )
        return client

    @cached_property
    def medical_imaging_once(self) -> Any:  # noqa: ANN401
        """Return a client of AWS HealthImaging that never repeats a request, for changes that must not happen twice."""
        return self.make_client("medical-imaging", max_attempts=1)

    @cached_property
    def healthlake(self) -> Any:  # noqa: ANN401
        """Return the client of AWS HealthLake."""
        return self.make_client("healthlake")

    @cached_property
    def session(self) -> Any:  # noqa: ANN401
        """Return the boto3 session. Raises MissingExtraError if boto3 is not installed."""
        return _import_boto3().Session(profile_name=self.profile, region_name=self.region)

    def make_client(self, service: str, *, max_attempts: int = MAX_ATTEMPTS, timeout: int | None = None) -> Any:  # noqa: ANN401
        """Return a new client of an AWS service.

        Args:
            service: boto3's name of the service, such as s3.
            max_attempts: Maximum number of attempts of one request.
            timeout: Seconds to wait for a connection and for an answer; None for botocore's default.

        Raises:
            MissingExtraError: boto3 is not installed.

        """
        session = self.session  # raises MissingExtraError before the imports below can fail
        from botocore import UNSIGNED
        from botocore.config import Config

        timeouts = {} if timeout is None else {"connect_timeout": timeout, "read_timeout": timeout}
        config = Config(
            retries={"mode": "standard", "total_max_attempts": max_attempts},
            user_agent_extra="dicommap",
            signature_version=UNSIGNED if self.unsigned else None,
            **timeouts,
        )
        client = session.client(service, endpoint_url=self.endpoint_url, config=config)
        host = urlsplit(client.meta.endpoint_url).hostname or ""
        if not host.startswith(client.meta.service_model.endpoint_prefix):
            # The endpoint is not AWS's own: it comes from an argument, a variable or a configuration file. botocore
            # must not add a prefix such as `runtime-` to its host name, because such a host does not exist.
            client.meta.config.inject_host_prefix = False
        return client

    def __getstate__(self) -> dict[str, Any]:
        # The boto3 clients in the instance cannot be pickled.
        return {setting.name: getattr(self, setting.name) for setting in fields(self)}


class QuickClients(Clients):
    """Clients for optional requests. A request fails within seconds if AWS does not answer."""

    def make_client(self, service: str, *, max_attempts: int = 2, timeout: int | None = 5) -> Any:  # noqa: ANN401
        """Return a new client of an AWS service. See Clients for the arguments."""
        return super().make_client(service, max_attempts=max_attempts, timeout=timeout)

    @classmethod
    def from_clients(cls, clients: Clients) -> QuickClients:
        """Return quick clients with the profile, region and endpoint of `clients`."""
        return cls(**clients.__getstate__())


def to_clients(name: str, value: object) -> Clients:
    """Return `value`, which must be a Clients object. Raises UsageError if it is not one.

    `name` is the name of the caller's parameter, for the message.
    """
    if not isinstance(value, Clients):
        raise make_type_error(name, value, "a Clients object, such as Clients(profile='hospital')")
    return value


def _import_boto3() -> ModuleType:
    try:
        import boto3
    except ImportError:
        raise make_missing_boto3_error() from None
    module: ModuleType = boto3
    return module


def make_missing_boto3_error() -> MissingExtraError:
    """Return the error for missing boto3. Its message names the extra to install."""
    return MissingExtraError("boto3 cannot be imported.", fix="Install it: pip install 'dicommap[aws]'")
