"""The forecast of image sets follows the documented rules, and says so if a case is not documented or not known."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.overrides.grouping_values import GROUPING_KEYWORDS, GroupingValues
from dicommap.overrides.store_forecast import (
    IMAGE_SETS_KEPT,
    ForecastImageSet,
    ForecastReason,
    ImageSetEffect,
    StoredImageSet,
    StoreForecast,
    forecast_study,
    normalize_grouping_value,
    store_forecast_issues,
)

Reason = ForecastReason
DEFAULT = {"PatientID": "A", "AccessionNumber": "7", "StudyID": "1", "StudyDate": "20240101", "SeriesNumber": "3"}


def group(series: str = "1.2.1", files: int | None = 2, **values: str) -> GroupingValues:
    texts = tuple({**DEFAULT, **values}[keyword] for keyword in GROUPING_KEYWORDS)
    return GroupingValues(study_instance_uid="1.2", series_instance_uid=series, files=files, values=texts)


def stored(series: str = "1.2.1", *, primary: bool | None = True, **values: str) -> StoredImageSet:
    attributes = {"SeriesInstanceUID": series, **DEFAULT, **values}
    return StoredImageSet.from_attributes(f"id-of-{series}", attributes, is_primary=primary)


def valued(keyword: str, value: str) -> Any:
    return {keyword: value}


def reasons(groups: list[GroupingValues], *image_sets: StoredImageSet) -> list[ForecastReason]:
    return [forecast.reason for forecast in forecast_study(groups, image_sets)]


def test_a_study_that_is_not_stored_is_new() -> None:
    assert reasons([group(), group("1.2.2")]) == [Reason.NEW_STUDY, Reason.NEW_STUDY]


def test_a_stored_series_with_the_same_values_gets_a_new_version_and_another_series_is_new() -> None:
    (first, second) = forecast_study([group(), group("1.2.2")], [stored()])
    assert (first.reason, first.image_set_id) == (Reason.SAME_VALUES, "id-of-1.2.1")
    assert (second.reason, second.image_set_id) == (Reason.NEW_SERIES, "")


@pytest.mark.parametrize("keyword", GROUPING_KEYWORDS)
def test_another_value_conflicts_with_the_stored_image_set(keyword: str) -> None:
    (forecast,) = forecast_study([group(**valued(keyword, "9"))], [stored()])
    assert (forecast.reason, forecast.differing) == (Reason.STORED_CONFLICT, (keyword,))
    assert (forecast.values, forecast.primary_values) == (("9",), (DEFAULT[keyword],))
    assert forecast.image_set_id == "id-of-1.2.1"


@pytest.mark.parametrize("keyword", [keyword for keyword in GROUPING_KEYWORDS if keyword != "SeriesNumber"])
def test_a_new_series_conflicts_with_the_study_of_other_series(keyword: str) -> None:
    (forecast,) = forecast_study([group("1.2.9", **valued(keyword, "9"))], [stored()])
    assert (forecast.reason, forecast.differing) == (Reason.STORED_CONFLICT, (keyword,))


def test_the_series_number_is_compared_in_its_series_only() -> None:
    assert reasons([group("1.2.9", SeriesNumber="44")], stored()) == [Reason.NEW_SERIES]


def test_the_conflict_names_all_attributes_in_the_image_set_of_its_series() -> None:
    (forecast,) = forecast_study([group(PatientID="B", SeriesNumber="9")], [stored("1.2.8"), stored()])
    assert forecast.differing == ("PatientID", "SeriesNumber")
    assert forecast.image_set_id == "id-of-1.2.1"


@pytest.mark.parametrize(
    ("keyword", "one", "other"),
    [
        ("PatientID", "A", "A "),
        ("PatientID", "A", " A"),
        ("PatientID", "", " "),
        ("StudyDate", "20240101", "20240101 "),
        ("SeriesNumber", "3", "+003"),
        ("SeriesNumber", "-3", " -03 "),
        ("SeriesNumber", "0", "-0"),
    ],
)
def test_differences_without_meaning_are_none(keyword: str, one: str, other: str) -> None:
    assert normalize_grouping_value(keyword, one) == normalize_grouping_value(keyword, other)
    assert reasons([group(**valued(keyword, one))], stored(**valued(keyword, other))) == [Reason.SAME_VALUES]


@pytest.mark.parametrize(
    ("keyword", "one", "other"),
    [
        ("PatientID", "A", "a"),
        ("PatientID", "007", "7"),
        ("PatientID", "A B", "AB"),
        ("AccessionNumber", "", "0"),
        ("SeriesNumber", "1.0", "1"),
        ("SeriesNumber", "", "0"),
        ("SeriesNumber", "٣", "3"),
    ],
)
def test_differences_with_meaning_stay(keyword: str, one: str, other: str) -> None:
    assert reasons([group(**valued(keyword, one))], stored(**valued(keyword, other))) == [Reason.STORED_CONFLICT]


def test_groups_of_the_package_that_conflict_are_an_assumption() -> None:
    groups = [group(files=2, PatientID="B"), group(files=5), group("1.2.2", files=1)]
    assert reasons(groups) == [Reason.PACKAGE_CONFLICT, Reason.LARGEST_GROUP, Reason.LARGEST_GROUP]
    assert not any(reason.is_documented for reason in reasons(groups))


def test_a_conflict_inside_a_series_leaves_other_series_alone() -> None:
    groups = [group(files=2), group(files=1, SeriesNumber="9"), group("1.2.2")]
    assert reasons(groups) == [Reason.LARGEST_GROUP, Reason.PACKAGE_CONFLICT, Reason.NEW_STUDY]


def test_stored_image_sets_decide_between_the_groups_of_a_series() -> None:
    groups = [group(files=100, PatientID="B"), group(files=1)]
    assert reasons(groups, stored()) == [Reason.STORED_CONFLICT, Reason.SAME_VALUES]


def test_new_series_of_a_stored_study_can_conflict_with_each_other() -> None:
    groups = [group("1.2.9", files=1, SeriesNumber="8"), group("1.2.9", files=3, SeriesNumber="9")]
    assert reasons(groups, stored()) == [Reason.PACKAGE_CONFLICT, Reason.LARGEST_GROUP]


def test_groups_that_are_equal_without_padding_are_one() -> None:
    (forecast,) = forecast_study([group(files=2), group(files=3, PatientID="A ")], [])
    assert (forecast.reason, forecast.files) == (Reason.NEW_STUDY, 5)
    (forecast,) = forecast_study([group(files=2), group(files=None, PatientID="A ")], [])
    assert forecast.files is None


@pytest.mark.parametrize(
    ("given", "image_sets", "reason"),
    [
        (group(), [stored(primary=None)], Reason.NO_PRIMARY_FLAG),
        (group(), [stored(primary=False)], Reason.STORED_NON_PRIMARY),
        (group(), [stored("1.2.8"), stored(primary=False)], Reason.STORED_NON_PRIMARY),
        (group(), [stored("1.2.8"), stored("1.2.9", PatientID="B")], Reason.STORED_DIFFER),
        (group(), [stored(), stored(SeriesNumber="9")], Reason.STORED_DIFFER),
        (group(PatientID="M\ufffdller"), [stored()], Reason.LOST_CHARACTERS),
    ],
)
def test_what_is_not_known_is_told(
    given: GroupingValues, image_sets: list[StoredImageSet], reason: ForecastReason
) -> None:
    assert reasons([given], *image_sets) == [reason]
    assert reason.effect is ImageSetEffect.UNKNOWN
    (issue,) = store_forecast_issues(forecast_study([given], image_sets))
    assert (issue.code, issue.location.series) == ("store.unclear", "1.2.1")


def test_non_primary_image_sets_with_other_values_do_not_matter() -> None:
    assert reasons([group()], stored(primary=False, PatientID="B")) == [Reason.NEW_STUDY]


def test_issues_name_attributes_and_no_values() -> None:
    groups = [group(PatientID="SECRET"), group("1.2.2"), group("1.2.3")]
    image_sets = [stored(), stored("1.2.2"), stored("1.2.3")]
    issues = list(store_forecast_issues(forecast_study(groups, image_sets)))
    assert [(issue.code, issue.location.series) for issue in issues] == [
        ("store.non-primary", "1.2.1"),
        ("store.new-version", None),
    ]
    assert "PatientID" in issues[0].message
    assert "2" in issues[1].message
    assert not any("SECRET" in issue.message for issue in issues)


def test_a_forecast_counts_all_image_sets_and_keeps_the_first_of_each_effect() -> None:
    forecast = StoreForecast("0" * 32)
    for number in range(3 * IMAGE_SETS_KEPT):
        conflict = number % 2 == 0
        forecast.add_study(forecast_study([group(PatientID="B" if conflict else "A")], [stored()]), is_stored=True)
    forecast.add_study(forecast_study([group(files=None)], []), is_stored=False)
    assert forecast.count_image_sets(ImageSetEffect.NON_PRIMARY) == forecast.counts[Reason.STORED_CONFLICT] == 150
    assert forecast.files[Reason.SAME_VALUES] == 300
    assert (forecast.studies, forecast.stored_studies) == (301, 300)
    kept: list[ForecastImageSet] = list(forecast.image_sets)
    assert len(kept) == 2 * IMAGE_SETS_KEPT + 1


def test_reprs_have_no_values() -> None:
    (forecast,) = forecast_study([group(PatientID="SECRET")], [stored(PatientID="OTHER")])
    assert "SECRET" not in repr(forecast) + repr(group(PatientID="SECRET")) + repr(stored(PatientID="OTHER"))
    assert "OTHER" not in repr(forecast)


def test_files_that_conflict_with_a_group_of_unknown_effect_are_not_known_either() -> None:
    """The unknown group may become primary: then the others, which are the largest group without it, do not."""
    groups = [group(AccessionNumber=""), group(), group("1.2.2", AccessionNumber="")]
    image_sets = [stored(primary=False, AccessionNumber="")]
    assert reasons(groups, *image_sets) == [Reason.STORED_NON_PRIMARY, *[Reason.CONFLICT_WITH_UNKNOWN] * 2]
    assert reasons([groups[0], groups[2]], *image_sets) == [Reason.STORED_NON_PRIMARY, Reason.NEW_STUDY]


def test_a_conflict_about_the_series_number_leaves_other_series_known() -> None:
    groups = [group(SeriesNumber="4"), group(), group("1.2.2")]
    known = reasons(groups, stored("1.2.9"), stored(primary=False, SeriesNumber="4"))
    assert known == [Reason.STORED_NON_PRIMARY, Reason.CONFLICT_WITH_UNKNOWN, Reason.NEW_SERIES]
