"""Assumptions are named setting by setting, and anything else is refused."""

from __future__ import annotations

import json

import pytest

from dicommap.errors import UsageError
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.validation.schema_registry import read_schema_text


def test_nothing_named_is_annex_f() -> None:
    assert Assumptions.from_settings([]) == Assumptions()
    assert Assumptions().model_dump() == {
        "dataSet": "object",
        "identifyingUids": "absent",
        "emptyValue": "no-value",
        "overrideFiles": "separate",
        "otherLevels": "warning",
        "samePatient": "warning",
    }


def test_settings_are_named_one_by_one() -> None:
    assert Assumptions.from_settings(["dataSet=array", "emptyValue=null"]) == Assumptions(
        dataSet="array", emptyValue="null"
    )
    assert Assumptions.from_settings(["strict"]) == Assumptions(otherLevels="error", samePatient="error")


@pytest.mark.parametrize("setting", ["", "array", "dataSet", "dataSet=", "dataSet=list", "otherLevels=strict", "=x"])
def test_anything_else_is_told_what_there_is(setting: str) -> None:
    with pytest.raises(UsageError, match="identifyingUids=present"):
        Assumptions.from_settings([setting])


def test_the_schema_of_the_plan_has_the_same_settings() -> None:
    written = json.loads(read_schema_text("plan"))["properties"]["assumptions"]
    assert list(written["properties"]) == list(Assumptions.model_fields)
    assert set(Assumptions.model_fields) - set(written["required"]) == {"samePatient"}  # plans of before do without it
    for name, schema in written["properties"].items():
        for value in schema["enum"]:
            assert getattr(Assumptions.from_settings([f"{name}={value}"]), name) == value
        assert schema["enum"][0] == getattr(Assumptions(), name)


@pytest.mark.parametrize(("setting", "meant"), [("dataSet=arry", "dataSet=array"), ("Strict", "strict")])
def test_a_similar_setting_is_suggested(setting: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean '{meant}'"):
        Assumptions.from_settings([setting])
