"""Python functions as a way in for edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import dicommap
from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.edit import Edit, Removal
from dicommap.edits.function_edits import FunctionEdits
from dicommap.errors import UsageError
from dicommap.issues import Issue
from dicommap.model.instance_values import InstanceValues
from dicommap.model.study import Series, Study
from tests.support.studies import instances_of, study

SECRET = "Zyzzyva"
ONE = study({"Modality": "CT", "PatientID": "7"}, {"Modality": "MR", "PatientID": "7"})


def test_a_function_gives_a_study_its_values() -> None:
    def prefixed(one: Study) -> Mapping[str, str]:
        (patient,) = one.values["PatientID"]
        return {"PatientID": f"SITE-{patient}"}

    (edit,) = FunctionEdits(by_study=prefixed).edits_for_study(ONE)
    assert isinstance(edit, Edit)
    assert text_from_attribute(edit.attribute) == "SITE-7"
    assert edit.origin == "function prefixed"


def test_a_function_gives_series_their_values() -> None:
    def named(one: Series) -> Mapping[str, str] | None:
        return {"SeriesDescription": "Knee"} if "MR" in one.values["Modality"] else None

    (edit,) = FunctionEdits(by_series=named).edits_for_study(ONE)
    assert isinstance(edit, Edit)
    assert edit.target.series_instance_uid == "1.2.2"


@pytest.mark.parametrize(
    ("keyword", "text", "code"),
    [
        ("PatienID", SECRET, "attribute.unknown"),
        ("StudyInstanceUID", SECRET, "attribute.uid"),
        ("StudyDate", SECRET, "value.format"),
    ],
)
def test_what_a_function_asks_for_is_checked(keyword: str, text: str, code: str) -> None:
    (found,) = FunctionEdits(by_study=lambda _: {keyword: text}).edits_for_study(ONE)
    assert isinstance(found, Issue)
    assert found.code == code
    assert SECRET not in str(found)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("PatientID", "nan"),
        ("PatientID", " None "),
        ("PatientID", "<NA>"),
        ("PatientID", "12345.0"),
        ("AccessionNumber", "1.2E+10"),
        ("AccessionNumber", "True"),
        ("PatientName", "NULL"),
        ("StudyDescription", "NaN"),
    ],
)
def test_what_pandas_makes_of_a_missing_value_or_a_number_is_no_edit(keyword: str, text: str) -> None:
    (found,) = FunctionEdits(by_study=lambda _: {keyword: text}).edits_for_study(ONE)
    assert isinstance(found, Issue)
    assert (found.code, found.location.keyword) == ("edit.damaged-value", keyword)


@pytest.mark.parametrize(("keyword", "text"), [("PatientID", "12345"), ("PatientID", ""), ("StudyDescription", "NONE")])
def test_what_people_write_is_an_edit(keyword: str, text: str) -> None:
    (found,) = FunctionEdits(by_study=lambda _: {keyword: text}).edits_for_study(ONE)
    assert isinstance(found, Edit)


def test_a_function_that_never_asks_for_anything_is_told() -> None:
    provider = FunctionEdits(by_study=lambda _: None)
    assert [*provider.edits_for_study(ONE)] == []
    assert [found.code for found in provider.unused_issues()] == ["rules.unused"]


def test_what_a_function_raises_is_its_writers_to_see(inventory: dicommap.Inventory) -> None:
    def broken(_: Study) -> Mapping[str, str]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        dicommap.draft(inventory, input_s3_uri="s3://bucket/in/", by_study=[broken])


def test_a_draft_takes_functions_and_harmonizes(inventory: dicommap.Inventory) -> None:
    drafted = dicommap.draft(
        inventory,
        input_s3_uri="s3://bucket/in/",
        by_study=[lambda study: {"StudyDescription": "Knee"}],
        by_series=[lambda series: {"SeriesDescription": "T1"}],
        harmonize=["PatientID"],
    )
    assert drafted.ok
    assert {change.tag for change in drafted.changes} == {0x00081030, 0x0008103E}


@pytest.mark.parametrize("returned", [{"PatientID": None}, {"PatientID": 7}, ["PatientID"], {7: "x"}, 7])
def test_what_is_no_mapping_of_texts_is_refused_in_words(returned: Any) -> None:
    with pytest.raises(UsageError, match="did not return texts"):
        list(FunctionEdits(by_study=lambda _: returned).edits_for_study(ONE))


def test_half_a_character_is_refused() -> None:
    (found,) = FunctionEdits(by_study=lambda _: {"PatientID": "a\ud800"}).edits_for_study(ONE)
    assert isinstance(found, Issue)
    assert found.code == "value.characters"


def test_one_function_and_one_keyword_need_no_list(inventory: dicommap.Inventory) -> None:
    drafted = dicommap.draft(
        inventory,
        input_s3_uri="s3://bucket/in/",
        by_study=lambda _: {"StudyDescription": "Knee"},
        harmonize="PatientID",
    )
    assert drafted.ok


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(UsageError, match="must be functions"):
        FunctionEdits(by_study=ONE)  # type: ignore[arg-type]


def test_a_function_gives_instances_their_values() -> None:
    def numbered(one: InstanceValues) -> Mapping[str, str | Removal] | None:
        return {"ContentLabel": "LAST", "PatientID": dicommap.REMOVE} if one.sop_instance_uid == "1.2.2.2" else None

    edits = [*FunctionEdits(by_instance=numbered, instances=instances_of(ONE)).edits_for_study(ONE)]
    assert [edit.target.sop_instance_uid for edit in edits if isinstance(edit, Edit)] == ["1.2.2.2"] * 2
    assert [edit.attribute for edit in edits if isinstance(edit, Edit)] == [{"vr": "CS", "Value": ["LAST"]}, None]


def test_a_removal_is_checked_like_a_value() -> None:
    (issue,) = FunctionEdits(by_study=lambda _: {"SOPInstanceUID": dicommap.REMOVE}).edits_for_study(ONE)
    assert isinstance(issue, Issue)
    assert issue.code == "attribute.uid"
    assert repr(dicommap.REMOVE) == "dicommap.REMOVE"
