"""The state of a submission, as pydantic and the shipped schema read it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from dicommap.model.submission import Submission
from dicommap.validation.schema_registry import get_schema_validator, read_schema_text

PLANNED = {
    "version": 1,
    "job": "0001",
    "state": "planned",
    "datastoreId": "d" * 32,
    "dataAccessRoleArn": "arn:aws:iam::111122223333:role/import",
    "inputS3Uri": "s3://bucket/in/",
    "outputS3Uri": "s3://bucket/out/",
    "clientToken": "dicommap-1",
}
STARTING = PLANNED | {"state": "starting", "startingAt": "2026-11-22T10:42:00Z"}
STARTED = STARTING | {"state": "started", "jobId": "1a", "jobStatus": "SUBMITTED"}
ENDED = STARTED | {
    "state": "ended",
    "jobStatus": "A_NEW_ONE",
    "ending": "failed",
    "message": "",
    "seenAt": "2026-11-22T10:42:00Z",
}


def without(document: dict[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != member}


def taken(document: dict[str, Any]) -> tuple[bool, bool]:
    try:
        Submission.model_validate(document)
    except ValidationError:
        return False, get_schema_validator("submission").is_valid(document)
    return True, get_schema_validator("submission").is_valid(document)


@pytest.mark.parametrize("document", [PLANNED, PLANNED | {"state": "uploaded"}, STARTING, STARTED, ENDED])
def test_every_state_is_taken_by_model_and_schema(document: dict[str, Any]) -> None:
    assert taken(document) == (True, True)
    read = Submission.model_validate(document)
    assert read.model_dump(mode="json", exclude_none=True) == document


@pytest.mark.parametrize(
    "document",
    [
        *(without(PLANNED, name) for name in PLANNED if name != "version"),
        without(STARTING, "startingAt"),
        without(STARTED, "jobId"),
        without(STARTED, "jobStatus"),
        without(ENDED, "ending"),
        PLANNED | {"version": 2},
        PLANNED | {"state": "done"},
        PLANNED | {"job": "1"},
        PLANNED | {"clientToken": ""},
        PLANNED | {"secretAccessKey": "x"},
        STARTING | {"startingAt": "yesterday"},
        ENDED | {"configuration": "unknown"},
    ],
)
def test_what_is_no_state_is_refused_by_both(document: dict[str, Any]) -> None:
    assert taken(document) == (False, False)


def test_the_schema_names_the_members_of_the_model() -> None:
    schema = json.loads(read_schema_text("submission"))
    assert list(schema["properties"]) == list(Submission.model_fields)
    members = schema["properties"]
    model = Submission.model_json_schema()
    states, endings = (model["$defs"][name]["enum"] for name in ("SubmissionState", "JobEnding"))
    assert (members["state"]["enum"], members["ending"]["enum"]) == (states, endings)
