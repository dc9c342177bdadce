"""Events about import jobs, from EventBridge or inside messages of SQS and SNS.

Source: developer guide, "Event notifications".

The `source` of an event is `aws.medical-imaging`. Its `detail-type` is Import Job Submitted, In Progress, Completed or
Failed. Its `detail` has datastoreId, jobId, jobName, jobStatus, inputS3Uri and outputS3Uri, but no importConfiguration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dicommap.dicom.strict_json import parse_json
from dicommap.healthimaging.job_properties import DICOM_JOB_ENDINGS
from dicommap.reading.document_limits import EVENTS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EVENT_SOURCE = "aws.medical-imaging"
STATUS_BY_DETAIL_TYPE = {
    "Import Job Submitted": "SUBMITTED",
    "Import Job In Progress": "IN_PROGRESS",
    "Import Job Completed": "COMPLETED",
    "Import Job Failed": "FAILED",
}
"""detail-type of an import-job event -> the jobStatus in its detail."""
_MAX_ENVELOPES = 6
"""Maximum number of envelopes around an event. A message of SQS inside a list of messages of SNS has three."""
_JSON_MEMBERS = ("Message", "Body", "body")
"""Members with the JSON text of a message: `Message` of SNS, `Body` of SQS, and `body` of SQS in AWS Lambda."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJobEvent:
    """An event that HealthImaging sends to EventBridge when the status of an import job changes."""

    status: str
    """SUBMITTED, IN_PROGRESS, COMPLETED or FAILED."""
    time: datetime
    """The time of the event in UTC."""
    datastore_id: str
    job_id: str
    input_s3_uri: str | None = None
    region: str | None = None
    message: str | None = None
    """The reason why the job failed; None if the event has no reason. The developer guide documents no such member."""


class InvalidEventError(ValueError):
    """Error for a document that is not an import-job event. The text says why, without values of the document."""


class OtherEventError(ValueError):
    """Error for an event of EventBridge that is not an import-job event."""


def unwrap_events(document: object, depth: int = 0) -> Iterator[object]:
    """Yield the documents, such as events, that are inside lists and inside messages of SQS and SNS.

    These envelopes are opened: a list; an object with `Messages`, as `aws sqs receive-message` prints it; an object
    with `Records`, as AWS Lambda gets it from SQS or SNS; and a message whose `Body`, `body` or `Message` is JSON text.

    Args:
        document: The parsed JSON.
        depth: The number of envelopes around it.

    Yields:
        Each document that is not an envelope. None is yielded instead of JSON text that cannot be parsed, and instead
        of a document that is in too many envelopes.

    """
    if depth > _MAX_ENVELOPES:
        yield None
    elif isinstance(document, list):
        for item in document:
            yield from unwrap_events(item, depth + 1)
    elif isinstance(document, dict) and "detail-type" not in document:
        inner = _open_envelope(document)
        if inner is document:
            yield document
        else:
            yield from unwrap_events(inner, depth + 1)
    else:
        yield document


def _open_envelope(document: dict[str, Any]) -> object:
    """Return the content of an envelope (a message of SQS or SNS, or a list of messages); other documents unchanged."""
    for member in ("Messages", "Records"):
        if isinstance(document.get(member), list):
            return document[member]
    if isinstance(document.get("Sns"), dict):
        return document["Sns"]
    for member in _JSON_MEMBERS:
        if isinstance(document.get(member), str):
            return parse_json(document[member].encode("utf-8", "surrogatepass"), EVENTS_LIMIT.values)[0]
    return document


def parse_event(document: object) -> ImportJobEvent:
    """Convert the JSON of an import-job event to an ImportJobEvent.

    Args:
        document: The event as EventBridge delivers it, as parsed JSON. Unknown members are ignored.

    Raises:
        InvalidEventError: A member is missing or not valid.
        OtherEventError: The event has another source or detail-type.

    """
    if not isinstance(document, dict):
        raise InvalidEventError("it is not a JSON object with the members of an event")
    source, kind = document.get("source"), document.get("detail-type")
    if not (isinstance(source, str) and isinstance(kind, str)):
        raise InvalidEventError("it has no source or no detail-type")
    if source != EVENT_SOURCE or kind not in STATUS_BY_DETAIL_TYPE:
        raise OtherEventError
    detail = document.get("detail")
    if not isinstance(detail, dict):
        raise InvalidEventError("it has no detail")
    status = STATUS_BY_DETAIL_TYPE[kind]
    if detail.get("jobStatus", status) != status:
        known = _find_text_member(detail, "jobStatus") in DICOM_JOB_ENDINGS
        raise InvalidEventError(
            "its detail-type and jobStatus contradict each other" if known else "its jobStatus is not documented"
        )
    return ImportJobEvent(
        status=status,
        time=_parse_event_time(document.get("time")),
        datastore_id=_require_text_member(detail, "datastoreId"),
        job_id=_require_text_member(detail, "jobId"),
        input_s3_uri=_find_text_member(detail, "inputS3Uri"),
        region=_find_text_member(document, "region"),
        message=_find_text_member(detail, "message"),
    )


def _parse_event_time(value: object) -> datetime:
    """Return the time of an event in UTC. Raises InvalidEventError if the value is not a time."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is not None:
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise InvalidEventError("its time is missing or not valid")


def _require_text_member(members: Mapping[str, Any], name: str) -> str:
    """Return the text of a member. Raises InvalidEventError if there is no such text."""
    value = _find_text_member(members, name)
    if value is None:
        raise InvalidEventError(f"its detail has no {name}")
    return value


def _find_text_member(members: Mapping[str, Any], name: str) -> str | None:
    """Return the text of a member; None if the member is missing, empty or not a text."""
    value = members.get(name)
    return value if isinstance(value, str) and value else None
