"""Records of verified attributes, series and studies: by the schema, masked, and with equal marks for equal values."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.display.verification_records import (
    build_attribute_records,
    build_series_records,
    build_study_record,
    format_stored_value,
    format_wanted_and_stored,
)
from dicommap.model.masking import Masker
from dicommap.validation.schema_registry import get_schema_validator
from dicommap.verification.effects import AttributeCheck, AttributeResult, Effect
from dicommap.verification.stored_metadata import ABSENT
from dicommap.verification.study_result import ImageSetTarget, StudyResult, StudyResultBuilder

NAME = 0x00100010
SEQUENCE = 0x00081032


def check(effect: Effect, wanted: Any, stored: Any, *, tag: int = NAME, series: str | None = None) -> AttributeCheck:
    return AttributeCheck(
        study_instance_uid="1.2",
        series_instance_uid=series,
        tag=tag,
        image_set_id="a" * 32,
        effect=effect,
        wanted=wanted,
        stored=stored,
    )


def study() -> StudyResult:
    builder = StudyResultBuilder("0001", "1.2")
    target = ImageSetTarget(
        image_set_id="a" * 32, study_instance_uid="1.2", series=frozenset({"1.2.1", "1.2.2"}), is_primary=False
    )
    sequence = {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": ["SECRET"]}}]}
    builder.add(
        [
            check(Effect.NOT_APPLIED, {"vr": "PN", "Value": [{"Alphabetic": "Roe^Jane"}]}, "Doe^Jane"),
            check(Effect.APPLIED, {"vr": "PN", "Value": [{"Alphabetic": "Roe^Jane"}]}, "Roe^Jane^", tag=0x00080090),
            check(Effect.DIFFERENT, sequence, [{"CodeValue": "OTHER"}], tag=SEQUENCE, series="1.2.1"),
            check(Effect.MISSING, {"vr": "LO"}, ABSENT, tag=0x00091001, series="1.2.2"),
        ],
        target,
    )
    return builder.build(())


@pytest.mark.parametrize("show_values", [False, True])
def test_all_records_are_valid_by_the_schema(show_values: bool) -> None:
    records = [
        *build_attribute_records(study(), Masker(show_values=show_values)),
        *build_series_records(study()),
        build_study_record(study()),
    ]
    assert len(records) == 4 + 2 + 1
    validator = get_schema_validator("verification")
    assert not [error for record in records for error in validator.iter_errors(record)]


def test_a_record_names_the_place_and_the_values() -> None:
    name, physician, sequence, private = build_attribute_records(study(), Masker(show_values=True))
    assert (name["keyword"], name["wanted"], name["stored"]) == ("PatientName", "Roe^Jane", "Doe^Jane")
    assert (physician["wanted"], physician["stored"]) == ("Roe^Jane", "Roe^Jane^")
    assert sequence["wanted"] == '{"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": ["SECRET"]}}]}'
    assert sequence["stored"] == '[{"CodeValue": "OTHER"}]'
    assert (sequence["SeriesInstanceUID"], name["SeriesInstanceUID"]) == ("1.2.1", "")
    assert (private["tag"], private["wanted"], private["stored"]) == ("00091001", "", "")
    assert private["imageSets"] == {"missing": 1}


def test_values_are_masked_and_an_applied_value_has_the_mark_of_the_wanted_one() -> None:
    records = list(build_attribute_records(study(), Masker(show_values=False)))
    text = repr(records)
    assert not [word for word in ("Roe", "Doe", "SECRET", "OTHER") if word in text]
    name, physician = records[:2]
    assert name["wanted"] != name["stored"]
    assert physician["wanted"] == physician["stored"] != ""  # `Roe^Jane` and `Roe^Jane^` are the same name


def test_the_counts_of_a_study_and_of_its_series() -> None:
    record = build_study_record(study())
    assert {
        name: record[name] for name in ("effect", "attributes", "imageSets", "nonPrimary", "applied", "missing")
    } == {
        "effect": "not-applied",
        "attributes": 4,
        "imageSets": 1,
        "nonPrimary": 1,
        "applied": 1,
        "missing": 1,
    }
    first, second = build_series_records(study())
    assert (first["attributes"], first["different"], first["missing"]) == (3, 1, 0)
    assert (second["attributes"], second["different"], second["missing"]) == (3, 0, 1)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (ABSENT, ""),
        (None, ""),
        ("ä", "ä"),
        (10, "10"),
        (["a", None], '["a", null]'),
        ({"b": "ö"}, '{"b": "ö"}'),
        ([], "[]"),
    ],
)
def test_the_text_of_a_stored_value(stored: Any, text: str) -> None:
    assert format_stored_value(stored) == text


def test_a_value_that_was_not_kept_is_empty() -> None:
    result = AttributeResult(job="0001", check=check(Effect.APPLIED, {"vr": "LO", "Value": ["x"]}, ABSENT))
    wanted, stored = format_wanted_and_stored(result, Masker(show_values=False))
    assert wanted
    assert stored == ""
