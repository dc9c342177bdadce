"""The values of grouping attributes that jobs import: those of the files, unless an override sets others."""

from __future__ import annotations

from dicommap.overrides.grouping_values import GROUPING_KEYWORDS, GroupingValues, iterate_grouping_values
from dicommap.overrides.study_resolution import resolve_study
from tests.support.studies import edit, files_of, study


def rows(given: object, *edits: object) -> list[tuple[str, int | None, dict[str, str]]]:
    resolution = resolve_study(given, edits)  # type: ignore[arg-type]
    groups = iterate_grouping_values(given, resolution.changes, files_of(given))  # type: ignore[arg-type]
    return [(group.series_instance_uid, group.files, values_of(group)) for group in groups]


def values_of(group: GroupingValues) -> dict[str, str]:
    return {keyword: value for keyword, value in zip(GROUPING_KEYWORDS, group.values, strict=True) if value}


def test_a_series_with_one_value_of_each_attribute_is_one_row() -> None:
    given = study({"PatientID": "A", "SeriesNumber": "3"}, {"PatientID": "A"})
    assert rows(given) == [("1.2.1", 2, {"PatientID": "A", "SeriesNumber": "3"}), ("1.2.2", 2, {"PatientID": "A"})]


def test_files_are_read_only_if_a_series_has_several_values() -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    given = study({"PatientID": "A"}, {"PatientID": "B"})
    assert len(list(iterate_grouping_values(given, (), refuse))) == 2  # type: ignore[arg-type]


def test_files_with_other_values_are_rows_of_their_own_the_largest_first() -> None:
    given = study({"PatientID": {"A": 1, "B": 2}}, {"PatientID": "A"})
    assert rows(given) == [
        ("1.2.1", 2, {"PatientID": "B"}),
        ("1.2.1", 1, {"PatientID": "A"}),
        ("1.2.2", 2, {"PatientID": "A"}),
    ]


def test_an_override_sets_the_value_of_all_files_or_of_one_series() -> None:
    given = study({"PatientID": {"A": 1, "B": 2}, "AccessionNumber": "1"}, {"PatientID": "A", "AccessionNumber": "2"})
    assert rows(given, edit("PatientID", "C"), edit("AccessionNumber", "9", "1.2.2")) == [
        ("1.2.1", 3, {"PatientID": "C", "AccessionNumber": "1"}),
        ("1.2.2", 2, {"PatientID": "C", "AccessionNumber": "9"}),
    ]


def test_an_emptied_attribute_is_empty() -> None:
    given = study({"PatientID": "A", "AccessionNumber": "1"})
    assert rows(given, edit("AccessionNumber", "")) == [("1.2.1", 2, {"PatientID": "A"})]
