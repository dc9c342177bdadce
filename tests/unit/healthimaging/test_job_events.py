"""Import-job events: alone, in lists, and inside messages of SQS and SNS; and documents that are not such events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dicommap.healthimaging.job_events import (
    STATUS_BY_DETAIL_TYPE,
    InvalidEventError,
    OtherEventError,
    parse_event,
    unwrap_events,
)
from dicommap.healthimaging.job_properties import DICOM_JOB_ENDINGS
from tests.support.job_events import make_event

EVENT = make_event("COMPLETED")
TEXT = json.dumps(EVENT)
SNS = {"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": TEXT}


def test_an_event_is_read() -> None:
    event = parse_event(EVENT)
    assert (event.status, event.job_id, event.datastore_id) == ("COMPLETED", "1a2b", "0" * 32)
    assert (event.time, event.region) == (datetime(2026, 11, 22, 10, 5, tzinfo=UTC), "us-east-1")
    assert event.input_s3_uri == "s3://bucket/in/"


def test_each_documented_status_has_a_detail_type() -> None:
    assert list(STATUS_BY_DETAIL_TYPE.values()) == list(DICOM_JOB_ENDINGS)


@pytest.mark.parametrize(
    "document",
    [
        EVENT,
        [EVENT],
        {"Body": TEXT, "MessageId": "1", "ReceiptHandle": "r"},
        {"Messages": [{"Body": TEXT}]},
        {"Records": [{"body": TEXT, "eventSource": "aws:sqs"}]},
        {"Records": [{"Sns": SNS, "EventSource": "aws:sns"}]},
        SNS,
        {"Messages": [{"Body": json.dumps(SNS)}]},
        {"Records": [{"body": json.dumps(SNS)}]},
    ],
)
def test_an_event_is_taken_out_of_its_envelopes(document: object) -> None:
    assert list(unwrap_events(document)) == [EVENT]


def test_text_that_is_not_json_and_endless_envelopes_yield_none() -> None:
    nested: Any = EVENT
    for _ in range(20):
        nested = [nested]
    assert list(unwrap_events(nested)) == [None]
    assert list(unwrap_events({"Body": "<xml/>"})) == [None]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time": None}, "its time"),
        ({"time": "yesterday"}, "its time"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "its time"),
        ({"detail": None}, "no detail"),
        ({"detail": {"datastoreId": "0"}}, "no jobId"),
        ({"detail": {**EVENT["detail"], "jobStatus": "FAILED"}}, "contradict"),
        ({"detail": {**EVENT["detail"], "jobStatus": "ANNA^ZYZZYVA"}}, "not documented"),
        ({"detail": {**EVENT["detail"], "jobStatus": ["x"]}}, "not documented"),
        ({"detail": {**EVENT["detail"], "jobId": 7}}, "no jobId"),
        ({"source": None}, "no source"),
    ],
)
def test_a_document_that_is_not_an_event_is_refused_without_its_values(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidEventError, match=reason) as caught:
        parse_event({**EVENT, **changes})
    assert "ZYZZYVA" not in str(caught.value)


@pytest.mark.parametrize("document", [None, 3, "text", [], ["x"]])
def test_a_value_that_is_not_an_object_is_refused(document: object) -> None:
    with pytest.raises(InvalidEventError, match="not a JSON object"):
        parse_event(document)


@pytest.mark.parametrize("changes", [{"source": "aws.s3"}, {"detail-type": "Image Set Created"}])
def test_an_event_of_another_kind_is_told_apart(changes: dict[str, str]) -> None:
    with pytest.raises(OtherEventError):
        parse_event({**EVENT, **changes})
