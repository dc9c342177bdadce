"""UIDs that PS3.5 does not allow are told once for each attribute, problem and root, with the number of files."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.uid import describe_uid_violation, uid_root_of
from dicommap.healthimaging.limits import describe_uid_mapping_problem
from dicommap.inventory.whole_scan_checks import _MAY_BE_NONCONFORMANT
from dicommap.issues import Issue
from tests.support.example_counts import examples
from tests.support.filled_inventories import Added, added, inventory_of


def found_in(*files: Added) -> list[Issue]:
    with inventory_of(*files) as inventory:
        return [found for found in inventory.issues() if found.code == "p10.nonconformant-uid"]


def test_a_series_of_many_files_has_an_issue_for_each_of_its_three_uids() -> None:
    files = [added(f"{number}", f"9.8.7 9.8.7.1 9.8.7.1.{number}") for number in range(1, 101)]
    found = found_in(*files)
    assert [one.message for one in found] == [
        f"{keyword} has the first component 9, which is over 2; files with such UIDs of the root {root}: 100."
        for keyword, root in (
            ("StudyInstanceUID", "9.8.7"),
            ("SeriesInstanceUID", "9.8.7.1"),
            ("SOPInstanceUID", "9.8.7.1"),
        )
    ]
    assert [(one.location.study, one.location.series, one.location.path) for one in found] == [
        ("9.8.7", None, None),
        ("9.8.7", "9.8.7.1", None),
        ("9.8.7", "9.8.7.1", None),
    ]


def test_roots_and_problems_are_told_apart_and_many_studies_are_one_issue() -> None:
    studies = [
        "1.2.840.7.2024.01",
        "1.2.840.7.2025.02",
        "1.2.840.8.1.01",
        "1.2.840.7.01",
        "1.2.840.7.1",
        "1.2.840.7.2026.03",
    ]
    files = [added(f"{number}", f"{study} 1.2.{number} 1.2.3.{number}") for number, study in enumerate(studies)]
    assert [(one.location.study, one.message.split(" ", 1)[1]) for one in found_in(*files)] == [
        ("1.2.840.7.01", "has a leading zero in component 5; files with such UIDs of the root 1.2.840.7: 1."),
        ("1.2.840.7.2024.01", "has a leading zero in component 6; files with such UIDs of the root 1.2.840.7: 3."),
        ("1.2.840.8.1.01", "has a leading zero in component 6; files with such UIDs of the root 1.2.840.8: 1."),
    ]


def test_duplicates_are_counted_and_other_files_are_not() -> None:
    files = [added("a", "3.1 1.2.1 1.2.2"), added("b", "3.1 1.2.1 1.2.2"), added("c", "1.3 1.2.4 1.2.5")]
    (found,) = found_in(*files)
    assert found.message.endswith(": 2.")


def test_a_tree_of_conformant_uids_has_no_issue() -> None:
    assert found_in(added("a", "1.2.3 1.2.3.4 2.25.123456789012345678901234567890")) == []


@pytest.mark.parametrize(
    ("uid", "problem"),
    [
        ("9.8.7", "has the first component 9, which is over 2"),
        ("10.2", "has the first component 10, which is over 2"),
        ("12345678901234.1", "has the first component 1234567890..., which is over 2"),
        ("12345", "has one component only"),
        ("1.40.3", "has the second component 40, which is over 39 below 1"),
        ("0.100", "has the second component 100, which is over 39 below 0"),
        ("1.02.3", "has a leading zero in component 2"),
        ("1.2.00", "has a leading zero in component 3"),
        ("02.1", "has a leading zero in component 1"),
        ("1." * 32 + "1", "has more than 64 characters"),
        ("1." * 31 + "10", None),
        ("2.40.0", None),
        ("1.39.0", None),
    ],
)
def test_the_one_thing_that_is_wrong_is_told(uid: str, problem: str | None) -> None:
    assert describe_uid_violation(uid) == problem


@pytest.mark.parametrize(
    ("uid", "root"),
    [
        ("1.2.840.113619.2.1", "1.2.840.113619"),
        ("2.25.123456789012", "2.25"),
        ("9", "9"),
        ("1234567890123.4", "1234567890....4"),
        ("1.2", "1.2"),
    ],
)
def test_a_root_is_short(uid: str, root: str) -> None:
    assert uid_root_of(uid) == root


_UIDS = st.one_of(
    st.from_regex(r"\A[0-9]{1,3}(\.[0-9]{1,4}){0,8}\Z"), st.from_regex(r"\A[0-2]\.[0-9]{1,3}(\.[0-9]{1,9}){0,12}\Z")
)


@given(_UIDS)
@examples(300)
def test_every_uid_that_is_not_conformant_is_asked_of_python(uid: str) -> None:
    assert describe_uid_mapping_problem(uid) is None
    with closing(sqlite3.connect(":memory:")) as connection:
        ((suspect,),) = connection.execute(
            f"SELECT {_MAY_BE_NONCONFORMANT.format('uid')} FROM (SELECT ? AS uid)", (uid,)
        ).fetchall()
    assert suspect or describe_uid_violation(uid) is None
