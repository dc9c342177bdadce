"""Stored values are compared by DICOM meaning: the cases in tests/cases/comparison."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dicommap.verification.effects import Effect
from dicommap.verification.image_set_check import PreviousTexts, StudyOverrides
from dicommap.verification.stored_metadata import StoredImageSet
from dicommap.verification.value_comparison import Agreement, compare_attribute

CASES = sorted(Path(__file__).parents[2].glob("cases/comparison/*.json"))
TAG = 0x00100020
"""A tag of the patient level. The VR of a case decides how values are read, not the tag."""


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    # An override was parsed before with floats.
    document["wanted"] = json.loads(json.dumps(document["wanted"], default=float))
    return document


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = read(path)
    patient = {"PatientID": case["stored"]} if "stored" in case else {}
    stored = StoredImageSet(study_instance_uid="1.2", patient=patient, study={}, series={})
    previous: dict[tuple[str | None, int], PreviousTexts] = {
        (None, TAG): tuple(case["previous"]) if "previous" in case else None
    }
    overrides = StudyOverrides(
        study_instance_uid="1.2", data_sets={None: {f"{TAG:08X}": case["wanted"]}}, read_previous=lambda: previous
    )
    (check,) = overrides.check(stored, "a" * 32, frozenset(), None)
    assert check.effect == case["expected"], case["title"]


def test_the_cases_have_every_effect_of_a_comparison() -> None:
    expected = {read(path)["expected"] for path in CASES}
    assert expected == set(Effect) - {Effect.NOT_READABLE, Effect.NOT_CHECKED}
    assert len(CASES) > 80


def test_huge_numbers_and_texts_are_compared_in_time() -> None:
    wanted: Any = {"vr": "DS", "Value": ["1"]}
    for stored in ("9" * 1_000_000, "1e999999999", "1" + "0" * 1000 + ".5", Decimal("1e-999999")):
        assert compare_attribute(wanted, stored) is Agreement.DIFFERENT
    deep: Any = []
    for _ in range(50):
        deep = [deep]
    assert compare_attribute(wanted, deep) is Agreement.NOT_COMPARABLE
