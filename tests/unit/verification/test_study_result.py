"""Results of one study: an attribute counts once with its worst effect, and each series has its own counts."""

from __future__ import annotations

import itertools

import pytest

from dicommap.verification.effects import AttributeCheck, Effect
from dicommap.verification.study_result import ImageSetTarget, StudyResult, StudyResultBuilder

STUDY = "1.2"
PATIENT_ID = 0x00100020
DESCRIPTION = 0x0008103E


def check(
    effect: Effect, image_set: str = "a", *, tag: int = PATIENT_ID, series: str | None = None, reason: str = ""
) -> AttributeCheck:
    return AttributeCheck(
        study_instance_uid=STUDY,
        series_instance_uid=series,
        tag=tag,
        image_set_id=image_set,
        effect=effect,
        reason=reason,
        wanted={"vr": "LO", "Value": ["SECRET"]},
        stored="SECRET",
    )


def target(image_set: str, *series: str, is_primary: bool | None = True) -> ImageSetTarget:
    return ImageSetTarget(
        image_set_id=image_set, study_instance_uid=STUDY, series=frozenset(series), is_primary=is_primary
    )


def build(
    *image_sets: tuple[ImageSetTarget, list[AttributeCheck]], unchecked: tuple[AttributeCheck, ...] = ()
) -> StudyResult:
    builder = StudyResultBuilder("0001", STUDY)
    for image_set, checks in image_sets:
        builder.add(checks, image_set)
    return builder.build(unchecked)


@pytest.mark.parametrize(
    "effects", list(itertools.permutations([Effect.APPLIED, Effect.DIFFERENT, Effect.NOT_READABLE]))
)
def test_the_worst_effect_counts_in_any_order_of_image_sets(effects: tuple[Effect, ...]) -> None:
    result = build(
        *((target(str(number), "1.2.1"), [check(effect, str(number))]) for number, effect in enumerate(effects))
    )
    assert result.counts == {Effect.DIFFERENT: 1}
    (attribute,) = result.attributes
    assert attribute.check.image_set_id == str(effects.index(Effect.DIFFERENT))
    assert attribute.image_sets == dict.fromkeys(effects, 1)
    assert result.image_sets == 3


def test_of_equal_effects_the_first_image_set_is_named() -> None:
    checks = [(target(name), [check(Effect.MISSING, name)]) for name in "cab"]
    assert build(*checks).attributes[0].check.image_set_id == "c"


def test_each_series_has_the_effects_of_its_own_image_sets_and_overrides() -> None:
    result = build(
        (target("a", "1.2.1"), [check(Effect.APPLIED), check(Effect.MISSING, tag=DESCRIPTION, series="1.2.1")]),
        (
            target("b", "1.2.2"),
            [check(Effect.NOT_APPLIED, "b"), check(Effect.APPLIED, "b", tag=DESCRIPTION, series="1.2.2")],
        ),
        (target("c", "1.2.1", is_primary=False), [check(Effect.APPLIED, "c")]),
    )
    assert result.series == {
        "1.2.1": {Effect.APPLIED: 1, Effect.MISSING: 1},
        "1.2.2": {Effect.NOT_APPLIED: 1, Effect.APPLIED: 1},
    }
    assert result.counts == {Effect.NOT_APPLIED: 1, Effect.MISSING: 1, Effect.APPLIED: 1}
    assert (result.effect, result.image_sets, result.non_primary) == (Effect.NOT_APPLIED, 3, 1)


def test_what_is_not_known_to_be_non_primary_is_not_counted_as_such() -> None:
    assert build((target("a", is_primary=None), [check(Effect.APPLIED)])).non_primary == 0


def test_attributes_without_a_check_are_not_checked_and_in_no_image_set() -> None:
    unchecked = (
        check(Effect.NOT_CHECKED, "", reason="none"),
        check(Effect.NOT_CHECKED, "", tag=DESCRIPTION, series="1.2.9", reason="none"),
    )
    result = build((target("a", "1.2.1"), [check(Effect.APPLIED)]), unchecked=unchecked)
    assert [(attribute.check.tag, attribute.effect) for attribute in result.attributes] == [
        (PATIENT_ID, Effect.APPLIED),
        (DESCRIPTION, Effect.NOT_CHECKED),
    ]
    assert not result.attributes[1].image_sets
    assert "1.2.9" not in result.series
    assert build(unchecked=()).effect is Effect.NOT_CHECKED


def test_issues_group_attributes_by_effect_series_and_reason_and_have_no_values() -> None:
    tags = [0x00100010, 0x00100020, 0x00100030, 0x00100040, 0x00101010, 0x00101020, 0x00101030]
    result = build(
        (
            target("a", "1.2.1"),
            [
                *(check(Effect.NOT_APPLIED, tag=tag) for tag in tags),
                check(Effect.NOT_APPLIED, tag=DESCRIPTION, series="1.2.1"),
                check(Effect.NOT_READABLE, tag=0x00081030, reason="first"),
                check(Effect.NOT_READABLE, tag=0x00080050, reason="second"),
                check(Effect.APPLIED, tag=0x00080090),
            ],
        )
    )
    issues = list(result.issues())
    assert [(issue.code, issue.location.series, issue.message.split(" ")[0]) for issue in issues] == [
        ("verify.not-applied", None, "7"),
        ("verify.not-applied", "1.2.1", "1"),
        ("verify.not-readable", None, "1"),
        ("verify.not-readable", None, "1"),
    ]
    assert "PatientName, PatientID, PatientBirthDate, PatientSex, PatientAge and 2 more" in issues[0].message
    assert [issue.message.rsplit(": ", 1)[1] for issue in issues[2:]] == ["first.", "second."]
    assert all(issue.location.study == STUDY for issue in issues)
    assert "SECRET" not in repr(issues) + repr(result)
