"""Read import-job events, and apply them to the submission states of a package.

The events of a job may be repeated and arrive in any order: the state after them is always the same. The status that a
job reaches last wins. If several events report the same end of a job, the earliest of their times is saved. A state
that the service has confirmed after the job's end is not changed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicommap.dicom.printable_text import make_printable
from dicommap.dicom.strict_json import parse_json
from dicommap.healthimaging.job_events import (
    STATUS_BY_DETAIL_TYPE,
    InvalidEventError,
    OtherEventError,
    parse_event,
    unwrap_events,
)
from dicommap.healthimaging.job_properties import DICOM_JOB_ENDINGS, format_utc
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import make_bounded_issues
from dicommap.model.package_layout import submission_path
from dicommap.model.submission import SubmissionState
from dicommap.reading.document_limits import EVENTS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dicommap.healthimaging.job_events import ImportJobEvent
    from dicommap.issues import Issue
    from dicommap.model.submission import Submission
    from dicommap.package.submission_states import SubmissionStates
    from dicommap.planning.plan import Plan

EVENT_ISSUE_LIMIT = 20
"""Maximum number of issues of one code that are listed for one file of events."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RANKS = {status: rank for rank, status in enumerate(STATUS_BY_DETAIL_TYPE.values())}
"""Status -> its rank. A later status of a job has a higher rank, and FAILED a higher one than COMPLETED."""


def parse_event_documents(data: bytes, name: str) -> Iterator[tuple[object, Location]]:
    """Yield the documents of a file with events, each with its location.

    The file is one JSON document, or JSON Lines. The document is None for text that is not JSON.

    Args:
        data: The bytes of the file. A byte order mark of UTF-8 is ignored.
        name: The name of the file, for the locations.

    """
    data = data.removeprefix(_BYTE_ORDER_MARK)
    document, issues = parse_json(data, EVENTS_LIMIT.values)
    lines = [(number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
    if not issues or len(lines) < 2 or parse_json(lines[0][1])[1]:  # not JSON Lines
        yield (None if issues else document), Location(path=name)
        return
    for number, line in lines:
        document, issues = parse_json(line, EVENTS_LIMIT.values)
        yield (None if issues else document), Location(path=name, row=number)


def merge_events(submission: Submission, events: Iterable[ImportJobEvent]) -> Submission:
    """Return the state of a job after events of the job. The order and the repetition of events make no difference.

    Args:
        submission: The saved state of the job, which has a jobId.
        events: Events of the job.

    """
    if submission.has_ended and submission.statusSource is None:
        return submission
    for event in events:
        seen = max(filter(None, (submission.seenAt, format_utc(event.time))))
        submission = submission.model_copy(update={"seenAt": seen, **_find_changed_members(submission, event)})
    return submission


def _find_changed_members(submission: Submission, event: ImportJobEvent) -> dict[str, Any]:
    """Return the members of a job's state that an event changes: name -> new value."""
    rank, known_rank = _RANKS[event.status], _RANKS.get(submission.jobStatus or "", 0)
    ending, ended_at = DICOM_JOB_ENDINGS[event.status], format_utc(event.time)
    if rank < known_rank or (rank == known_rank and ending is None):
        return {}
    known_end = submission.endedAt or "", submission.message or ""
    if rank == known_rank and submission.has_ended and (ended_at or "", event.message or "") >= known_end:
        return {}
    if ending is None:
        return {"jobStatus": event.status, "statusSource": "event"}
    return {
        "state": SubmissionState.ENDED,
        "jobStatus": event.status,
        "endedAt": ended_at,
        "ending": ending,
        "message": event.message,
        "statusSource": "event",
    }


@dataclass(kw_only=True)
class JobEvents:
    """Import-job events for one package: `add_document` adds them, `apply_to_states` changes saved states."""

    plan: Plan
    states: SubmissionStates
    on_step: Callable[[str, str], None]
    _events: list[ImportJobEvent] = field(default_factory=list)
    _others: int = 0
    """Number of events with another source or detail-type."""

    def __post_init__(self) -> None:
        self._issues = make_bounded_issues(EVENT_ISSUE_LIMIT, "")

    def add_document(self, document: object, place: Location) -> None:
        """Add the events in a document. A document that is not an import-job event becomes an issue.

        Args:
            document: Parsed JSON: an event, a list of events, or a message of SQS or SNS that contains an event.
            place: The location of the document.
        """
        for item in unwrap_events(document):
            try:
                self._events.append(parse_event(item))
            except OtherEventError:
                self._others += 1
            except InvalidEventError as error:
                self._issues.add(make_issue("watch.event-unreadable", place, reason=str(error)))

    def apply_to_states(self) -> list[Issue]:
        """Apply the events to the saved states of the package's jobs. Save the new states, and return the issues.

        Raises PackageError if a state cannot be read or saved.
        """
        submissions = self.states.read_all(job.id for job in self.plan.jobs)
        by_job_id = {state.jobId: state for state in submissions.values() if state.jobId is not None}
        groups: dict[tuple[str, str], list[ImportJobEvent]] = defaultdict(list)
        for event in self._events:
            groups[event.datastore_id, event.job_id].append(event)
        for events in groups.values():
            submission = by_job_id.get(events[0].job_id)
            if submission is not None and _is_of_other_region(submission, events[0]):
                self._issues.add(_make_region_issue(submission, events))
            elif submission is None or events[0].datastore_id != submission.datastoreId:
                self._issues.add(self._make_foreign_job_issue(events))
            else:
                self._apply_to_submission(submission, events)
        if self._others:
            self._issues.add(make_issue("watch.event-other", count=self._others))
        if not (self._events or self._others or any(self._issues)):
            self._issues.add(make_issue("watch.no-events"))
        return list(self._issues)

    def _apply_to_submission(self, submission: Submission, events: list[ImportJobEvent]) -> None:
        """Save the state of a submitted job after its events. Events of another prefix become an issue."""
        place = Location(path=submission_path(submission.job))
        if not all(_is_same_prefix(event.input_s3_uri, submission.inputS3Uri) for event in events):
            self._issues.add(make_issue("watch.other-request", place))
            return
        statuses = {event.status for event in events} | {submission.jobStatus}
        if {"COMPLETED", "FAILED"} <= statuses:
            self._issues.add(make_issue("watch.event-contradiction", place))
        merged = merge_events(submission, events)
        if merged == submission:
            return
        self.states.write(merged)
        if merged.jobStatus != submission.jobStatus:
            self.on_step(submission.job, f"{submission.jobStatus} -> {merged.jobStatus} (event)")

    def _make_foreign_job_issue(self, events: list[ImportJobEvent]) -> Issue:
        """Return the issue about the events of a job that is not in the package."""
        event = events[0]
        place = Location(path=make_printable(f"healthimaging:{event.datastore_id}/{event.job_id}"))
        uri = S3Uri.parse(event.input_s3_uri or "")
        job = next((job for job in self.plan.jobs if uri is not None and S3Uri.parse(job.inputS3Uri) == uri), None)
        if job is None:
            return make_issue("watch.event-foreign", place, count=len(events))
        return make_issue("watch.event-not-adopted", place, count=len(events), job=job.id)


def _is_of_other_region(submission: Submission, event: ImportJobEvent) -> bool:
    """Return whether an event comes from the job's data store, but from another region than the job."""
    is_region = None in (event.region, submission.region) or event.region == submission.region
    return event.datastore_id == submission.datastoreId and not is_region


def _make_region_issue(submission: Submission, events: list[ImportJobEvent]) -> Issue:
    place = Location(path=submission_path(submission.job))
    return make_issue(
        "watch.event-region",
        place,
        count=len(events),
        other=make_printable(events[0].region or ""),
        region=submission.region or "",
    )


def _is_same_prefix(reported: str | None, planned: str) -> bool:
    return reported is None or S3Uri.parse(reported) == S3Uri.parse(planned)
