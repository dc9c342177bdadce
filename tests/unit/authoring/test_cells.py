"""Cells: what stands in one, and what a spreadsheet may have done to it."""

from __future__ import annotations

import pytest

from dicommap.authoring.cells import cell_text, placeholder, state_of
from dicommap.model.levels import Level


def test_a_cell_holds_the_one_value_or_the_marker() -> None:
    assert cell_text("PatientID", {"007": 3}) == "007"
    assert cell_text("PatientID", {}) == ""
    assert cell_text("PatientID", {"a": 1, "": 2}) == "<2 different values>"


@pytest.mark.parametrize("cell", ["<12 different values>", "<2 different values", "<2 different values> x", "***"])
def test_signs_that_stand_for_values_are_no_values(cell: str) -> None:
    assert placeholder(cell)


@pytest.mark.parametrize("cell", ["different values", "**", "", "<2>", "A*"])
def test_other_texts_are_values(cell: str) -> None:
    assert placeholder(cell) is None


def test_the_state_tells_values_apart_and_is_no_number() -> None:
    first, other = {"PatientID": {"a": 1}}, {"PatientID": {"b": 1}}
    assert state_of(first, Level.STUDY) == state_of({"PatientID": {"a": 9}}, Level.STUDY)
    assert state_of(first, Level.STUDY) != state_of(other, Level.STUDY)
    assert state_of(first, Level.STUDY).startswith("s")


def test_the_state_of_a_study_does_not_count_its_series_attributes_nor_empty_ones() -> None:
    values = {"PatientID": {"a": 1}}
    more = {**values, "SeriesNumber": {"1": 1, "2": 1}, "PatientComments": {"": 1}}
    assert state_of(values, Level.STUDY) == state_of(more, Level.STUDY)
    assert state_of(values, Level.SERIES) != state_of(more, Level.SERIES)
