"""Who calls AWS: the account of the credentials, and the region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import convert_client_errors
from dicommap.errors import AwsError

if TYPE_CHECKING:
    from dicommap.aws.clients import Clients

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
