"""What stays different after the edits, in the attributes that HealthImaging groups by."""

from __future__ import annotations

from dicommap.authoring.forecast import forecast
from dicommap.authoring.settling import settle
from tests.unit.authoring.studies import edit, study

SECRET = "Zyzzyva"


def test_a_study_of_one_value_each_has_no_conflict() -> None:
    assert list(forecast(study({"PatientID": "7"}, {"PatientID": "7"}), ())) == []


def test_a_differing_grouping_attribute_is_a_conflict_of_the_study() -> None:
    (conflict,) = forecast(study({"PatientID": {SECRET: 3}}, {"PatientID": {"8": 1}}), ())
    assert (conflict.keyword, conflict.series_instance_uid, conflict.minority) == ("PatientID", None, 1)
    assert conflict.values == {SECRET: 3, "8": 1}
    assert SECRET not in repr(conflict) + str(conflict.to_issue())


def test_a_series_number_may_differ_between_series_but_not_within_one() -> None:
    apart = study({"SeriesNumber": "1"}, {"SeriesNumber": "2"})
    assert list(forecast(apart, ())) == []
    (conflict,) = forecast(study({"SeriesNumber": {"1": 1, "2": 1}}), ())
    assert (conflict.keyword, conflict.series_instance_uid) == ("SeriesNumber", "1.2.1")


def test_attributes_that_do_not_group_may_differ() -> None:
    assert list(forecast(study({"PatientName": "a"}, {"PatientName": "b"}), ())) == []


def test_an_override_for_the_study_settles_it_and_one_for_a_series_may_not() -> None:
    one = study({"PatientID": "7"}, {"PatientID": "8"}, {"PatientID": "9"})
    assert list(forecast(one, settle(one, [edit("PatientID", "1")]).changes)) == []
    changes = settle(one, [edit("PatientID", "8", "1.2.1")]).changes
    (conflict,) = forecast(one, changes)
    assert conflict.values == {"8": 4, "9": 2}
