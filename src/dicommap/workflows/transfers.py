"""Transfers of stage() and submit(): gathered and confirmed before the first request that changes something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.aws.caller import caller_account, caller_region
from dicommap.errors import UsageError
from dicommap.model.submission import ACCOUNT_MEMBERS
from dicommap.model.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicommap.aws import Clients
    from dicommap.model.plan import Job
    from dicommap.package.planned import PlannedPackage
    from dicommap.workflows.orders import Order

    Confirm = Callable[[Transfer], bool]
    """Is shown what is about to be sent, and returns whether it may be."""


def staging_transfer(
    package: PlannedPackage, jobs: Sequence[Job], sources: Sequence[str], clients: Clients
) -> Transfer:
    """Return what the staging of some jobs sends, from these source roots."""
    return Transfer(
        package=str(package.path),
        jobs=tuple(job.id for job in jobs),
        sources=tuple(sources),
        prefixes=tuple(job.inputS3Uri for job in jobs),
        files=sum(job.sourceFiles for job in jobs),
        bytes=sum(job.sourceBytes for job in jobs),
        members={},
        account=caller_account(clients),
        region=caller_region(clients),
        profile=clients.profile,
        endpoint_url=clients.endpoint_url,
    )


def submission_transfer(package: PlannedPackage, orders: Sequence[Order], clients: Clients) -> Transfer:
    """Return what the submission of some jobs sends."""
    jobs = [order.job for order in orders]
    members = orders[0].request if orders else {}
    return Transfer(
        package=str(package.path),
        jobs=tuple(job.id for job in jobs),
        sources=package.plan.sources,
        prefixes=tuple(job.inputS3Uri for job in jobs),
        files=sum(len(job.files) for job in jobs),
        bytes=sum(file.size for job in jobs for file in job.files),
        read_files=sum(job.sourceFiles for job in jobs),
        read_bytes=sum(job.sourceBytes for job in jobs),
        members={name: str(members[name]) for name in ACCOUNT_MEMBERS if name in members},
        account=caller_account(clients),
        region=caller_region(clients),
        profile=clients.profile,
        endpoint_url=clients.endpoint_url,
    )


def require_confirmed(confirm: Confirm, transfer: Transfer) -> None:
    """Raise UsageError if a transfer is not confirmed."""
    if not confirm(transfer):
        raise UsageError("Nothing was sent: it was not confirmed.", fix="Run the same again, and type yes.")
