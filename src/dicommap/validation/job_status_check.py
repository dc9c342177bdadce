"""Issues of submitted jobs: failed jobs, unknown jobs, and jobs that differ from their requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.healthimaging.job_properties import JobEnding
from dicommap.healthimaging.request_agreement import request_agreement_issues
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.package_layout import submission_path
from dicommap.model.submission import SubmissionState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.healthimaging.job_properties import JobInfo
    from dicommap.model.submission import Submission

_CODE_BY_ENDING = {
    JobEnding.FAILED: "watch.failed",
    JobEnding.CANCELLED: "watch.with-errors",
    JobEnding.COMPLETED_WITH_ERRORS: "watch.with-errors",
}


def check_job_status(report: JobInfo, place: Location) -> Iterator[Issue]:
    """Yield an issue if a job failed, was cancelled, has errors, or has an unknown status.

    Args:
        report: The properties of the job that the service returned.
        place: The location of the issue.
    """
    if not report.is_known_status:
        yield make_issue("watch.unknown-status", place, status=report.status)
    elif report.ending in _CODE_BY_ENDING:
        yield make_issue(_CODE_BY_ENDING[report.ending], place, status=report.status)


def check_submission(submission: Submission, *, is_unknown: bool = False, unconfirmed: str = "") -> Iterator[Issue]:
    """Yield the issues of a submitted job of a package.

    Args:
        submission: The saved state of the job.
        is_unknown: Whether the service does not know the job.
        unconfirmed: The reason why the service could not confirm a job status that came from an event. It is empty if
            the service was not asked.

    """
    place = Location(path=submission_path(submission.job))
    yield from request_agreement_issues(submission.configuration, place)
    if is_unknown:
        yield make_issue("watch.no-job", place)
    elif submission.state is SubmissionState.STARTING:
        yield make_issue("watch.unanswered", place)
    elif submission.jobStatus is None:
        yield make_issue("watch.not-started", place, state=submission.state.value)
    else:
        if submission.has_ended and submission.statusSource is not None:
            reason = f", and was not confirmed: {unconfirmed}" if unconfirmed else ""
            yield make_issue("watch.not-confirmed", place, status=submission.jobStatus, reason=reason)
        yield from check_job_status(submission.to_job_info(), place)
