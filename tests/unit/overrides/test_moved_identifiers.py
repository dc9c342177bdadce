"""Values that edits move from one patient's studies to another's are reported, with UIDs and counts only."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.edits.edit import Edit
from dicommap.issues import Issue, Severity
from dicommap.model.study import Study
from dicommap.overrides.moved_identifiers import MovedIdentifiers
from dicommap.overrides.shared_identifiers import LISTED_STUDIES_LIMIT
from dicommap.overrides.study_resolution import resolve_study
from tests.support.studies import edit, study


def issues(studies: list[Study], *edits: Edit, severity: Severity = Severity.WARNING) -> list[Issue]:
    """Return the issues of values that the edits move between studies."""
    moved = MovedIdentifiers(severity)
    for member in studies:
        own = [wanted for wanted in edits if wanted.target.study_instance_uid == member.study_instance_uid]
        moved.add_study(member, resolve_study(member, own).changes)
    return list(moved.issues())


def patients(*identifiers: str, **values: Any) -> list[Study]:
    """Return studies 1.1, 1.2 and so on, with these PatientIDs."""
    return [
        study({"PatientID": identifier, **values}, uid=f"1.{number}")
        for number, identifier in enumerate(identifiers, start=1)
    ]


def renamed(*identifiers: str, keyword: str = "PatientID") -> list[Edit]:
    """Return edits that give these values to the studies 1.1, 1.2 and so on."""
    return [edit(keyword, identifier, uid=f"1.{number}") for number, identifier in enumerate(identifiers, start=1)]


def test_exchanged_identifiers_are_reported_with_uids_and_without_values() -> None:
    (issue,) = issues(patients("ID-A", "ID-B", "ID-C"), *renamed("ID-B", "ID-A"))
    assert (issue.code, issue.severity, issue.location.keyword) == (
        "edit.moved-identifier",
        Severity.WARNING,
        "PatientID",
    )
    assert issue.message == (
        "Edits give studies the PatientID that a study of another patient had before the edits and loses: the values "
        "moved between studies; 2 studies: 1.1, 1.2."
    )


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ("ABC", "BCA", "3 studies: 1.1, 1.2, 1.3."),  # rotated, as by sorting a column
        ("ABC", "XAB", "2 studies: 1.2, 1.3."),  # moved by a row
        ("12", "23", "1 study: 1.1."),  # a lookup table that renames 1 to 2 and 2 to 3
        ("AAB", "ABA", "2 studies: 1.2, 1.3."),  # another study of the patient keeps the value
    ],
)
def test_moved_identifiers_are_reported(before: str, after: str, count: str) -> None:
    (issue,) = issues(patients(*before), *renamed(*after))
    assert issue.message.endswith(count)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ABC", "ABC"),  # no change
        ("ABC", "XYZ"),  # fresh values
        ("AABB", "BABB"),  # one study is corrected; the studies that have the value keep it
        ("AAB", "XXB"),  # a patient is renamed
        ("AB", "BB"),  # two patients become one: edit.same-patient
    ],
)
def test_corrections_are_not_reported(before: str, after: str) -> None:
    assert not issues(patients(*before), *renamed(*after))


def test_accession_numbers_are_compared_between_studies_of_one_patient_too() -> None:
    studies = [study({"PatientID": "A", "AccessionNumber": f"ACC{n}"}, uid=f"1.{n}") for n in (1, 2, 3)]
    (issue,) = issues(studies, *renamed("ACC3", "ACC1", "ACC2", keyword="AccessionNumber"))
    assert (issue.location.keyword, issue.message.count("another study")) == ("AccessionNumber", 1)


def test_names_are_compared_between_patients_only_and_stay_a_warning() -> None:
    same, other = ("A", "A"), ("A", "B")
    for identifiers, count in ((same, 0), (other, 1)):
        studies = [
            study({"PatientID": identifier, "PatientName": name}, uid=uid)
            for identifier, name, uid in zip(identifiers, ("Doe^Jane", "Roe^Ada"), ("1.1", "1.2"), strict=True)
        ]
        names = renamed("ROE^Ada", "Doe^Jane^", keyword="PatientName")
        assert [issue.severity for issue in issues(studies, *names, severity=Severity.ERROR)] == (
            [Severity.WARNING] * count
        )


def test_series_of_one_study_that_exchange_values_are_not_two_patients() -> None:
    both = [study({"PatientID": "A"}, {"PatientID": "B"}, uid="1.1")]
    assert not issues(both, edit("PatientID", "B", "1.1.1", uid="1.1"), edit("PatientID", "A", "1.1.2", uid="1.1"))


@pytest.mark.parametrize(("issuers", "count"), [("XX", 1), ("XY", 0), ("X", 1)])
def test_identifiers_of_different_issuers_are_different(issuers: str, count: int) -> None:
    studies = [
        study({"PatientID": identifier} | ({"IssuerOfPatientID": issuer} if issuer else {}), uid=uid)
        for identifier, issuer, uid in zip("AB", issuers.ljust(2), ("1.1", "1.2"), strict=True)
    ]
    assert len(issues(studies, *renamed("B", "A"))) == count


def test_issuers_that_are_added_or_removed_move_no_identifier() -> None:
    bare = patients("A", "B")
    assert not issues(bare, *renamed("X", "X", keyword="IssuerOfPatientID"))
    issued = patients("A", "B", IssuerOfPatientID="X")
    assert not issues(issued, *renamed("", "", keyword="IssuerOfPatientID"))


def test_strict_makes_it_an_error() -> None:
    (issue,) = issues(patients(*"AB"), *renamed(*"BA"), severity=Severity.ERROR)
    assert issue.severity is Severity.ERROR


def test_listed_studies_are_bounded() -> None:
    count = LISTED_STUDIES_LIMIT + 5
    identifiers = [f"P{number}" for number in range(count)]
    (issue,) = issues(patients(*identifiers), *renamed(*identifiers[1:], identifiers[0]))
    assert f"{count} studies: " in issue.message
    assert issue.message.endswith(" and others.")
    assert issue.message.count("1.") == LISTED_STUDIES_LIMIT
