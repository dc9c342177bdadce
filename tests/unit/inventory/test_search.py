"""Studies that match, and what differs inside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import dicommap
from dicommap.errors import AttributeNameError, UsageError
from dicommap.inventory.search import Inconsistencies, Studies
from dicommap.model.study import Inconsistency
from tests.support.filled_inventories import added, inventory_of, refused

URI = "s3://bucket/in/"


@pytest.fixture
def held() -> Iterator[dicommap.Inventory]:
    """Return an inventory of three studies, two of which differ inside."""
    files = [
        added("a", "1.1 1.1.1 1.1.1.1", Modality="CT", PatientID="P1", SeriesDescription="head"),
        added("b", "1.1 1.1.2 1.1.2.1", Modality="MR", PatientID="P1", SeriesDescription="neck"),
        added("c", "1.1 1.1.2 1.1.2.2", Modality="MR", PatientID="P2", SeriesDescription="neck"),
        added("d", "1.2 1.2.1 1.2.1.1", Modality="MR", PatientID="Q1", BodyPartExamined="LEG"),
        added("e", "1.2 1.2.1 1.2.1.2", Modality="MR", PatientID="Q1"),
        added("f", "1.3 1.3.1 1.3.1.1", Modality="US"),
        refused("g"),
    ]
    with inventory_of(*files) as inventory:
        yield inventory


def uids(studies: Studies) -> list[str]:
    return [study.study_instance_uid for study in studies]


@pytest.mark.parametrize(
    ("match", "found"),
    [
        ({}, ["1.1", "1.2", "1.3"]),
        ({"Modality": "MR"}, ["1.1", "1.2"]),
        ({"Modality": ["US", "C?"]}, ["1.1", "1.3"]),
        ({"Modality": "mr"}, []),
        ({"PatientID": "P*"}, ["1.1"]),
        ({"PatientID": ""}, ["1.3"]),
        ({"Modality": "CT", "SeriesDescription": "neck"}, []),  # each is in a series, but no series has both
        ({"Modality": "MR", "SeriesDescription": "n*"}, ["1.1"]),
        ({"StudyInstanceUID": ["1.3", "9.9"]}, ["1.3"]),
        ({"SeriesInstanceUID": "1.1.2"}, ["1.1"]),
    ],
)
def test_studies_are_found_by_what_one_series_holds(held: dicommap.Inventory, match: Any, found: list[str]) -> None:
    studies = held.find(**match)
    assert uids(studies) == found
    assert studies == tuple(study for study in held.studies() if study.study_instance_uid in found)


def test_what_is_not_held_is_refused_before_anything_is_read(held: dicommap.Inventory) -> None:
    with pytest.raises(AttributeNameError, match="does not hold PatientWeight"):
        held.find(Modality="MR", PatientWeight="7*")


def test_found_studies_show_themselves(held: dicommap.Inventory) -> None:
    studies = held.find(Modality="MR")
    assert str(studies).startswith("Studies: 2 studies, 3 series, 5 instances, 50 B\n")
    assert repr(studies) == str(studies)
    assert "P1" not in str(studies)
    assert "Q1" in str(held.unmasked().find(Modality="MR"))
    assert "No study matches." in str(held.find(Modality="XX"))
    assert studies.distinct("PatientID") == {"P1": 2, "Q1": 2, "P2": 1}


def test_many_found_studies_are_one_screen() -> None:
    with inventory_of(*(added(f"{n}", f"1.{n} 1.{n}.1 1.{n}.1.1") for n in range(50))) as inventory:
        html = inventory.find()._repr_html_()
    assert "and 35 more studies" in html
    assert len(html) < 60_000


def test_found_studies_are_edited_and_no_others(held: dicommap.Inventory) -> None:
    edit = held.find(Modality="MR").edit(PatientID="NEW", StudyTime="")
    draft = dicommap.draft(held, input_s3_uri=URI, by_study=edit)
    assert {change.study_instance_uid for change in draft.changes} == {"1.1", "1.2"}
    assert {row["after"] for row in draft.preview(show_values=True)} == {"NEW"}
    assert {row["because of"] for row in draft.preview()} == {"function edit of PatientID, StudyTime"}


def test_what_differs_is_told_with_values_and_counts(held: dicommap.Inventory) -> None:
    found = held.inconsistencies()
    assert [(one.study_instance_uid, one.series_instance_uid, one.keyword, one.values) for one in found] == [
        ("1.1", None, "PatientID", {"P1": 2, "P2": 1}),
        ("1.2", "1.2.1", "BodyPartExamined", {"": 1, "LEG": 1}),
    ]
    assert found.keywords == ("PatientID", "BodyPartExamined")
    codes = [issue.code for issue in held.issues() if issue.code.endswith("inconsistent-attribute")]
    assert len(found) == len(codes) == 2
    assert str(found).startswith("Inconsistencies: 2 attributes in 2 studies\n")
    assert "<PatientID 1> (2); <PatientID 2> (1)" in str(found)
    assert "(empty) (1); LEG (1)" in str(found)
    assert "P1 (2); P2 (1)" in str(held.unmasked().inconsistencies())
    assert "P1" not in repr(found[0])


def test_nothing_differs() -> None:
    with inventory_of(added("a")) as inventory:
        assert inventory.inconsistencies() == ()
        assert "No attribute differs" in str(inventory.inconsistencies())


def test_many_differences_are_one_screen() -> None:
    values = {f"{number}": 1 for number in range(9)}
    every = Inconsistencies(
        Inconsistency(study_instance_uid=f"1.{n}", series_instance_uid=None, keyword="Modality", values=values)
        for n in range(50)
    )
    assert "and 5 more" in every._repr_html_()
    assert "and 30 more attributes" in every._repr_html_()
    assert len(every._repr_html_()) < 20_000


@pytest.mark.parametrize("given", [4, None, ["4", 4]])
def test_a_pattern_that_is_not_a_text_is_refused(held: dicommap.Inventory, given: Any) -> None:
    with pytest.raises(UsageError, match="The pattern for SeriesNumber is not a text"):
        held.find(SeriesNumber=given)
