"""Edits settle to the smallest overrides that fulfil them, or to their contradiction."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import permutations

import pytest

from dicommap.dicom.dictionary import keyword_of
from dicommap.display.preview import build_preview_row
from dicommap.edits.edit import Edit
from dicommap.model.masking import Masker
from dicommap.model.study import Target
from dicommap.overrides.attribute_change import UpdateReason
from dicommap.overrides.study_resolution import resolve_study
from tests.support.studies import edit, study

TWO = study({"PatientID": "old", "Modality": "CT"}, {"PatientID": "old", "Modality": "MR"})
SERIES = ("1.2.1", "1.2.2")


def targets(resolution: object) -> list[str | None]:
    return [override.series_instance_uid for override in resolution.overrides]  # type: ignore[attr-defined]


def test_an_edit_of_a_study_is_one_override() -> None:
    resolution = resolve_study(TWO, [edit("PatientID", "new"), edit("StudyDate", "20260102")])
    (override,) = resolution.overrides
    assert (override.study_instance_uid, override.series_instance_uid) == ("1.2", None)
    assert override.data_set == {
        "00080020": {"vr": "DA", "Value": ["20260102"]},
        "00100020": {"vr": "LO", "Value": ["new"]},
    }
    assert list(override.data_set) == sorted(override.data_set)


@pytest.mark.parametrize("keyword", ["PatientID", "StudyDate"])
def test_equal_edits_of_all_series_move_to_the_study(keyword: str) -> None:
    resolution = resolve_study(TWO, [edit(keyword, "20260102", uid, origin=uid) for uid in SERIES])
    assert targets(resolution) == [None]
    assert resolution.changes[0].origins == SERIES


def test_series_attributes_stay_with_their_series() -> None:
    resolution = resolve_study(TWO, [edit("Modality", "OT", uid) for uid in SERIES])
    assert targets(resolution) == ["1.2.1", "1.2.2"]


def test_an_edit_of_one_series_moves_up_where_the_others_have_the_value_already() -> None:
    one = study({"PatientID": "old"}, {"PatientID": "new"})
    assert targets(resolve_study(one, [edit("PatientID", "new", "1.2.1")])) == [None]
    assert targets(resolve_study(TWO, [edit("PatientID", "new", "1.2.1")])) == ["1.2.1"]


def test_different_edits_of_series_stay_with_their_series() -> None:
    resolution = resolve_study(TWO, [edit("PatientID", "a", "1.2.1"), edit("PatientID", "b", "1.2.2")])
    assert targets(resolution) == ["1.2.1", "1.2.2"]


def test_an_edit_that_the_study_asks_for_as_well_is_the_studys() -> None:
    resolution = resolve_study(
        TWO, [edit("PatientID", "new", origin="a"), edit("PatientID", "new", "1.2.1", origin="b")]
    )
    assert targets(resolution) == [None]
    assert resolution.changes[0].origins == ("a", "b")


@pytest.mark.parametrize(("first", "second"), [(None, None), ("1.2.1", "1.2.1"), (None, "1.2.1"), ("1.2.2", None)])
def test_different_values_for_one_target_contradict(first: str | None, second: str | None) -> None:
    edits = [edit("PatientID", "Zyzzyva", first, origin="this"), edit("PatientID", "Quark", second, origin="that")]
    resolution = resolve_study(TWO, edits)
    assert not resolution.overrides
    assert not resolution.changes
    (found,) = resolution.issues
    assert found.code == "edit.contradiction"
    assert (found.location.keyword, found.location.study) == ("PatientID", "1.2")
    assert found.location.series == (first or second)
    assert "this" in found.message
    assert "that" in found.message
    assert "Zyzzyva" not in str(found)
    assert "Quark" not in str(found)


def test_emptying_contradicts_setting() -> None:
    resolution = resolve_study(TWO, [edit("PatientID", "x"), edit("PatientID", "")])
    assert [found.code for found in resolution.issues] == ["edit.contradiction"]


def test_a_private_attribute_of_a_series_keeps_its_creator_beside_that_of_the_study() -> None:
    def private(tag: int, vr: str, text: str, uid: str | None) -> Edit:
        target = Target(study_instance_uid="1.2", series_instance_uid=uid)
        return Edit(target=target, tag=tag, attribute={"vr": vr, "Value": [text]}, origin="a cause")

    creators = [private(0x00090010, "LO", "ACME", uid) for uid in (None, *SERIES)]
    values = [private(0x00091001, "SH", "a", None), private(0x00091002, "SH", "b", "1.2.1")]
    resolution = resolve_study(TWO, [*creators, *values])
    assert [(override.series_instance_uid, list(override.data_set)) for override in resolution.overrides] == [
        (None, ["00090010", "00091001"]),
        ("1.2.1", ["00090010", "00091002"]),
    ]


def test_a_contradiction_leaves_out_its_attribute_in_the_whole_study_and_no_other() -> None:
    edits = [edit("StudyDate", "20260102"), edit("PatientID", "a"), edit("PatientID", "b"), edit("PatientID", "c")]
    resolution = resolve_study(TWO, [*edits, edit("PatientID", "b", "1.2.1"), edit("AccessionNumber", "x", "1.2.2")])
    assert [(override.series_instance_uid, list(override.data_set)) for override in resolution.overrides] == [
        (None, ["00080020"]),
        ("1.2.2", ["00080050"]),
    ]
    assert {found.location.keyword for found in resolution.issues} == {"PatientID"}


def test_a_value_that_is_there_already_is_no_change() -> None:
    resolution = resolve_study(
        TWO, [edit("PatientID", "old"), edit("Modality", "CT", "1.2.1"), edit("AccessionNumber", "")]
    )
    assert not resolution.overrides
    assert not resolution.changes
    assert not resolution.issues


def test_one_of_several_values_is_a_change() -> None:
    one = study({"PatientID": {"old": 1, "new": 1}})
    resolution = resolve_study(one, [edit("PatientID", "new")])
    assert resolution.changes[0].before == {"old": 1, "new": 1}


def test_what_the_inventory_does_not_hold_is_always_a_change() -> None:
    resolution = resolve_study(TWO, [edit("PatientWeight", "70")])
    assert resolution.changes[0].before is None
    assert targets(resolution) == [None]


def test_the_order_of_the_edits_makes_no_difference() -> None:
    edits = [
        edit("PatientID", "new", "1.2.1"),
        edit("PatientID", "new", "1.2.2"),
        edit("Modality", "OT", "1.2.2"),
        edit("StudyDate", "20260102"),
    ]
    assert len({repr(resolve_study(TWO, order).overrides) for order in permutations(edits)}) == 1


def test_a_preview_masks_patient_values_by_default() -> None:
    one = study({"PatientID": {"a": 1, "b": 1}, "Modality": "CT"})
    changes = resolve_study(
        one, [edit("PatientID", "new"), edit("Modality", "OT", "1.2.1"), edit("PatientWeight", "")]
    ).changes
    masker, unmasked = Masker(), Masker(show_values=True)
    masked = {row["keyword"]: row for row in (build_preview_row(change, masker=masker) for change in changes)}
    shown = {row["keyword"]: row for row in (build_preview_row(change, masker=unmasked) for change in changes)}
    assert (masked["PatientID"]["before"], masked["PatientID"]["after"]) == (
        "<PatientID 1> (1); <PatientID 2> (1)",
        "<PatientID 3>",
    )
    assert (shown["PatientID"]["before"], shown["PatientID"]["after"]) == ("a (1); b (1)", "new")
    assert (masked["Modality"]["before"], masked["Modality"]["after"]) == ("CT", "OT")
    assert (masked["PatientWeight"]["before"], masked["PatientWeight"]["after"]) == ("(not captured)", "(empty)")
    assert masked["PatientID"]["tag"] == "00100020"
    assert masked["PatientID"]["because of"] == "a cause"


def test_a_new_value_is_shown_only_if_all_its_edits_allow_it() -> None:
    constant, copied = edit("Modality", "OT", "1.2.1"), replace(edit("Modality", "OT", "1.2.1"), can_be_shown=False)
    for edits, expected in (([constant], True), ([constant, copied], False), ([copied, constant], False)):
        assert [change.can_be_shown for change in resolve_study(TWO, edits).changes] == [expected]


def test_a_series_edit_that_moves_to_the_study_stays_masked() -> None:
    edits = [replace(edit("StudyDescription", "d", f"1.2.{number}"), can_be_shown=number == 1) for number in (1, 2)]
    (change,) = resolve_study(TWO, edits).changes
    assert (change.series_instance_uid, change.can_be_shown) == (None, False)


@pytest.mark.parametrize("patient", [{"PatientName": "Zoe^Ann"}, {"PatientName": "x"}])
def test_a_constant_with_a_name_of_the_study_is_masked(patient: dict[str, str]) -> None:
    one = study({**patient, "StudyDescription": "old"})
    edits = [edit("StudyDescription", "Knee of ZOE"), edit("StudyComments", "Knee of Zoe")]
    renamed = [*edits, edit("PatientName", "Zoe^New")]
    is_current = patient["PatientName"] != "x"
    masked = {keyword_of(change.tag): change.can_be_shown for change in resolve_study(one, edits[:1]).changes}
    assert masked == {"StudyDescription": not is_current}
    assert not any(change.can_be_shown for change in resolve_study(one, renamed).changes if change.tag == edits[0].tag)


@pytest.mark.parametrize(
    ("count", "told"), [(1, "row 0"), (3, "row 0; row 1; row 2"), (1234, "row 0; row 1; row 2; and 1,231 more")]
)
def test_a_preview_names_the_first_causes_and_counts_the_others(count: int, told: str) -> None:
    one = study(*[{"PatientID": "old"}] * count)
    (change,) = resolve_study(
        one, [edit("PatientID", "new", f"1.2.{number + 1}", origin=f"row {number}") for number in range(count)]
    ).changes
    assert len(change.origins) == count
    assert build_preview_row(change, masker=Masker())["because of"] == told


def test_very_many_series_settle_in_about_a_second() -> None:
    one = study(*[{"Modality": "CT"}] * 10_000)
    edits = [edit("Modality", "OT", series.series_instance_uid) for series in one.series]
    started = time.process_time()
    assert len(resolve_study(one, edits).overrides) == 10_000
    assert time.process_time() - started < 3


def test_a_removal_is_an_update_and_in_no_override() -> None:
    removal = replace(edit("PatientID", "any"), attribute=None)
    assert removal.is_removal
    resolution = resolve_study(TWO, [removal, edit("StudyDate", "20260102")])
    assert {change.tag: change.update_reason for change in resolution.changes} == {
        0x00080020: None,
        0x00100020: UpdateReason.REMOVAL,
    }
    (override,) = resolution.overrides
    assert list(override.data_set) == ["00080020"]
