"""What is kept of the account, as pydantic and the shipped schema read it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from dicommap.model.submission import AwsAccount
from dicommap.validation.schema_registry import get_schema_validator, read_schema_text

LEAST = {"version": 1, "datastoreId": "d", "dataAccessRoleArn": "a", "outputS3Uri": "o"}
WHOLE = LEAST | {"inputOwnerAccountId": "1", "region": "r", "profile": "p", "endpointUrl": "e"}


def taken(document: dict[str, Any]) -> bool:
    is_valid = get_schema_validator("submission-account").is_valid(document)
    try:
        AwsAccount.model_validate(document)
    except ValidationError:
        assert not is_valid
        return False
    assert is_valid
    return True


@pytest.mark.parametrize("document", [LEAST, WHOLE])
def test_what_a_submit_keeps_is_taken(document: dict[str, Any]) -> None:
    assert taken(document)


@pytest.mark.parametrize("document", [{}, LEAST | {"version": 2}, LEAST | {"secret": "x"}, LEAST | {"region": ""}])
def test_anything_else_is_refused(document: dict[str, Any]) -> None:
    assert not taken(document)


def test_the_schema_names_the_members_of_the_model() -> None:
    assert list(json.loads(read_schema_text("submission-account"))["properties"]) == list(AwsAccount.model_fields)
