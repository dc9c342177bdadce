"""Read the StartDICOMImportJob requests of a package, fill their placeholders, and find the files to upload first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicommap.aws.document_uploads import UploadDocument
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DocumentError, PackageError, UsageError
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues.wording import choose_verb, format_count, join_names
from dicommap.model.package_layout import job_folder
from dicommap.model.submission import AWS_ACCOUNT_MEMBERS
from dicommap.package.aws_account_check import ACCOUNT_EXAMPLES, ACCOUNT_OPTIONS, require_same_aws_account
from dicommap.package.document_reader import format_path_name, read_document
from dicommap.reading.document_limits import OVERRIDE_LIMIT
from dicommap.validation.request_check import check_aws_account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicommap.model.submission import AwsAccount
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.planning.plan import PlanJob


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """The StartDICOMImportJob request of one job, and the override files to upload before the request is sent."""

    job: PlanJob
    request: Mapping[str, Any]
    """The parameters of StartDICOMImportJob. An unknown parameter has a placeholder, such as `<datastoreId>`."""
    files: Path
    """The folder in the package that has the override files of the job."""

    def has_value(self, member: str) -> bool:
        """Return whether the request has a value for a member, and not a placeholder."""
        return bool(self.request.get(member, f"<{member}>") != f"<{member}>")

    @property
    def id(self) -> str:
        """The id of the job in the plan."""
        return self.job.id

    def documents(self) -> Iterator[UploadDocument]:
        """Yield the override files as documents to upload.

        Raises DocumentError if a file cannot be read, and PackageError if a file differs from the plan.
        """
        uri = S3Uri.parse(self.job.inputS3Uri)
        if uri is None:
            raise AssertionError("a validated plan has valid URIs")
        for planned in self.job.files:
            data = read_document(Path(planned.path), OVERRIDE_LIMIT.bytes, beneath=self.files)
            # The file may have changed since the validation. So the bytes to upload are compared again.
            if (len(data), hashlib.sha256(data).hexdigest()) != (planned.size, planned.sha256):
                raise PackageError(f"{planned.path} was changed meanwhile.", fix="Draft the package again.")
            yield UploadDocument(bucket=uri.bucket, key=uri.key_of(planned.path), data=data)


def require_package(package: Path) -> None:
    """Raise DocumentError if `package` is not a directory. Its content is not checked."""
    if not package.is_dir():
        raise DocumentError(
            f"{format_path_name(package)} is no package.", fix="Name the directory that 'dicommap draft' wrote."
        )


def require_jobs(package: PackageDirectory) -> None:
    """Raise UsageError if a package has updates of stored image sets only, so that it has no import jobs."""
    if not package.plan.jobs:
        raise UsageError(
            "The package has no import jobs, so there is nothing to import: it only changes what is stored.",
            fix=f"Send its updates: dicommap update {make_printable(str(package.path))}",
        )


def make_job_requests(
    package: PackageDirectory, job_ids: Sequence[str], account: Mapping[str, str], kept: AwsAccount | None
) -> list[JobRequest]:
    """Return the requests for jobs of a package, in the order of the plan. The package must be valid.

    Args:
        package: The package.
        job_ids: The IDs of the jobs; empty for all jobs.
        account: Parameters that only the owner of the AWS account knows. They replace those of the requests in the
            package.
        kept: The AWS account of an earlier submit, or None. It has the parameters that are missing in `account` and in
            the package.

    Raises:
        UsageError: A job is not in the plan, a parameter is invalid, or a parameter is not the same as in the earlier
            submit or in another job.
    """
    known = {job.id: job for job in package.plan.jobs}
    for job_id in job_ids:
        if job_id not in known:
            raise UsageError(f"The plan has no job {job_id}.", fix=f"It has {', '.join(list(known)[:10])}.")
    require_valid_members(account)
    job_requests = [
        _make_job_request(package, job, account, kept) for job in package.plan.jobs if not job_ids or job.id in job_ids
    ]
    for job_request in job_requests:
        require_same_aws_account(kept, job_request.request)
        _require_equal_aws_accounts(job_requests[0], job_request)
    return job_requests


def find_placeholders(job_requests: Iterable[JobRequest]) -> tuple[str, ...]:
    """Return the parameters that are placeholders in any request, in the order of AWS_ACCOUNT_MEMBERS."""
    unknown = {
        member
        for job_request in job_requests
        for member, value in job_request.request.items()
        if value == f"<{member}>"
    }
    return tuple(member for member in AWS_ACCOUNT_MEMBERS if member in unknown)


def require_no_missing_members(members: Sequence[str], advice: str = "Give your own, which look like this:") -> None:
    """Raise UsageError if `members` is not empty: the values of these parameters are missing.

    The message names their command-line options. Its fix is `advice`, followed by an example for each option.
    """
    if members:
        raise UsageError(
            f"{format_count(len(members), 'option')} {choose_verb(len(members), 'is', 'are')} missing: "
            f"{join_names(map(_make_option_name, members))}.",
            fix=f"{advice} {_format_option_examples(members)}",
        )


def require_valid_members(account: Mapping[str, str]) -> None:
    """Raise UsageError if parameters do not have the form of AWS. The message names their command-line options."""
    pointers = [issue.location.pointer or "" for issue in check_aws_account(account)]
    members = list(dict.fromkeys(pointer.removeprefix("/") for pointer in pointers))
    if members:
        wrong = (f"{_make_option_name(member)} '{make_printable(account[member])}'" for member in members)
        raise UsageError(
            f"AWS does not take {join_names(wrong)}.", fix=f"Values look like this: {_format_option_examples(members)}"
        )


def _format_option_examples(members: Iterable[str]) -> str:
    return " ".join(f"{_make_option_name(member)} {ACCOUNT_EXAMPLES[member]}" for member in members)


def _require_equal_aws_accounts(first: JobRequest, job_request: JobRequest) -> None:
    """Raise UsageError if the requests of two jobs have different settings of the AWS account."""
    differing = [name for name in AWS_ACCOUNT_MEMBERS if first.request.get(name) != job_request.request.get(name)]
    if differing:
        ids = f"{first.job.id} and {job_request.job.id}"
        raise UsageError(
            f"Jobs {ids} have another {' and another '.join(differing)} in their requests.",
            fix=(
                f"Give {' and '.join(ACCOUNT_OPTIONS[name] for name in differing)}, "
                "which holds for all jobs of the package."
            ),
        )


def _make_job_request(
    package: PackageDirectory, job: PlanJob, account: Mapping[str, str], kept: AwsAccount | None
) -> JobRequest:
    folder = package.path / job_folder(job.id)
    request = {**package.read_request(job), **account}
    for member in AWS_ACCOUNT_MEMBERS:
        if kept is not None and request.get(member, f"<{member}>") == f"<{member}>":
            request[member] = getattr(kept, member)
    request = {member: value for member, value in request.items() if value is not None}
    return JobRequest(job=job, request=request, files=folder / "files")


def _make_option_name(member: str) -> str:
    return ACCOUNT_OPTIONS.get(member, member)
