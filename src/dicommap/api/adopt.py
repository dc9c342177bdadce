"""adopt(): save import jobs that were started without submit() as the jobs of a package."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.validate import validate_and_open
from dicommap.arguments import (
    convert_arguments,
    to_flag,
    to_function,
    to_instance,
    to_optional,
    to_path,
    to_progress,
    to_rate,
    to_text,
    to_texts,
)
from dicommap.aws.clients import to_clients
from dicommap.aws.import_jobs import ImportJobs
from dicommap.aws.timing import SYSTEM_CLOCK, to_clock
from dicommap.dicom.printable_text import make_printable
from dicommap.display.issue_report import Issues
from dicommap.errors import UsageError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.issues import has_errors
from dicommap.model.displayable import Displayable
from dicommap.model.job_adoption import AdoptionResult
from dicommap.package.audit_log import record_job_events
from dicommap.package.aws_account_check import (
    make_clients_with_saved_settings,
    require_same_datastore,
    require_same_endpoint,
)
from dicommap.package.job_adopter import JobAdopter
from dicommap.package.job_requests import (
    find_placeholders,
    make_job_requests,
    require_no_missing_members,
    require_package,
)
from dicommap.package.submission_states import SubmissionStates
from dicommap.progress import ignore_step, progress_reporter, track_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.aws.timing import Clock
    from dicommap.display.report import Report
    from dicommap.model.job_adoption import JobAdoption
    from dicommap.model.submission import AwsAccount
    from dicommap.package.job_requests import JobRequest
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.progress import OnProgress, ProgressOption

_JOB_ID = re.compile(r"[0-9a-z]{1,32}")
"""The form of job ids in AWS's service model."""


@dataclass(frozen=True, kw_only=True, repr=False)
class AdoptResult(Displayable):
    """The result of an adoption, or of a search for jobs that can be adopted: the jobs, and the issues."""

    package: Path
    jobs: tuple[JobAdoption, ...]
    """The named jobs in the order of the call, or the jobs that a search found, the newest first."""
    issues: Issues
    is_search: bool = False
    """Whether the jobs were found by a search (`find=True`). If not, the caller named them."""
    listed: int = 0
    """The number of jobs that the data store listed for a search, which are those of the last 90 days."""
    requested: int = 0
    """The number of listed jobs whose properties a search has requested: those submitted since `since`."""

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error. If an issue is an error, no job was adopted."""
        return not self.issues.errors

    @property
    def adoptable(self) -> tuple[str, ...]:
        """Return the ids of the import jobs that `adopt` would accept as jobs of the package.

        If several import jobs fit the same job of the package, none of them is included, because only one can be right.
        """
        fitting = [job for job in self.jobs if job.result is AdoptionResult.FITS]
        counts = Counter(job.job for job in fitting)
        return tuple(job.properties.jobId for job in fitting if counts[job.job] == 1)

    def _build_report(self) -> Report:
        from dicommap.display.adoption_report import build_adoption_report

        return build_adoption_report(str(self.package), self.jobs, self.issues, is_search=self.is_search)


@convert_arguments(
    package=to_path,
    job_ids=to_texts,
    find=to_flag,
    since=to_optional(to_instance(date, "a date, such as datetime.date(2026, 11, 1)")),
    datastore_id=to_optional(to_text),
    data_access_role_arn=to_optional(to_text),
    output_s3_uri=to_optional(to_text),
    input_owner_account_id=to_optional(to_text),
    jobs=to_texts,
    check=to_flag,
    dry_run=to_flag,
    get_rate=to_optional(to_rate),
    clients=to_optional(to_clients),
    clock=to_clock,
    progress=to_progress,
    on_step=to_optional(to_function),
)
def adopt(
    package: StrPath,
    job_ids: Iterable[str] = (),
    *,
    find: bool = False,
    since: date | None = None,
    datastore_id: str | None = None,
    data_access_role_arn: str | None = None,
    output_s3_uri: str | None = None,
    input_owner_account_id: str | None = None,
    jobs: Sequence[str] = (),
    check: bool = True,
    dry_run: bool = False,
    get_rate: float | None = None,
    clients: Clients | None = None,
    clock: Clock = SYSTEM_CLOCK,
    progress: ProgressOption = None,
    on_step: Callable[[str, str], None] | None = None,
) -> AdoptResult:
    """Save import jobs that were started without `submit` as the jobs of a package.

    Somebody may have started the jobs with the package's requests in the AWS console, the AWS CLI or a program. For
    each import job, the job of the package with the same inputS3Uri is found. An import job is adopted only if its data
    store, role, outputS3Uri and importConfiguration are those of the package's request. If the request has a
    placeholder for one of them, the import job's value is saved. Afterwards `watch` and `reconcile` handle the jobs as
    if `submit` had started them. AWS is only read; nothing is changed there. If an issue is an error, no job is
    adopted.

    Args:
        package: The package directory.
        job_ids: The ids that AWS gave the import jobs.
        find: Whether to only search: list those import jobs of the data store that import a prefix of the package. AWS
            lists the jobs of the last 90 days without their prefixes, so that each job is requested once.
        since: The first day, in UTC, whose jobs a search requests, for example the day on which the package was
            drafted. A datetime is a time on that day. None for all listed jobs.
        datastore_id: The id of the data store. This argument and the next three replace members of the package's
            requests.
        data_access_role_arn: The dataAccessRoleArn.
        output_s3_uri: The outputS3Uri.
        input_owner_account_id: The inputOwnerAccountId.
        jobs: The ids of the package's jobs to compare with; empty for all.
        check: Whether to compare the override files in S3 with those of the package.
        dry_run: Whether to compare only, and to save nothing.
        get_rate: The limit of GetDICOMImportJob calls per second, if AWS has changed it for your account.
        clients: The AWS clients. A missing profile or region is that of the package's first submit.
        clock: The clock that reads the time and waits.
        progress: Whether to show the number of compared jobs, or a function that is called with it.
        on_step: A function that is called for each adopted job, with the id of the package's job and a description.

    Returns:
        The result for each job, and the issues.

    Raises:
        DocumentError: The package cannot be read.
        UsageError: No job is named, an argument is not valid, or the data store is not known.
        PackageError: The state cannot be saved, or another process submits or adopts jobs of the package.
        AwsError: AWS refuses a request or cannot be reached.
    """
    place, ids = Path(package), list(dict.fromkeys(job_ids))
    require_package(place)
    _require_usable_ids(ids, find=find, since=since)
    issues, planned = validate_and_open(place)
    if planned is None:
        return AdoptResult(package=place, jobs=(), issues=Issues(issues), is_search=find)
    # The package has no error here. Its warnings were shown when it was drafted, and do not concern an adoption.
    account = {
        "datastoreId": datastore_id,
        "dataAccessRoleArn": data_access_role_arn,
        "outputS3Uri": output_s3_uri,
        "inputOwnerAccountId": input_owner_account_id,
    }
    kept = planned.read_aws_account()
    reached = make_clients_with_saved_settings(clients, kept)
    require_same_endpoint(kept, reached)
    adopter = JobAdopter(
        clients=reached,
        jobs=ImportJobs(reached, clock, get_rate=get_rate),
        states=SubmissionStates(place),
        clock=clock,
        job_requests=_make_job_requests(
            planned, jobs, {name: value for name, value in account.items() if value is not None}, kept
        ),
    )
    with progress_reporter(progress, "jobs") as report:
        if find:
            return _search_jobs_of_data_store(place, adopter, since, report)
        with nullcontext() if dry_run else adopter.states.lock():
            properties = adopter.get_jobs(track_progress(ids, report, len(ids)))
            adoptions = adopter.decide_adoptions(
                [adopter.compare_job(job) for job in properties], compare_overrides=check
            )
            if not dry_run and not has_errors(adopter.issues):
                adoptions = _save_adoptions(adopter, adoptions, is_first=kept is None, on_step=on_step or ignore_step)
                record_job_events(place, adopter.states.read_all(job.id for job in planned.plan.jobs).values())
    return AdoptResult(package=place, jobs=tuple(adoptions), issues=Issues(adopter.issues))


def _search_jobs_of_data_store(
    place: Path, adopter: JobAdopter, since: date | None, report: OnProgress | None
) -> AdoptResult:
    """Search the data store for jobs that import a prefix of the package. The result has them, the newest first."""
    listed = list(adopter.jobs.list_jobs(adopter.datastore_id))
    first = _make_search_start(since)
    chosen = [job for job in listed if first is None or job.submittedAt is None or job.submittedAt >= first]
    found = list(adopter.find_adoptions(track_progress(chosen, report, len(chosen))))
    found.sort(key=lambda job: format_utc(job.properties.submittedAt) or "", reverse=True)
    return AdoptResult(
        package=place,
        jobs=tuple(found),
        issues=Issues(),
        is_search=True,
        listed=len(listed),
        requested=len(chosen),
    )


def _make_search_start(since: date | None) -> datetime | None:
    """Convert the first day of a search to a datetime in UTC. A datetime without a time zone is in UTC."""
    if since is None:
        return None
    moment = since if isinstance(since, datetime) else datetime.combine(since, time())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _require_usable_ids(ids: Sequence[str], *, find: bool, since: date | None) -> None:
    """Raise UsageError if a job id does not have AWS's form.

    Also raise it if ids are given for a search (`find`), if neither ids nor a search are given, or if `since` is given
    without a search.
    """
    if since is not None and not find:
        raise UsageError("since is for a search (find=True) only.", fix="Leave it out: the named jobs are requested.")
    if bool(ids) == find:
        raise UsageError(
            "A search takes no job ids." if find else "No job was named.",
            fix="Name the ids of import jobs, or list the jobs of the data store with --find (find=True in Python).",
        )
    for job_id in ids:
        if not _JOB_ID.fullmatch(job_id):
            raise UsageError(
                f"'{make_printable(job_id[:80])}' is not the id of an import job.",
                fix="It has 1 to 32 digits and lower-case letters, such as 0123456789abcdef0123456789abcdef.",
            )


def _make_job_requests(
    package: PackageDirectory, jobs: Sequence[str], account: dict[str, str], kept: AwsAccount | None
) -> list[JobRequest]:
    """Return the requests of a package's jobs. Raises UsageError if the data store is a placeholder.

    The role and the outputS3Uri of an earlier submit are not filled in, because an adopted job may have been started
    with another role and outputS3Uri.
    """
    if kept is not None:
        require_same_datastore(kept, account.get("datastoreId", kept.datastoreId))
        account = {"datastoreId": kept.datastoreId, **account}
    job_requests = make_job_requests(package, jobs, account, None)
    require_no_missing_members([member for member in find_placeholders(job_requests) if member == "datastoreId"])
    return job_requests


def _save_adoptions(
    adopter: JobAdopter,
    adoptions: Sequence[JobAdoption],
    *,
    is_first: bool,
    on_step: Callable[[str, str], None],
) -> list[JobAdoption]:
    """Save the jobs that fit in the package, and call `on_step` for each. Return all jobs with their new results."""
    saved = []
    for adoption in adopter.save_adoptions(adoptions, is_first=is_first):
        saved.append(adoption)
        if adoption.job is not None:
            on_step(adoption.job, f"{_STEPS[adoption.result]} {adoption.properties.jobId}")
    return saved


_STEPS = {AdoptionResult.ADOPTED: "adopted", AdoptionResult.KNOWN: "is already import job"}
