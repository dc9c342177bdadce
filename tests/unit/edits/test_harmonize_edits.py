"""The most frequent value for all files of a study or series."""

from __future__ import annotations

import pytest

from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.edit import Edit
from dicommap.edits.harmonize_edits import HarmonizeEdits, harmonize_issues
from dicommap.issues import Issue
from dicommap.model.study import Study
from tests.support.studies import KEYWORDS, study

SECRET = "Zyzzyva"


def work(keyword: str, one: Study) -> tuple[list[Edit], list[Issue]]:
    provider = HarmonizeEdits(keyword)
    found = [*provider.edits_for_study(one), *provider.unused_issues()]
    issues = [item for item in found if isinstance(item, Issue)]
    assert not any(SECRET in str(item) for item in issues)
    return [item for item in found if isinstance(item, Edit)], issues


def test_the_majority_of_the_files_decides() -> None:
    (edit,), issues = work("PatientID", study({"PatientID": {"7": 5, "8": 2}}, {"PatientID": {"8": 2}}))
    assert text_from_attribute(edit.attribute) == "7"
    assert edit.target.series_instance_uid is None
    assert edit.origin == "harmonize PatientID: the value of 5 of 9 files"
    assert not issues


def test_an_empty_value_never_outvotes_a_value() -> None:
    (edit,), _ = work("PatientID", study({"PatientID": {"": 9, "8": 1}}))
    assert text_from_attribute(edit.attribute) == "8"


def test_a_tie_is_an_error_and_no_edit() -> None:
    edits, issues = work("PatientID", study({"PatientID": {SECRET: 2, "8": 2}}))
    assert not edits
    assert [(one.code, one.location.study) for one in issues] == [("harmonize.tie", "1.2")]


def test_a_series_attribute_is_harmonized_by_series() -> None:
    one = study({"Modality": {"CT": 2, "MR": 1}}, {"Modality": "SR"})
    (edit,), _ = work("Modality", one)
    assert (edit.target.series_instance_uid, text_from_attribute(edit.attribute)) == ("1.2.1", "CT")


def test_what_is_the_same_already_is_told() -> None:
    edits, issues = work("PatientID", study({"PatientID": "7"}, {"PatientID": "7"}))
    assert not edits
    assert [one.code for one in issues] == ["harmonize.unused"]


@pytest.mark.parametrize(
    ("keyword", "code"),
    [
        ("PatienID", "attribute.unknown"),
        ("StudyInstanceUID", "attribute.uid"),
        ("PatientWeight", "harmonize.not-captured"),
    ],
)
def test_what_cannot_be_harmonized_is_told_before(keyword: str, code: str) -> None:
    captured = (*KEYWORDS, "StudyInstanceUID")
    assert [one.code for one in harmonize_issues(keyword, captured)] == [code]
    assert not list(harmonize_issues("PatientID", captured))


def test_spellings_of_one_name_are_no_difference_and_no_tie() -> None:
    edits, issues = work("PatientName", study({"PatientName": {"A^B": 2, "A^B^^": 2}}))
    assert (edits, [one.code for one in issues]) == ([], ["harmonize.unused"])
    (edit,), _ = work("PatientName", study({"PatientName": {"A^B": 1, "A^B^^": 2, "C": 2}}))
    assert text_from_attribute(edit.attribute) == "A^B^^"
