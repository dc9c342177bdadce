"""The attributes of overrides are looked for at their level, in the instances that a job imported."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.verification.effects import AttributeCheck, Effect
from dicommap.verification.image_set_check import StudyOverrides, is_previous_value
from dicommap.verification.stored_metadata import ABSENT, StoredImageSet, StoredSeries

STUDY, SERIES, OTHER_SERIES = "1.2.1", "1.2.1.1", "1.2.1.2"
IMAGE_SET = "a" * 32
COMMENTS = "00204000"
"""Image Comments, which has the instance level."""
DESCRIPTION = "0008103E"
"""Series Description, which has the series level."""
STUDY_ID = "00200010"
PRIVATE = "00191001"


def text(value: str, vr: str = "LO") -> Any:
    return {"vr": vr, "Value": [value]}


def stored(**members: Any) -> StoredImageSet:
    instances = members.pop("instances", {"1.1": {}, "1.2": {}})
    series = {SERIES: StoredSeries(attributes=members.pop("series", {}), instances=instances)}
    return StoredImageSet(**{"study_instance_uid": STUDY, "patient": {}, "study": {}, "series": series, **members})


def check(
    data_sets: dict[str | None, Any],
    image_set: StoredImageSet,
    instances: frozenset[str] | None = None,
    **previous: Any,
) -> list[AttributeCheck]:
    overrides = StudyOverrides(
        study_instance_uid=STUDY, data_sets=data_sets, read_previous=lambda: previous.get("previous", {})
    )
    return list(overrides.check(image_set, IMAGE_SET, frozenset({SERIES}), instances))


def effects(*arguments: Any, **options: Any) -> list[Effect]:
    return [one.effect for one in check(*arguments, **options)]


def test_every_instance_counts_and_the_worst_effect_is_taken() -> None:
    image_set = stored(instances={"1.1": {"ImageComments": "new"}, "1.2": {"ImageComments": "old"}})
    wanted: dict[str | None, Any] = {None: {COMMENTS: text("new", "LT")}}
    assert effects(wanted, image_set) == [Effect.DIFFERENT]
    assert effects(wanted, image_set, frozenset({"1.1"})) == [Effect.APPLIED]
    assert effects(wanted, image_set, frozenset({"9.9"})) == [Effect.NOT_READABLE]
    known = {(None, int(COMMENTS, 16)): ("old",)}
    assert effects(wanted, image_set, previous=known) == [Effect.NOT_APPLIED]
    (one,) = check(wanted, image_set)
    assert (one.stored, one.image_set_id, one.study_instance_uid) == ("old", IMAGE_SET, STUDY)


@pytest.mark.parametrize("name", [PRIVATE, PRIVATE.lower()])
def test_private_elements_are_found_by_their_tag(name: str) -> None:
    image_set = stored(instances={"1.1": {name: "new"}})
    assert effects({None: {PRIVATE: text("new")}}, image_set) == [Effect.APPLIED]


def test_an_attribute_at_another_level_is_found() -> None:
    assert effects({SERIES: {DESCRIPTION: text("new")}}, stored(study={"SeriesDescription": "new"})) == [Effect.APPLIED]
    assert effects({SERIES: {DESCRIPTION: text("new")}}, stored()) == [Effect.MISSING]


def test_overrides_of_other_series_are_left_out() -> None:
    wanted: Any = {SERIES: {DESCRIPTION: text("new")}, OTHER_SERIES: {DESCRIPTION: text("else")}}
    checks = check(wanted, stored(series={"SeriesDescription": "new"}))
    assert [(one.series_instance_uid, one.effect) for one in checks] == [(SERIES, Effect.APPLIED)]


def test_the_override_of_another_series_does_not_excuse_a_value_of_a_series() -> None:
    # Both series get the other one's description. Neither is applied: each image set still has the old value.
    wanted: Any = {SERIES: {DESCRIPTION: text("L")}, OTHER_SERIES: {DESCRIPTION: text("R")}}
    known = {(SERIES, int(DESCRIPTION, 16)): ("R",)}
    assert effects(wanted, stored(series={"SeriesDescription": "R"}), previous=known) == [Effect.NOT_APPLIED]
    of_study: Any = {SERIES: {STUDY_ID: text("L")}, OTHER_SERIES: {STUDY_ID: text("R")}}
    assert effects(of_study, stored(study={"StudyID": "R"})) == [Effect.NOT_CHECKED]


def test_a_series_that_the_image_set_should_have_is_reported() -> None:
    without = stored(series={})
    without.series.clear()
    (one,) = check({SERIES: {DESCRIPTION: text("new")}}, without)
    assert (one.effect, one.reason) == (Effect.NOT_READABLE, "the image set does not have the series")


def test_an_image_set_of_another_study_is_not_compared() -> None:
    (one,) = check({None: {STUDY_ID: text("new")}}, stored(study_instance_uid="9.9", study={"StudyID": "new"}))
    assert (one.effect, one.reason) == (Effect.NOT_READABLE, "the image set has another study")


def test_overrides_that_contradict_each_other_leave_the_value_open() -> None:
    wanted: Any = {None: {DESCRIPTION: text("of study")}, SERIES: {DESCRIPTION: text("of series")}}
    checks = check(wanted, stored(series={"SeriesDescription": "of series"}))
    assert [one.effect for one in checks] == [Effect.NOT_CHECKED, Effect.APPLIED]
    assert "another override" in checks[0].reason
    neither = check(wanted, stored(series={"SeriesDescription": "other"}))
    assert [one.effect for one in neither] == [Effect.DIFFERENT, Effect.DIFFERENT]


def test_the_repr_of_a_check_has_no_value() -> None:
    (one,) = check({None: {STUDY_ID: text("SECRET-1")}}, stored(study={"StudyID": "SECRET-2"}))
    assert "SECRET" not in repr(one)


def test_values_from_before_are_compared_by_meaning() -> None:
    assert is_previous_value("PN", "Doe^John^^", ("Doe^John",))
    assert is_previous_value("DS", "1.0", ("1",))
    assert is_previous_value("LO", ABSENT, ("",))
    assert not is_previous_value("LO", "x", None)
    assert not is_previous_value("SQ", [], ("",))
