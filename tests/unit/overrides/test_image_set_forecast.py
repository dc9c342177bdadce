"""What stays different after the edits, in the attributes that HealthImaging groups by, and which files that are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dicommap.healthimaging.levels import Level
from dicommap.model.study import FileValues, Study
from dicommap.overrides.attribute_change import AttributeChange
from dicommap.overrides.grouping_conflicts import GroupingConflict
from dicommap.overrides.image_set_forecast import GROUPS_KEPT, ImageSetForecaster, build_conflict_issue
from dicommap.overrides.study_resolution import resolve_study
from tests.support.studies import edit, files_of, study

SECRET = "Zyzzyva"


def conflicts(one: Study, changes: Sequence[AttributeChange] = (), room: int = 100) -> list[GroupingConflict]:
    return list(ImageSetForecaster(files_of(one), room).find_conflicts(one, changes))


def listed(conflict: GroupingConflict) -> list[tuple[str, str]]:
    return [(file.path, file.value) for file in conflict.listed]


def test_a_study_of_one_value_each_has_no_conflict_and_its_files_are_not_asked_for() -> None:
    def never(uid: str, keywords: Sequence[str]) -> Iterator[FileValues]:
        raise AssertionError(uid)

    assert list(ImageSetForecaster(never).find_conflicts(study({"PatientID": "7"}, {"PatientID": "7"}), ())) == []


def test_a_differing_grouping_attribute_is_a_conflict_of_the_study_with_its_files() -> None:
    (conflict,) = conflicts(study({"PatientID": {SECRET: 3}}, {"PatientID": {"8": 1}}))
    assert (conflict.keyword, conflict.series_instance_uid, conflict.level) == ("PatientID", None, Level.STUDY)
    assert (conflict.non_primary_files, conflict.files, conflict.primary) == (1, 4, SECRET)
    assert conflict.values == {SECRET: 3, "8": 1}
    (file,) = conflict.listed
    assert (file.series_instance_uid, file.sop_instance_uid, file.value) == ("1.2.2", "1.2.2.1", "8")
    assert (conflict.cure, conflict.cure_value) == ("drafting with --harmonize PatientID", SECRET)
    found = build_conflict_issue(conflict)
    assert "1 of 4. What would cure it: drafting with --harmonize PatientID." in found.message
    assert SECRET not in repr(conflict) + repr(file) + str(found)


def test_a_series_number_may_differ_between_series_but_not_within_one() -> None:
    assert conflicts(study({"SeriesNumber": "1"}, {"SeriesNumber": "2"})) == []
    (conflict,) = conflicts(study({"SeriesNumber": {"1": 1, "2": 2}}))
    assert (conflict.keyword, conflict.series_instance_uid, conflict.level) == ("SeriesNumber", "1.2.1", Level.SERIES)
    assert (conflict.non_primary_files, conflict.primary, conflict.cure) == (
        1,
        "2",
        "drafting with --harmonize SeriesNumber",
    )


def test_attributes_that_do_not_group_may_differ() -> None:
    assert conflicts(study({"PatientName": "a"}, {"PatientName": "b"})) == []


def test_an_override_for_the_study_settles_it_and_one_for_a_series_may_not() -> None:
    one = study({"PatientID": "7"}, {"PatientID": "8"}, {"PatientID": "9"})
    assert conflicts(one, resolve_study(one, [edit("PatientID", "1")]).changes) == []
    (conflict,) = conflicts(one, resolve_study(one, [edit("PatientID", "8", "1.2.1", origin="s.csv row 3")]).changes)
    assert conflict.values == {"8": 4, "9": 2}
    assert listed(conflict) == [("1.2.3/1", "9"), ("1.2.3/2", "9")]


def test_where_an_edit_sets_a_part_of_the_study_harmonizing_would_contradict_it() -> None:
    one = study({"PatientID": "7"}, {"PatientID": "8"}, {"PatientID": "9"})
    changes = resolve_study(one, [edit("PatientID", "8", "1.2.1", origin="s.csv row 3")]).changes
    (conflict,) = conflicts(one, changes)
    assert not conflict.is_harmonizable
    assert conflict.cure == "an edit of PatientID for the whole study instead of s.csv row 3"
    assert conflict.cure_value == "8"


def test_edits_that_agree_say_what_the_value_should_be_and_others_do_not() -> None:
    one = study({"PatientID": {"7": 9}}, {"PatientID": {"7": 2}}, {"PatientID": {"7": 2}})
    (conflict,) = conflicts(one, resolve_study(one, [edit("PatientID", "8", "1.2.2")]).changes)
    assert (conflict.primary, conflict.non_primary_files, conflict.cure_value) == ("7", 2, "8")
    both = [edit("PatientID", "8", "1.2.2", origin="first"), edit("PatientID", "9", "1.2.3", origin="second")]
    (conflict,) = conflicts(one, resolve_study(one, both).changes)
    assert (conflict.cure_value, conflict.edits) == (None, ("first", "second"))
    assert conflict.cure == "an edit of PatientID for the whole study instead of first and 1 more"


def test_of_a_tie_somebody_has_to_choose_and_the_forecast_says_which_it_took() -> None:
    (conflict,) = conflicts(study({"PatientID": "8"}, {"PatientID": "7"}))
    assert (conflict.primary, conflict.non_primary_files) == ("7", 2)
    assert (conflict.cure, conflict.cure_value) == ("an edit of PatientID for the whole study", None)


def test_an_empty_value_may_be_the_primary_one_but_never_cures() -> None:
    (conflict,) = conflicts(study({"PatientID": {"": 3}}, {"PatientID": {"8": 1}}))
    assert (conflict.primary, conflict.non_primary_files, conflict.cure_value) == ("", 1, "8")
    assert conflict.cure == "drafting with --harmonize PatientID"


def test_a_value_that_no_override_can_hold_does_not_cure() -> None:
    (conflict,) = conflicts(study({"StudyDate": {"2026": 3}}, {"StudyDate": {"20260102": 1}}))
    assert not conflict.is_harmonizable
    assert (conflict.cure, conflict.cure_value) == ("an edit of StudyDate for the whole study", None)


def test_the_largest_combination_is_taken_for_the_primary_image_set() -> None:
    by_study = study(
        {"PatientID": {"A": 3}, "AccessionNumber": {"X": 3}},
        {"PatientID": {"A": 2}, "AccessionNumber": {"Y": 2}},
        {"PatientID": {"B": 2}, "AccessionNumber": {"Y": 2}},
    )
    accession, patient = conflicts(by_study)
    assert (accession.keyword, accession.primary, accession.non_primary_files) == ("AccessionNumber", "X", 4)
    assert (patient.keyword, patient.primary, patient.non_primary_files) == ("PatientID", "A", 2)


def test_a_series_number_is_judged_among_the_files_of_the_primary_combination() -> None:
    mixed = study(
        {"PatientID": {"A": 3}, "SeriesNumber": {"7": 3}},
        {"PatientID": {"A": 2, "B": 3}, "SeriesNumber": {"1": 2, "2": 3}},
    )
    patient, number = conflicts(mixed)
    assert (patient.primary, patient.non_primary_files) == ("A", 3)
    assert (number.series_instance_uid, number.primary, number.non_primary_files) == ("1.2.2", "1", 3)


def test_files_are_named_as_long_as_there_is_room_and_counted_beyond() -> None:
    forecaster_study = study({"PatientID": {"A": 9, "B": 5}})
    forecaster = ImageSetForecaster(files_of(forecaster_study), 7)
    found = [next(forecaster.find_conflicts(forecaster_study, ())) for _ in range(3)]
    assert [(len(one.listed), one.non_primary_files) for one in found] == [(5, 5), (2, 5), (0, 5)]


def test_groups_of_files_are_listed_by_series() -> None:
    mixed = study({"PatientID": {"A": 3, "B": 1}}, {"PatientID": {"A": 2}}, {"PatientID": {"C": 2}})
    forecaster = ImageSetForecaster(files_of(mixed))
    assert list(forecaster.find_conflicts(mixed, ()))
    (groups,) = forecaster.file_groups
    assert (groups.keywords, groups.files, groups.non_primary_files, groups.series_count) == (("PatientID",), 8, 3, 3)
    assert [(series.series_instance_uid, series.non_primary_files) for series in groups.series] == [
        ("1.2.3", 2),
        ("1.2.1", 1),
        ("1.2.2", 0),
    ]
    assert [(group.values, group.files, group.is_primary) for group in groups.series[1].groups] == [
        (("A",), 3, True),
        (("B",), 1, False),
    ]


def test_groups_are_limited_and_counted() -> None:
    many = study({"StudyDate": {f"2026{number:04}": 1 for number in range(GROUPS_KEPT + 5)}})
    forecaster = ImageSetForecaster(files_of(many))
    assert list(forecaster.find_conflicts(many, ()))
    (series,) = forecaster.file_groups[0].series
    assert (len(series.groups), series.group_count, series.files) == (GROUPS_KEPT, GROUPS_KEPT + 5, GROUPS_KEPT + 5)
    assert [group.is_primary for group in series.groups[:2]] == [True, False]
    plain = study({"PatientID": "1"})
    assert list(forecaster.find_conflicts(plain, ())) == []
    assert len(forecaster.file_groups) == 1
