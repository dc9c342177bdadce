"""Compare calls with the AWS account, region and endpoint that a package was first submitted to."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dicommap.aws import Clients
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import UsageError
from dicommap.model.submission import AWS_ACCOUNT_MEMBERS, AwsAccount

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ACCOUNT_OPTIONS = {
    "datastoreId": "--datastore-id",
    "dataAccessRoleArn": "--data-access-role-arn",
    "outputS3Uri": "--output-s3-uri",
    "inputOwnerAccountId": "--input-owner-account-id",
    "region": "--region",
    "endpointUrl": "--endpoint-url",
}
"""Members that only the account's owner knows -> how the command line names them."""
_ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"


def make_aws_account(request: Mapping[str, Any], clients: Clients, region: str) -> AwsAccount:
    """Return the AWS account of a first submit: its request's members, and the region, profile and endpoint.

    `region` is the region of the clients.
    """
    endpoint = clients.endpoint_url
    return AwsAccount(
        **{name: request[name] for name in AWS_ACCOUNT_MEMBERS if name in request},
        region=region or None,
        profile=clients.profile,
        endpointUrl=endpoint if endpoint and _has_no_credentials(endpoint) else None,
    )


def complete_clients(clients: Clients | None, kept: AwsAccount | None) -> Clients:
    """Return clients for the AWS account. Missing settings are those of the first submit.

    A profile is a name on one machine, so it may differ. An endpoint is never read from a package: its author could
    receive requests with the caller's credentials. Raises UsageError if the first submit had an endpoint, and the
    caller names none.
    """
    asked = clients or Clients()
    if kept is None:
        return asked
    if kept.endpointUrl and not asked.endpoint_url and os.environ.get(_ENDPOINT_VARIABLE) != kept.endpointUrl:
        url = make_printable(kept.endpointUrl)
        raise UsageError(
            f"The package was submitted before through the endpoint {url}; an endpoint is not taken from a package.",
            fix=f"If it is yours, name it: --endpoint-url {url}",
        )
    whole = replace(asked, profile=asked.profile or kept.profile, region=asked.region or kept.region)
    return asked if whole == asked else whole  # which may have opened connections


def require_same_endpoint(kept: AwsAccount | None, clients: Clients) -> None:
    """Raise UsageError if the clients use another region or endpoint than the first submit."""
    given = {"region": clients.region, "endpointUrl": clients.endpoint_url}
    _require_same_members(kept, {name: value for name, value in given.items() if value is not None})


def require_same_aws_account(kept: AwsAccount | None, request: Mapping[str, Any]) -> None:
    """Raise UsageError if a request is for another AWS account than the first submit."""
    _require_same_members(kept, {name: request.get(name) for name in AWS_ACCOUNT_MEMBERS})


def _require_same_members(kept: AwsAccount | None, given: Mapping[str, str | None]) -> None:
    if kept is None:
        return
    before = kept.model_dump()
    differing = {name: value for name, value in given.items() if value != before[name]}
    if before["endpointUrl"] is None:  # the environment may have named the same one
        differing.pop("endpointUrl", None)
    if not differing:
        return
    told = " and ".join(
        f"{name}: {before[name] or 'none'} then, {value or 'none'} now" for name, value in differing.items()
    )
    options = " and ".join(ACCOUNT_OPTIONS[name] for name in differing)
    moved = ""
    if "endpointUrl" in differing:
        moved = " Where the same service is reached there now, take endpointUrl out of submission/account.json."
    raise UsageError(
        f"The package was submitted before with another {told}.",
        fix=f"Leave {options} out: the package keeps the options of its first submit. To import into another "
        f"data store, draft a package of its own.{moved}",
    )


def _has_no_credentials(url: str) -> bool:
    """Return whether a URL has no user, password or token."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not (parts.username or parts.password or parts.query or parts.fragment)
