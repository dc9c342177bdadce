"""An account counts studies by what an edit did in them."""

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
    account = EditResult(source="s.csv", row=2)
    for effect in effects:
        account.note("1.2", effect)
    account.close()
    assert account.outcome is outcome
    assert account.studies == bool(effects)


def test_a_study_counts_once_for_each_thing_that_was_done_in_it() -> None:
    account = EditResult(source="r.toml", rule="one")
    for study in ("1.2", "1.3", "1.4"):
        for _ in range(3):
            account.note(study, EditEffect.REACHED)
    account.note("1.4", EditEffect.CHANGED)
    account.note("1.4", EditEffect.CHANGED)
    account.close()
    account.close()
    assert (account.studies, account.changed, account.unchanged) == (3, 1, 2)


def test_findings_are_noted_by_what_they_keep_an_edit_from() -> None:
    account = EditResult(source="r.toml", rule="one")
    account.note("1.1", EditEffect.REACHED)
    account.record_issue("1.1", make_issue("lookup.no-row", keyword="PatientID", name="w.csv", hint=""))
    account.record_issue("1.2", make_issue("rules.partial-match", **FACTS))
    account.record_issue("1.3", make_issue("rules.no-result", **FACTS))
    account.close()
    assert (account.unchanged, account.ambiguous, account.refused) == (1, 1, 1)


def test_what_was_never_read_is_refused() -> None:
    assert EditResult(source="s.csv", row=2, unread=True).outcome is EditOutcome.REFUSED


@pytest.mark.parametrize(
    ("account", "name"),
    [
        (EditResult(source="s.csv", row=2), "s.csv row 2"),
        (EditResult(source="r.toml", rule="one"), "r.toml rule 'one'"),
        (EditResult(source="harmonize PatientID"), "harmonize PatientID"),
    ],
)
def test_it_is_named_as_people_find_it(account: EditResult, name: str) -> None:
    assert str(account) == name
