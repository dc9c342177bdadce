"""Studies of different patients that edits give one identifier are told, and two spellings of one patient are not."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.edits.edit import Edit
from dicommap.edits.edit_provider import CombinedEdits
from dicommap.issues import Issue, Severity
from dicommap.model.study import Study
from dicommap.overrides.resolution import resolve_edits
from dicommap.overrides.shared_identifiers import LISTED_STUDIES_LIMIT
from tests.support.studies import edit, files_of, study

JANE = {"PatientName": "Doe^Jane", "PatientBirthDate": "19500101", "PatientSex": "F"}
RICHARD = {"PatientName": "Roe^Richard", "PatientBirthDate": "19610203", "PatientSex": "M"}


class Given:
    """Edits that are given."""

    def __init__(self, *edits: Edit) -> None:
        self._edits = edits

    def edits_for_study(self, study: Study) -> Any:
        return (one for one in self._edits if one.target.study_instance_uid == study.study_instance_uid)

    def unused_issues(self) -> Any:
        return ()

    def edit_results(self) -> Any:
        return ()


def issues(studies: list[Study], *edits: Edit, **settings: Any) -> list[Issue]:
    """Return what is said of identifiers that become equal."""
    found = resolve_edits(studies, CombinedEdits((Given(*edits),)), files_of(*studies), **settings).issues
    return [one for one in found if one.code in ("edit.same-patient", "edit.same-accession", "edit.shared-accession")]


def patient(uid: str, identifier: str, person: dict[str, str], **values: Any) -> Study:
    return study({"PatientID": identifier, **person, **values}, uid=uid)


def test_an_edit_that_meets_another_patient_is_told_with_uids_and_keywords_only() -> None:
    studies = [patient("1.1", "007", JANE), patient("1.2", "7", RICHARD), patient("1.3", "8", RICHARD)]
    (found,) = issues(studies, edit("PatientID", "7", uid="1.1"))
    assert (found.code, found.severity) == ("edit.same-patient", Severity.WARNING)
    assert found.message == (
        "Studies that had different PatientIDs, or none, have the same one after the edits, but differ in PatientName, "
        "PatientBirthDate, PatientSex; 2 studies: 1.1, 1.2."
    )


def test_both_sides_may_be_edited() -> None:
    studies = [patient("1.1", "a", JANE), patient("1.2", "b", RICHARD)]
    assert issues(studies, edit("PatientID", "c", uid="1.1"), edit("PatientID", "c", uid="1.2"))


def test_each_new_identifier_has_one_issue() -> None:
    studies = [patient(f"1.{n}", str(n), JANE if n % 3 else RICHARD) for n in range(1, 13)]
    edits = [edit("PatientID", "X" if n < 7 else "Y", uid=f"1.{n}") for n in range(1, 13)]
    found = issues(studies, *edits)
    assert ["6 studies" in one.message for one in found] == [True, True]
    assert "1.10, 1.11, 1.12, 1.7, 1.8, 1.9." in found[1].message


def test_listed_studies_are_bounded_and_those_that_differ_are_among_them() -> None:
    studies = [patient(f"1.{n}", str(n), JANE) for n in range(1, 50)] + [patient("1.50", "50", RICHARD)]
    (found,) = issues(studies, *(edit("PatientID", "X", uid=one.study_instance_uid) for one in studies))
    assert "50 studies: 1.1, " in found.message
    assert "1.50" in found.message
    assert found.message.count("1.") == LISTED_STUDIES_LIMIT
    assert found.message.endswith(" and others.")


@pytest.mark.parametrize(
    ("one", "other", "differing"),
    [
        ({"PatientName": "DOE^JANE"}, {"PatientName": "Doe^Jane"}, ""),
        ({"PatientName": "Doe^Jane^^^"}, {"PatientName": "Doe^Jane"}, ""),
        ({"PatientName": "Mu\u0308ller"}, {"PatientName": "M\u00fcller"}, ""),
        ({"PatientName": "MU\u0308LLER"}, {"PatientName": "m\u00fcller"}, ""),
        ({"PatientName": "Doe^Jane="}, {"PatientName": "Doe^Jane"}, ""),
        ({"PatientName": "Doe^Jane =\u5c71^\u82b1"}, {"PatientName": "Doe^Jane"}, ""),
        ({"PatientName": "Doe^Jane=\u5c71^\u82b1"}, {"PatientName": "Doe^Jane=\u5ddd^\u82b1"}, "PatientName"),
        ({"PatientName": "Doe^Jane^A"}, {"PatientName": "Doe^Jane"}, "PatientName"),
        ({"PatientName": "Doe^^Jane"}, {"PatientName": "Doe^Jane"}, "PatientName"),
        ({"PatientName": "M\udcfcller"}, {"PatientName": "M\udcc3ller"}, "PatientName"),
        ({"PatientBirthDate": "19500101"}, {"PatientBirthDate": "1950.01.01"}, ""),
        ({"PatientBirthDate": "19500101"}, {"PatientBirthDate": "19500201"}, "PatientBirthDate"),
        ({"PatientBirthDate": "19500101"}, {"PatientBirthDate": ""}, ""),
        ({"PatientSex": "M"}, {"PatientSex": "m "}, ""),
        ({"PatientSex": "M"}, {"PatientSex": "F"}, "PatientSex"),
        ({"PatientSex": "M", "PatientName": "A"}, {"PatientSex": "F", "PatientName": "B"}, "PatientName, PatientSex"),
        ({}, {}, ""),
    ],
)
def test_names_birth_dates_and_sexes_are_compared_by_what_they_mean(
    one: dict[str, str], other: dict[str, str], differing: str
) -> None:
    studies = [patient("1.1", "007", one), patient("1.2", "7", other)]
    messages = [found.message for found in issues(studies, edit("PatientID", "7", uid="1.1"))]
    told = [message.partition(" differ in ")[2].partition(";")[0] for message in messages]
    assert told == ([differing] if differing else [])


def test_values_are_compared_after_the_edits() -> None:
    studies = [patient("1.1", "007", {"PatientName": "Do"}), patient("1.2", "7", {"PatientName": "Doe"})]
    to_seven = edit("PatientID", "7", uid="1.1")
    assert issues(studies, to_seven)
    assert not issues(studies, to_seven, edit("PatientName", "Doe", uid="1.1"))
    assert not issues(studies, to_seven, edit("PatientName", "Do", uid="1.2"))
    assert issues(studies, to_seven, edit("PatientName", "Dot", uid="1.2"))


def test_studies_that_had_one_identifier_before_are_not_told() -> None:
    studies = [patient("1.1", "7", JANE), patient("1.2", "7", RICHARD)]
    assert not issues(studies, edit("PatientID", "8", uid="1.1"), edit("PatientID", "8", uid="1.2"))
    assert not issues(studies, edit("PatientName", "X", uid="1.1"))


def test_no_identifier_is_none_that_patients_share() -> None:
    studies = [patient("1.1", "1", JANE), patient("1.2", "", RICHARD)]
    assert not issues(studies, edit("PatientID", "", uid="1.1"))
    assert issues(studies, edit("PatientID", "1", uid="1.2"))


def test_studies_without_an_identifier_had_none_in_common() -> None:
    strangers = [patient("1.1", "", JANE), patient("1.2", "", RICHARD)]
    edits = [edit("PatientID", "UNKNOWN", uid="1.1"), edit("PatientID", "UNKNOWN", uid="1.2")]
    assert [one.code for one in issues(strangers, *edits)] == ["edit.same-patient"]
    assert not issues([patient("1.1", "", JANE), patient("1.2", "", JANE)], *edits)
    both_series = study({"PatientID": "", **JANE}, {"PatientID": "", **JANE}, uid="1.1")
    assert not issues([both_series], edits[0])


def test_values_that_differ_inside_a_study_count() -> None:
    one = study({"PatientID": "1", **JANE}, {"PatientID": "2", **RICHARD}, uid="1.1")
    (found,) = issues([one], edit("PatientID", "3", uid="1.1"))
    assert "; 1 study: 1.1." in found.message
    other = study({"PatientID": {"1": 1, "2": 1}, "PatientName": {"A": 1, "B": 1}}, uid="1.1")
    assert issues([other], edit("PatientID", "2", uid="1.1"))


def test_an_edit_of_one_series_counts() -> None:
    one = study({"PatientID": "1", **JANE}, {"PatientID": "1", **JANE}, uid="1.1")
    assert issues([one, patient("1.2", "9", RICHARD)], edit("PatientID", "9", "1.1.2", uid="1.1"))


def test_an_issuer_tells_identifiers_apart_if_it_is_set() -> None:
    def studies(first: str, second: str) -> list[Study]:
        return [
            patient("1.1", "007", JANE, IssuerOfPatientID=first),
            patient("1.2", "7", RICHARD, IssuerOfPatientID=second),
        ]

    to_seven = edit("PatientID", "7", uid="1.1")
    assert not issues(studies("A", "B"), to_seven)
    assert issues(studies("A", "A"), to_seven)
    assert issues(studies("A", ""), to_seven)
    assert issues(studies("", "B"), to_seven)
    assert issues(studies("A", "B"), to_seven, edit("IssuerOfPatientID", "B", uid="1.1"))


def test_an_issuer_that_is_made_equal_makes_patients_one() -> None:
    studies = [patient("1.1", "7", JANE, IssuerOfPatientID="A"), patient("1.2", "7", RICHARD, IssuerOfPatientID="B")]
    assert issues(studies, edit("IssuerOfPatientID", "B", uid="1.1"))


def test_accession_numbers_that_become_one_are_told_by_whose_they_are() -> None:
    def found(first: dict[str, str], second: dict[str, str]) -> list[tuple[str, Severity]]:
        studies = [patient("1.1", "1", first, AccessionNumber="A-1"), patient("1.2", "1", second, AccessionNumber="A1")]
        return [(one.code, one.severity) for one in issues(studies, edit("AccessionNumber", "A1", uid="1.1"))]

    assert found(JANE, RICHARD) == [("edit.same-accession", Severity.WARNING)]
    assert found(JANE, JANE) == [("edit.shared-accession", Severity.NOTE)]
    studies = [patient("1.1", "1", {}, AccessionNumber="A"), patient("1.2", "2", {}, AccessionNumber="B")]
    (one,) = issues(studies, edit("AccessionNumber", "B", uid="1.1"))
    assert "differ in PatientID;" in one.message


def test_one_accession_number_inside_a_study_is_no_sharing() -> None:
    one = study({"PatientID": "1", "AccessionNumber": {"A": 1, "B": 1}}, uid="1.1")
    assert not issues([one], edit("AccessionNumber", "A", uid="1.1"))


def test_the_strict_setting_makes_an_error_of_it() -> None:
    studies = [
        patient("1.1", "1", JANE, AccessionNumber="A"),
        patient("1.2", "2", RICHARD, AccessionNumber="B"),
        patient("1.3", "2", RICHARD, AccessionNumber="C"),
    ]
    edits = [
        edit("PatientID", "2", uid="1.1"),
        edit("AccessionNumber", "B", uid="1.1"),
        edit("AccessionNumber", "D", uid="1.2"),
        edit("AccessionNumber", "D", uid="1.3"),
    ]
    found = {one.code: one.severity for one in issues(studies, *edits, same_patient=Severity.ERROR)}
    assert found == {"edit.same-patient": Severity.ERROR, "edit.shared-accession": Severity.NOTE}


def test_the_studies_are_read_again_only_if_an_identifier_changes() -> None:
    studies = [patient("1.1", "1", JANE), patient("1.2", "2", RICHARD)]
    read = []

    def again() -> list[Study]:
        read.append(1)
        return studies

    issues(studies, edit("PatientName", "X", uid="1.1"), all_studies=again)
    assert not read
    issues(studies, edit("PatientID", "2", uid="1.1"), all_studies=again)
    assert read == [1]
