"""Events of a job in any order and repetition, in one call or in several, end in the same state."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.job_events import ImportJobEvent, parse_event
from dicommap.healthimaging.job_properties import DICOM_JOB_ENDINGS
from dicommap.model.submission import Submission
from dicommap.package.job_events import merge_events
from tests.support.example_counts import examples
from tests.support.job_events import make_event

STATUSES = list(DICOM_JOB_ENDINGS)
TIMES = [f"2026-11-22T10:0{minute}:00Z" for minute in range(6)]


def _make_job_event(status: str, time: str, message: str) -> ImportJobEvent:
    return parse_event(make_event(status, time=time, **({"message": message} if message else {})))


events = st.builds(
    _make_job_event,
    st.sampled_from(STATUSES),
    st.sampled_from(TIMES),
    st.sampled_from(["", "", "FILE_COUNTS_LIMIT_EXCEEDED", "ANOTHER"]),
)


def submission(status: str = "SUBMITTED", **members: Any) -> Submission:
    return Submission(
        job="0001",
        state="started",
        datastoreId="0" * 32,
        dataAccessRoleArn="arn:aws:iam::123456789012:role/import",
        inputS3Uri="s3://bucket/in/",
        outputS3Uri="s3://bucket/out/",
        clientToken="token",
        startingAt="2026-11-22T10:00:00Z",
        jobId="1a2b",
        jobStatus=status,
        seenAt="2026-11-22T10:01:00Z",
        **members,
    )


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[ImportJobEvent], list[list[ImportJobEvent]]]:
    """Return events, and the same events in another order, some of them repeated, divided into several calls."""
    sent = draw(st.lists(events, min_size=1, max_size=6))
    repeated = draw(st.lists(st.sampled_from(sent), max_size=6))
    delivered = draw(st.permutations([*sent, *repeated]))
    cuts = sorted(draw(st.lists(st.integers(0, len(delivered)), max_size=3)))
    return sent, [delivered[begin:end] for begin, end in pairwise([0, *cuts, len(delivered)])]


@examples(400)
@given(deliveries(), st.sampled_from(["SUBMITTED", "IN_PROGRESS", "QUARANTINED"]))
def test_the_order_of_events_makes_no_difference(
    delivery: tuple[list[ImportJobEvent], list[list[ImportJobEvent]]], status: str
) -> None:
    sent, calls = delivery
    state = submission(status)
    for call in calls:
        state = Submission.model_validate(merge_events(state, call).model_dump())
    assert state == merge_events(submission(status), sent)
    statuses = {event.status for event in sent}
    ended = [name for name in ("FAILED", "COMPLETED") if name in statuses]
    assert state.has_ended == bool(ended)
    assert not ended or state.jobStatus == ended[0]
    if ended:
        assert state.endedAt == min(f"{event.time:%Y-%m-%dT%H:%M:%SZ}" for event in sent if event.status == ended[0])
        assert state.statusSource == "event"


@examples(400)
@given(st.lists(events, max_size=6))
def test_events_do_not_change_an_end_that_the_service_has_confirmed(sent: list[ImportJobEvent]) -> None:
    confirmed = submission().model_copy(update={"state": "ended", "jobStatus": "COMPLETED", "ending": "completed"})
    assert merge_events(confirmed, sent) == confirmed
