"""Choose the data store of a package, and check that calls use the AWS account of the package's first submit."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dicommap.aws import Clients
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import UsageError
from dicommap.healthimaging.data_stores import find_data_store_id
from dicommap.model.submission import AWS_ACCOUNT_MEMBERS, AwsAccount
from dicommap.validation.request_check import check_aws_account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dicommap.model.update_state import UpdateAwsAccount
    from dicommap.package.package_directory import PackageDirectory

ACCOUNT_OPTIONS = {
    "datastoreId": "--datastore-id",
    "dataAccessRoleArn": "--data-access-role-arn",
    "outputS3Uri": "--output-s3-uri",
    "inputOwnerAccountId": "--input-owner-account-id",
    "inputS3Uri": "--input-s3-uri",
    "region": "--region",
    "endpointUrl": "--endpoint-url",
}
"""Setting that only the owner of the AWS account knows -> its option on the command line.

inputS3Uri is such a setting in a probe only: the jobs of a package have it in the plan.
"""
ACCOUNT_EXAMPLES = {
    "datastoreId": "0123456789abcdef0123456789abcdef",
    "dataAccessRoleArn": "arn:aws:iam::123456789012:role/import",
    "outputS3Uri": "s3://bucket/output/",
    "inputOwnerAccountId": "123456789012",
    "inputS3Uri": "s3://bucket/probes/",
}
"""Member of the request that only the owner of the AWS account knows -> an example value."""
_ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"


def make_aws_account(request: Mapping[str, Any], clients: Clients, region: str) -> AwsAccount:
    """Return the AWS account of a first submit, to be saved in the package.

    Args:
        request: The StartDICOMImportJob request.
        clients: The clients, whose profile and endpoint are saved. An endpoint with credentials is not saved.
        region: The region of the clients; empty if it is not known.

    """
    return AwsAccount(
        **{name: request[name] for name in AWS_ACCOUNT_MEMBERS if name in request},
        region=region or None,
        profile=clients.profile,
        endpointUrl=_choose_endpoint_to_save(clients),
    )


def make_clients_with_saved_settings(clients: Clients | None, kept: AwsAccount | UpdateAwsAccount | None) -> Clients:
    """Return clients with the caller's settings. A missing profile or region is taken from the first submit.

    A profile is a name on one machine, so the caller may use another profile. An endpoint is never taken from a
    package: the author of the package could then receive requests with the caller's credentials.

    Args:
        clients: The caller's clients, or None.
        kept: The AWS account of the first submit, or None.

    Raises:
        UsageError: The first submit used an endpoint, and the caller does not name an endpoint.
    """
    clients_asked = clients or Clients()
    if kept is None:
        return clients_asked
    if kept.endpointUrl and not clients_asked.endpoint_url and os.environ.get(_ENDPOINT_VARIABLE) != kept.endpointUrl:
        url = make_printable(kept.endpointUrl)
        raise UsageError(
            f"The package was submitted before through the endpoint {url}; an endpoint is not taken from a package.",
            fix=f"If it is yours, name it: --endpoint-url {url}",
        )
    whole = replace(
        clients_asked, profile=clients_asked.profile or kept.profile, region=clients_asked.region or kept.region
    )
    return clients_asked if whole == clients_asked else whole  # The caller's clients may already have open connections.


def require_same_endpoint(kept: AwsAccount | UpdateAwsAccount | None, clients: Clients) -> None:
    """Raise UsageError if the clients use another region or endpoint than the first submit.

    `kept` is the AWS account of the first submit; None if there was no submit. A setting that the caller does not give
    is not compared.
    """
    settings = {"region": clients.region, "endpointUrl": clients.endpoint_url}
    _require_same_settings(kept, {name: value for name, value in settings.items() if value is not None})


def require_same_aws_account(kept: AwsAccount | None, request: Mapping[str, Any]) -> None:
    """Raise UsageError if a request has another AWS account than the first submit.

    `kept` is the AWS account of the first submit; None if there was no submit.
    """
    _require_same_settings(kept, {name: request.get(name) for name in AWS_ACCOUNT_MEMBERS})


def require_same_datastore(kept: AwsAccount | UpdateAwsAccount, datastore_id: str) -> None:
    """Raise UsageError if a data store is not the data store of the first submit."""
    _require_same_settings(kept, {"datastoreId": datastore_id})


def choose_datastore(
    package: PackageDirectory, kept: AwsAccount | UpdateAwsAccount | None, datastore_id: str | None
) -> str:
    """Return the id of the data store of a package.

    This is the data store that the user names, or the one from which the package was drafted, or that of the first
    submit or update, or that of the package's requests.

    Args:
        package: The package.
        kept: The AWS account of the package's first submit or update; None if there was none.
        datastore_id: The data store that the user names; None if the user names none.

    Raises:
        UsageError: No data store is known, its id does not have AWS's form, or it is another one than before.

    """
    scanned = find_data_store_id(package.plan.sources)
    requested = _read_requested_datastore(package) if scanned is None and kept is None else None
    chosen: Any = datastore_id or scanned or (requested if kept is None else kept.datastoreId)
    if not chosen:
        raise UsageError(
            "No data store is known: the package was not submitted, and its requests name none.",
            fix=f"Name the data store: --datastore-id {ACCOUNT_EXAMPLES['datastoreId']}",
        )
    if check_aws_account({"datastoreId": chosen}):
        raise UsageError(
            "datastoreId does not have AWS's form.", fix=f"Write it as in {ACCOUNT_EXAMPLES['datastoreId']}."
        )
    if kept is not None:
        require_same_datastore(kept, chosen)
    if scanned is not None and chosen != scanned:
        raise UsageError(
            f"The package was drafted from what the data store {scanned} has.", fix="Leave --datastore-id out."
        )
    return str(chosen)


def _read_requested_datastore(package: PackageDirectory) -> object:
    """Return the datastoreId of the package's first request; None if it is a placeholder, or if there is no job."""
    requested = package.read_request(package.plan.jobs[0]).get("datastoreId") if package.plan.jobs else None
    return None if requested == "<datastoreId>" else requested


def _require_same_settings(kept: AwsAccount | UpdateAwsAccount | None, settings: Mapping[str, str | None]) -> None:
    """Raise UsageError if a setting differs from the setting of the first submit."""
    if kept is None:
        return
    before = kept.model_dump()
    differing = {name: value for name, value in settings.items() if value != before[name]}
    if before["endpointUrl"] is None:  # an environment variable may have given the same endpoint
        differing.pop("endpointUrl", None)
    if not differing:
        return
    changes = " and ".join(
        f"{name}: {before[name] or 'none'} then, {value or 'none'} now" for name, value in differing.items()
    )
    options = " and ".join(ACCOUNT_OPTIONS[name] for name in differing)
    moved = ""
    if "endpointUrl" in differing:
        moved = " If the same service is now at this endpoint, take endpointUrl out of submission/account.json."
    raise UsageError(
        f"The package was submitted before with another {changes}.",
        fix=f"Leave {options} out: the package keeps the options of its first submit. To import into another "
        f"data store, draft a package of its own.{moved}",
    )


def make_update_account(datastore_id: str, clients: Clients) -> UpdateAwsAccount:
    """Return the data store and the settings of a first update, to be saved in the package."""
    from dicommap.aws.environment import get_caller_region
    from dicommap.model.update_state import UpdateAwsAccount

    return UpdateAwsAccount(
        datastoreId=datastore_id,
        region=get_caller_region(clients),
        profile=clients.profile,
        endpointUrl=_choose_endpoint_to_save(clients),
    )


def _choose_endpoint_to_save(clients: Clients) -> str | None:
    """Return the endpoint of the clients; None if they have none, or if its URL may have credentials."""
    endpoint = clients.endpoint_url
    return endpoint if endpoint and _is_url_without_credentials(endpoint) else None


def _is_url_without_credentials(url: str) -> bool:
    """Return whether a URL has no user, password or token."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not (parts.username or parts.password or parts.query or parts.fragment)
