"""Values outside a closed list, and birth dates after the study, are reported once for each edit, without the value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dicommap.edits.edit import Edit
from dicommap.issues import Issue, Location
from dicommap.model.study import Study
from dicommap.overrides.doubtful_values import DoubtfulValues
from dicommap.overrides.override import Override
from dicommap.overrides.shared_identifiers import LISTED_STUDIES_LIMIT
from dicommap.overrides.study_resolution import resolve_study
from tests.support.studies import edit, study

TODAY = date(2026, 7, 1)


def issues(studies: list[Study], *edits: Edit) -> list[Issue]:
    """Return the issues of the values of edits, which all change their study."""
    values = DoubtfulValues(TODAY)
    for member in studies:
        own = [wanted for wanted in edits if wanted.target.study_instance_uid == member.study_instance_uid]
        values.add_study(member, own, resolve_study(member, own).changes)
    return list(values.issues())


def studies(count: int, **values: Any) -> list[Study]:
    return [study({"StudyDate": "20200102"} | values, uid=f"1.{number}") for number in range(1, count + 1)]


@pytest.mark.parametrize("value", ["X", "MALE", "1"])
def test_a_sex_outside_the_list_is_reported_without_the_value(value: str) -> None:
    (issue,) = issues(studies(1), edit("PatientSex", value, uid="1.1"))
    assert (issue.code, issue.location.keyword) == ("edit.unlisted-value", "PatientSex")
    assert issue.message == "The new PatientSex is not one of the values that DICOM allows; 1 study: 1.1."


@pytest.mark.parametrize(
    ("keyword", "value"), [("PatientSex", "M"), ("PatientSex", "O "), ("PatientSex", ""), ("Modality", "NEW")]
)
def test_listed_values_empty_values_and_open_lists_are_not_reported(keyword: str, value: str) -> None:
    assert not issues(studies(1), edit(keyword, value, "1.1.1" if keyword == "Modality" else None, uid="1.1"))


def test_each_source_has_one_issue_with_the_first_studies() -> None:
    count = LISTED_STUDIES_LIMIT + 1
    sources = [Location(path="rules.toml", rule="first"), Location(path="rules.toml", rule="second")]
    edits = [
        replace(edit("PatientSex", "X", uid=f"1.{number}"), location=sources[number == 1])
        for number in range(1, count + 1)
    ]
    found = issues(studies(count), *edits)
    assert [issue.location.rule for issue in found] == ["second", "first"]
    assert found[1].message.endswith(f"{count - 1} studies: {', '.join(f'1.{n}' for n in range(2, count + 1))}.")


@pytest.mark.parametrize(
    ("birth_date", "problem"),
    [
        ("20200103", "after the StudyDate"),
        ("20200102", None),
        ("19500101", None),
        ("", None),
    ],
)
def test_a_birth_date_is_compared_with_the_study_date(birth_date: str, problem: str | None) -> None:
    found = issues(studies(1, PatientBirthDate="19400101"), edit("PatientBirthDate", birth_date, uid="1.1"))
    assert [issue.message for issue in found] == (
        [f"The new PatientBirthDate is {problem}; 1 study: 1.1."] if problem else []
    )


def test_a_birth_date_is_compared_with_the_new_study_date() -> None:
    birth = edit("PatientBirthDate", "20210101", uid="1.1")
    assert not issues(studies(1), birth, edit("StudyDate", "20220101", uid="1.1"))


@pytest.mark.parametrize(("birth_date", "count"), [("20260702", 1), ("20260701", 0)])
@pytest.mark.parametrize("study_date", ["", "not a date"])
def test_without_study_date_a_birth_date_in_the_future_is_reported(
    birth_date: str, count: int, study_date: str
) -> None:
    found = issues(studies(1, StudyDate=study_date), edit("PatientBirthDate", birth_date, uid="1.1"))
    assert [issue.message.partition(";")[0] for issue in found] == (
        ["The new PatientBirthDate is in the future"] * count
    )


@pytest.mark.parametrize(("value", "count"), [("X", 1), ("F", 0), (None, 0)])
def test_an_override_has_an_issue_of_a_value_outside_the_list(value: str | None, count: int) -> None:
    override = Override.from_keywords(study_instance_uid="1.2", attributes={"PatientSex": value})
    found = override.issues()
    assert [(issue.code, issue.location.study) for issue in found] == [("value.unlisted", "1.2")] * count
    assert override.to_json()
