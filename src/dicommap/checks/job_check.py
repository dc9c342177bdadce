"""Import jobs as their service tells of them: how they ended, and whether they are those that were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, issue
from dicommap.model.job_report import Ending
from dicommap.model.package_layout import submission_path
from dicommap.model.submission import SubmissionState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.model.job_report import JobReport
    from dicommap.model.submission import Submission

_CODES = {
    Ending.FAILED: "watch.failed",
    Ending.CANCELLED: "watch.with-errors",
    Ending.COMPLETED_WITH_ERRORS: "watch.with-errors",
}


def job_issues(report: JobReport, place: Location) -> Iterator[Issue]:
    """Find what is to be said of a job's status."""
    if not report.known:
        yield issue("watch.unknown-status", place, status=report.status)
    elif report.ending in _CODES:
        yield issue(_CODES[report.ending], place, status=report.status)


def submission_issues(submission: Submission, *, is_unknown: bool = False) -> Iterator[Issue]:
    """Find what is to be said of a job of a package; `is_unknown` says that the service does not know it."""
    place = Location(path=submission_path(submission.job))
    if submission.configuration == "differs":
        yield issue("watch.other-request", place)
    if is_unknown:
        yield issue("watch.no-job", place)
    elif submission.state is SubmissionState.STARTING:
        yield issue("watch.unanswered", place)
    elif submission.jobStatus is None:
        yield issue("watch.not-started", place, state=submission.state.value)
    else:
        yield from job_issues(submission.report(), place)
