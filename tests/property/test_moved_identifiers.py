"""Permutations of identifiers among studies of different patients are reported; fresh values are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.model.study import Study
from dicommap.overrides.moved_identifiers import MovedIdentifiers
from dicommap.overrides.study_resolution import resolve_study
from tests.support.example_counts import examples
from tests.support.studies import edit, study

VALUES = st.lists(st.text("AB01", min_size=1, max_size=4), min_size=2, max_size=8, unique=True)


def reported(keyword: str, before: list[str], after: list[str]) -> set[str]:
    """Return the studies that an issue names if edits change the values of the studies 1.0, 1.1 and so on."""
    moved = MovedIdentifiers()
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        member: Study = study({"PatientID": f"P{number}", keyword: old}, uid=f"1.{number}")
        moved.add_study(member, resolve_study(member, [edit(keyword, new, uid=f"1.{number}")]).changes)
    uids = [issue.message.rpartition(": ")[2].rstrip(".").split(", ") for issue in moved.issues()]
    return {uid for listed in uids for uid in listed}


@pytest.mark.parametrize("keyword", ["PatientID", "AccessionNumber", "PatientName"])
@given(st.data())
@examples(100)
def test_the_reported_studies_are_those_that_a_permutation_moves(keyword: str, data: st.DataObject) -> None:
    before = data.draw(VALUES)
    after = data.draw(st.permutations(before))
    moved = {f"1.{number}" for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    assert reported(keyword, before, list(after)) == moved


@given(VALUES, st.text("XYZ", min_size=1, max_size=4))
@examples(100)
def test_fresh_values_are_not_reported(before: list[str], prefix: str) -> None:
    assert not reported("PatientID", before, [prefix + value for value in before])
