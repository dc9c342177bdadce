"""Assumptions are named setting by setting, and anything else is refused."""

from __future__ import annotations

import json

import pytest

from dicommap.errors import UsageError
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.levels import Level
from dicommap.validation.schema_registry import read_schema_text


def test_nothing_named_is_annex_f() -> None:
    assert Assumptions.from_settings([]) == Assumptions()
    assert Assumptions().model_dump() == {
        "dataSet": "object",
        "identifyingUids": "absent",
        "emptyValue": "no-value",
        "characterSet": "omitted",
        "decimalStrings": "text",
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
    optional = set(Assumptions.model_fields) - set(written["required"])
    assert optional >= {"samePatient", "characterSet", "decimalStrings"}  # plans of before do without it
    assert all(name in optional for name in Assumptions.model_fields if name not in Assumptions().model_dump())
    for name, schema in written["properties"].items():
        for value in schema["enum"]:
            assert getattr(Assumptions.from_settings([f"{name}={value}"]), name) == value
        assert schema["enum"][0] == getattr(Assumptions(), name)


def test_a_plan_holds_what_is_not_applied_only_if_there_is_something() -> None:
    restricted = Assumptions.from_settings(["patientInSeries=unavailable", "largestFile=1MB"])
    added = {"patientInSeries": "unavailable", "largestFile": "1MB"}
    assert restricted.model_dump() == Assumptions().model_dump() | added
    assert Assumptions.model_validate(restricted.model_dump()) == restricted
    assert (restricted.largest_file_bytes, Assumptions().largest_file_bytes) == (1_000_000, None)


def test_settings_of_levels_are_found_by_the_levels() -> None:
    restricted = Assumptions.from_settings(["patientInSeries=unavailable"])
    assert restricted.level_setting(Level.PATIENT, Level.SERIES) == ("patientInSeries", False)
    assert restricted.level_setting(Level.PATIENT, Level.STUDY) == ("patientInStudy", True)
    for level in Level:
        for override in (Level.STUDY, Level.SERIES):
            assert restricted.level_setting(level, override)[0] in Assumptions.model_fields


def test_the_standard_form_keeps_what_is_not_applied() -> None:
    settings = ["dataSet=array", "identifyingUids=present", "emptyValue=null", "sequences=unavailable"]
    assert Assumptions.from_settings(settings).with_standard_form() == Assumptions(sequences="unavailable")
    assert Assumptions(emptyValue="unavailable").with_standard_form().emptyValue == "unavailable"


@pytest.mark.parametrize(("setting", "meant"), [("dataSet=arry", "dataSet=array"), ("Strict", "strict")])
def test_a_similar_setting_is_suggested(setting: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"Did you mean '{meant}'"):
        Assumptions.from_settings([setting])
