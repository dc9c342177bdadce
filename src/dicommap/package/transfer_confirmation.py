"""Describe the data that `stage` or `submit` will send to AWS, and require a confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from dicommap.aws.environment import get_caller_account, get_caller_region
from dicommap.display.transfer import Transfer
from dicommap.errors import UsageError
from dicommap.healthimaging.limits import UPDATE_IMAGE_SET_METADATA_RATE
from dicommap.model.submission import AWS_ACCOUNT_MEMBERS
from dicommap.progress.notebook_bar import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicommap.aws import Clients
    from dicommap.package.job_requests import JobRequest
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.planning.plan import PlanJob

    Confirm = Callable[[Transfer], bool]
    """A function that shows a transfer to the user and returns whether the user confirms it."""


class CallerMembers(TypedDict):
    """The members of a transfer that name the caller's AWS account and settings."""

    account: str | None
    region: str | None
    profile: str | None
    endpoint_url: str | None


def make_caller_members(clients: Clients) -> CallerMembers:
    """Return the caller's account, which is requested from AWS, and the settings of the clients."""
    return CallerMembers(
        account=get_caller_account(clients),
        region=get_caller_region(clients),
        profile=clients.profile,
        endpoint_url=clients.endpoint_url,
    )


def make_staging_transfer(
    package: PackageDirectory, jobs: Sequence[PlanJob], sources: Sequence[str], clients: Clients
) -> Transfer:
    """Return the transfer for staging jobs: the files, their prefixes and the AWS account.

    `sources` are the source roots of the copied files. The AWS account is requested from AWS.
    """
    return Transfer(
        package=str(package.path),
        jobs=tuple(job.id for job in jobs),
        sources=tuple(sources),
        prefixes=tuple(job.inputS3Uri for job in jobs),
        files=sum(job.sourceFiles for job in jobs),
        bytes=sum(job.sourceBytes for job in jobs),
        draft_warnings=package.count_draft_warnings(),
        members={},
        **make_caller_members(clients),
    )


def make_submission_transfer(
    package: PackageDirectory, job_requests: Sequence[JobRequest], clients: Clients
) -> Transfer:
    """Return the transfer for submitting jobs: override files to upload, and source files that AWS reads.

    `job_requests` are the requests of the jobs. The AWS account is requested from AWS.
    """
    jobs = [job_request.job for job_request in job_requests]
    members = job_requests[0].request if job_requests else {}
    return Transfer(
        package=str(package.path),
        jobs=tuple(job.id for job in jobs),
        sources=package.plan.sources,
        prefixes=tuple(job.inputS3Uri for job in jobs),
        files=sum(len(job.files) for job in jobs),
        bytes=sum(file.size for job in jobs for file in job.files),
        read_files=sum(job.sourceFiles for job in jobs),
        read_bytes=sum(job.sourceBytes for job in jobs),
        draft_warnings=package.count_draft_warnings(),
        members={name: str(members[name]) for name in AWS_ACCOUNT_MEMBERS if name in members},
        **make_caller_members(clients),
    )


def make_update_transfer(
    package: PackageDirectory,
    clients: Clients,
    *,
    datastore: str,
    requests: int,
    rate: float | None,
    is_revert: bool,
) -> Transfer:
    """Return the transfer for the updates of a package, with the time that they need at AWS's rate.

    Args:
        package: The package.
        clients: The clients. The AWS account is requested from AWS.
        datastore: The id of the data store.
        requests: The number of requests of UpdateImageSetMetadata. What is stored already is not sent.
        rate: The limit of requests per second, if it is not the documented one.
        is_revert: Whether updates are taken back.

    """
    per_second = rate or UPDATE_IMAGE_SET_METADATA_RATE.per_second
    duration = f"about {format_duration(requests / per_second)}: AWS accepts one request in {1 / per_second:g} s"
    return Transfer(
        package=str(package.path),
        jobs=(),
        sources=(),
        prefixes=(),
        files=0,
        bytes=0,
        updates=requests,
        draft_warnings={} if is_revert else package.count_draft_warnings(),
        members={"datastoreId": datastore},
        **make_caller_members(clients),
        notes={
            "what": "the updates of this package are taken back" if is_revert else "stored metadata is changed",
            "duration": duration,
        },
    )


def require_confirmed(confirm: Confirm, transfer: Transfer) -> None:
    """Raise UsageError if the user does not confirm a transfer."""
    if not confirm(transfer):
        raise UsageError("Nothing was sent: it was not confirmed.", fix="Run the same again, and type yes.")
