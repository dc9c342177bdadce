"""Edits of instances: they go to updates, or to overrides if their whole series gets one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dicommap.edits.edit import Edit
from dicommap.issues import Severity
from dicommap.model.instance_values import InstanceValues, group_files_by_instance
from dicommap.model.study import Study, Target
from dicommap.overrides.attribute_change import AttributeChange, UpdateReason
from dicommap.overrides.resolution import resolve_edits
from dicommap.overrides.study_resolution import StudyResolution, resolve_study
from dicommap.overrides.update_changes import iterate_update_changes
from tests.support.edit_providers import GivenEdits
from tests.support.studies import edit, files_of, instances_of, study

SERIES, OTHER = "1.2.1", "1.2.2"
FIRST, SECOND = "1.2.1.1", "1.2.1.2"
STUDY = study({"PatientID": "old", "Modality": "CT"}, {"PatientID": "old", "Modality": "MR"})


def no_reading(uid: str) -> Sequence[InstanceValues]:
    raise AssertionError("the instances were read")


def of_instance(given: Edit, instance: str, series: str = SERIES) -> Edit:
    target = Target(study_instance_uid="1.2", series_instance_uid=series, sop_instance_uid=instance)
    return replace(given, target=target)


def removed(given: Edit) -> Edit:
    return replace(given, attribute=None)


def resolve(*edits: Edit, given: Study = STUDY, updates: bool = True) -> StudyResolution:
    return resolve_study(given, edits, instances_of(given), uses_updates=updates)


def places(resolution: StudyResolution) -> list[tuple[str | None, str | None, UpdateReason | None]]:
    return [
        (change.series_instance_uid, change.sop_instance_uid, change.update_reason) for change in resolution.changes
    ]


def test_an_instance_attribute_of_one_instance_is_an_update() -> None:
    resolution = resolve(of_instance(edit("ContentDate", "20260101"), FIRST))
    assert places(resolution) == [(SERIES, FIRST, UpdateReason.INSTANCE)]
    assert not resolution.overrides
    assert not resolution.issues


@pytest.mark.parametrize(("keyword", "target"), [("Modality", SERIES), ("PatientID", SERIES)])
def test_equal_edits_of_all_instances_are_an_override_of_the_series(keyword: str, target: str) -> None:
    resolution = resolve(*(of_instance(edit(keyword, "OT", origin=uid), uid) for uid in (FIRST, SECOND)))
    assert places(resolution) == [(target, None, None)]
    assert resolution.changes[0].origins == (FIRST, SECOND)
    assert [override.series_instance_uid for override in resolution.overrides] == [target]


def test_an_edit_of_one_instance_moves_up_if_the_others_have_the_value_already() -> None:
    mixed = study({"Modality": {"CT": 1, "OT": 1}})
    assert places(resolve(of_instance(edit("Modality", "OT"), FIRST), given=mixed)) == [(SERIES, None, None)]
    resolution = resolve(of_instance(edit("Modality", "MR"), FIRST), given=mixed)
    assert not resolution.changes
    assert [issue.code for issue in resolution.issues] == ["edit.update-level"]
    assert resolution.issues[0].location.instance == FIRST


def test_edits_of_all_instances_of_all_series_are_one_override_of_the_study() -> None:
    resolution = resolve(
        *(of_instance(edit("PatientID", "new"), f"{series}.{n}", series) for series in (SERIES, OTHER) for n in (1, 2))
    )
    assert places(resolution) == [(None, None, None)]


def test_different_values_of_a_shared_attribute_are_refused() -> None:
    resolution = resolve(*(of_instance(edit("PatientID", uid), uid) for uid in (FIRST, SECOND)))
    (issue,) = resolution.issues
    assert (issue.code, issue.severity) == ("edit.update-level", Severity.ERROR)
    assert "patient-level" in issue.message
    assert not resolution.changes


@pytest.mark.parametrize("series", [None, SERIES])
def test_an_instance_and_its_series_or_study_contradict_each_other(series: str | None) -> None:
    broader = edit("ContentDate", "20260102", series, origin="this")
    resolution = resolve(broader, of_instance(edit("ContentDate", "20260101", origin="that"), FIRST))
    (issue,) = resolution.issues
    assert issue.code == "edit.contradiction"
    assert (issue.location.series, issue.location.instance) == (SERIES, FIRST)
    assert not resolution.changes
    same = resolve(broader, of_instance(edit("ContentDate", "20260102", origin="that"), FIRST))
    assert places(same) == [(series, None, UpdateReason.LEVEL)]
    assert same.changes[0].origins == ("this", "that")


def test_a_removal_contradicts_a_new_value_and_an_empty_one() -> None:
    for other in ("x", ""):
        resolution = resolve(edit("PatientID", other), removed(edit("PatientID", "any", SERIES)))
        assert [issue.code for issue in resolution.issues] == ["edit.contradiction"]


def test_removals_of_all_series_are_one_of_the_study_and_of_one_series_are_refused() -> None:
    both = [removed(edit("PatientID", "any", uid)) for uid in (SERIES, OTHER)]
    assert places(resolve(*both)) == [(None, None, UpdateReason.REMOVAL)]
    assert [issue.code for issue in resolve(both[0]).issues] == ["edit.update-level"]
    modality = removed(edit("Modality", "CT", SERIES))
    assert places(resolve(modality)) == [(SERIES, None, UpdateReason.REMOVAL)]


@pytest.mark.parametrize("series", [None, SERIES])
def test_what_is_absent_already_is_not_removed(series: str | None) -> None:
    only_other = study({"PatientID": "old"}, {"AccessionNumber": "A"}) if series else STUDY
    resolution = resolve(removed(edit("AccessionNumber", "any", series)), given=only_other)
    assert not resolution.changes
    assert not resolution.issues


def test_without_updates_an_instance_attribute_stays_in_the_override() -> None:
    assert places(resolve(edit("ContentDate", "20260101", SERIES), updates=False)) == [(SERIES, None, None)]
    assert places(resolve(edit("ContentDate", "20260101", SERIES))) == [(SERIES, None, UpdateReason.LEVEL)]


def test_instances_are_read_only_for_edits_of_instances() -> None:
    edits = [edit("ContentDate", "20260101", SERIES), removed(edit("PatientID", "any"))]
    assert len(resolve_study(STUDY, edits, no_reading, uses_updates=True).changes) == 2


def test_an_update_is_divided_among_the_objects_that_keep_the_attribute() -> None:
    mixed = study({"SeriesDescription": "a", "Modality": "CT"}, {"SeriesDescription": "b"})
    resolution = resolve(
        removed(edit("SeriesDescription", "any")), edit("ContentDate", "20260101", SERIES), given=mixed
    )
    divided = list(iterate_update_changes(resolution.changes, instances_of(mixed)))
    assert {(change.series_instance_uid, change.sop_instance_uid, change.tag) for change in divided} == {
        (SERIES, None, 0x0008103E),
        (OTHER, None, 0x0008103E),
        (SERIES, FIRST, 0x00080023),
        (SERIES, SECOND, 0x00080023),
    }


def test_an_instance_that_has_the_value_already_gets_no_update() -> None:
    mixed = study({"ContentDate": {"20260101": 1, "20250101": 1}})

    def instances(uid: str) -> Sequence[InstanceValues]:
        return group_files_by_instance(uid, files_of(mixed)(uid, ("ContentDate",)), ("ContentDate",))

    resolution = resolve_study(mixed, [edit("ContentDate", "20260101", SERIES)], instances, uses_updates=True)
    divided: list[AttributeChange] = list(iterate_update_changes(resolution.changes, instances))
    assert [change.sop_instance_uid for change in divided] == [SECOND]
    assert divided[0].before == {"20250101": 1}


def test_without_updates_each_edit_is_one_error_that_names_the_option() -> None:
    provider = GivenEdits(
        removed(edit("PatientID", "any")),
        *(of_instance(edit("ContentDate", "20260101"), uid) for uid in (FIRST, SECOND)),
    )
    resolution = resolve_edits([STUDY], provider, files_of(STUDY), instances=instances_of(STUDY))
    issues = [issue for issue in resolution.issues if issue.code == "edit.needs-updates"]
    assert [issue.location.keyword for issue in issues] == ["PatientID", "ContentDate"]
    assert all("--updates" in issue.message and "1 study: 1.2" in issue.message for issue in issues)
    assert (resolution.updates, resolution.targets) == (3, 3)
    allowed = resolve_edits([STUDY], provider, files_of(STUDY), instances=instances_of(STUDY), uses_updates=True)
    assert not [issue for issue in allowed.issues if issue.severity is Severity.ERROR]
