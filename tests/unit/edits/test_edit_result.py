"""An edit_result counts studies by what an edit did in them."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.edits.edit_result import EditEffect, EditOutcome, EditResult
from dicommap.issues import make_issue

FACTS: Any = {"keyword": "PatientID", "count": 2, "matching": 1, "reason": "a reason"}


@pytest.mark.parametrize(
    ("effects", "outcome"),
    [
        ([], EditOutcome.UNUSED),
        ([EditEffect.REACHED], EditOutcome.NO_CHANGE),
        ([EditEffect.REACHED, EditEffect.CHANGED], EditOutcome.APPLIED),
        ([EditEffect.REACHED, EditEffect.REFUSED], EditOutcome.REFUSED),
        ([EditEffect.REACHED, EditEffect.REFUSED, EditEffect.AMBIGUOUS], EditOutcome.AMBIGUOUS),
        ([EditEffect.REACHED, EditEffect.AMBIGUOUS, EditEffect.CHANGED], EditOutcome.APPLIED),
    ],
)
def test_the_outcome_follows_from_the_effects(effects: list[EditEffect], outcome: EditOutcome) -> None:
    edit_result = EditResult(source="s.csv", row=2)
    for effect in effects:
        edit_result.record("1.2", effect)
    edit_result.finish_study()
    assert edit_result.outcome is outcome
    assert edit_result.studies == bool(effects)


def test_a_study_counts_once_for_each_thing_that_was_done_in_it() -> None:
    edit_result = EditResult(source="r.toml", rule="one")
    for study in ("1.2", "1.3", "1.4"):
        for _ in range(3):
            edit_result.record(study, EditEffect.REACHED)
    edit_result.record("1.4", EditEffect.CHANGED)
    edit_result.record("1.4", EditEffect.CHANGED)
    edit_result.finish_study()
    edit_result.finish_study()
    assert (edit_result.studies, edit_result.changed, edit_result.unchanged) == (3, 1, 2)


def test_findings_are_noted_by_what_they_keep_an_edit_from() -> None:
    edit_result = EditResult(source="r.toml", rule="one")
    edit_result.record("1.1", EditEffect.REACHED)
    edit_result.record_issue(
        "1.1", make_issue("lookup.no-row", owner="the study's", keyword="PatientID", name="w.csv", hint="")
    )
    edit_result.record_issue("1.2", make_issue("rules.partial-match", **FACTS))
    edit_result.record_issue("1.3", make_issue("rules.no-result", **FACTS))
    edit_result.finish_study()
    assert (edit_result.unchanged, edit_result.ambiguous, edit_result.refused) == (1, 1, 1)


def test_what_was_never_read_is_refused() -> None:
    assert EditResult(source="s.csv", row=2, is_invalid=True).outcome is EditOutcome.REFUSED


@pytest.mark.parametrize(
    ("edit_result", "name"),
    [
        (EditResult(source="s.csv", row=2), "s.csv row 2"),
        (EditResult(source="r.toml", rule="one"), "r.toml rule 'one'"),
        (EditResult(source="harmonize PatientID"), "harmonize PatientID"),
    ],
)
def test_it_is_named_as_people_find_it(edit_result: EditResult, name: str) -> None:
    assert str(edit_result) == name
