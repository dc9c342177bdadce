"""Cells: what stands in one, and what a spreadsheet may have done to it."""

from __future__ import annotations

from dicommap.edits.sheet_cells import compute_values_digest, format_cell
from dicommap.healthimaging.levels import Level


def test_a_cell_holds_the_one_value_or_the_marker() -> None:
    assert format_cell("PatientID", {"007": 3}) == "007"
    assert format_cell("PatientID", {}) == ""
    assert format_cell("PatientID", {"a": 1, "": 2}) == "<2 different values>"


def test_the_state_tells_values_apart_and_is_no_number() -> None:
    first, other = {"PatientID": {"a": 1}}, {"PatientID": {"b": 1}}
    assert compute_values_digest(first, Level.STUDY) == compute_values_digest({"PatientID": {"a": 9}}, Level.STUDY)
    assert compute_values_digest(first, Level.STUDY) != compute_values_digest(other, Level.STUDY)
    assert compute_values_digest(first, Level.STUDY).startswith("s")


def test_the_state_of_a_study_does_not_count_its_series_attributes_nor_empty_ones() -> None:
    values = {"PatientID": {"a": 1}}
    more = {**values, "SeriesNumber": {"1": 1, "2": 1}, "PatientComments": {"": 1}}
    assert compute_values_digest(values, Level.STUDY) == compute_values_digest(more, Level.STUDY)
    assert compute_values_digest(values, Level.SERIES) != compute_values_digest(more, Level.SERIES)
