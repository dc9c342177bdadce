"""Single instances: which of their files are compared, and which changes count."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

import dicommap
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from dicommap.model.inventory_difference import AttributeDifference, ChangeKind, InstanceDifference
from tests.support.filled_inventories import Added, added, inventory_of


def differences(first: list[Added], second: list[Added], **options: Any) -> list[InstanceDifference]:
    with inventory_of(*first) as before, inventory_of(*second) as after:
        return list(dicommap.compare(before, after, **options).instances())


def with_etag(file: Added, etag: str) -> Added:
    source, listed, header = file
    return source, listed._replace(etag=etag), header


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (added("a"), added("b"), ChangeKind.PATH),
        (added("a"), added("a", source=1), ChangeKind.PATH),
        (added("a"), added("a", size=11), ChangeKind.SIZE),
        (with_etag(added("a"), '"1"'), with_etag(added("a"), '"2"'), ChangeKind.ETAG),
        (added("a"), added("a", PatientID="1"), ChangeKind.ATTRIBUTES),
        (added("a"), added("a", syntax="1.2.840.10008.1.2"), ChangeKind.ATTRIBUTES),
        (added("a", InstanceNumber="1"), added("a", InstanceNumber="2"), ChangeKind.ATTRIBUTES),
        (added("a"), added("a", "1.1 1.1.2 1.1.1.1"), ChangeKind.SERIES),
    ],
)
def test_each_kind_of_change_is_found_alone_and_can_be_ignored(first: Added, second: Added, kind: ChangeKind) -> None:
    (difference,) = differences([first], [second])
    assert difference.kinds == (kind,)
    if kind is not ChangeKind.SERIES:
        assert differences([first], [second], ignore=kind.value) == []
    assert [item.kinds for item in differences([second], [first])] == [(kind,)]


def test_an_etag_counts_only_if_both_files_have_one() -> None:
    assert differences([with_etag(added("a"), '"1"')], [added("a")]) == []


def test_a_new_copy_that_comes_first_is_no_move() -> None:
    (difference,) = differences([added("b")], [added("a"), added("b")])
    assert difference.kinds == (ChangeKind.DUPLICATES,)
    assert difference.before is not None
    assert difference.after is not None
    assert (difference.before.path, difference.after.path) == ("b", "b")
    assert (difference.before.duplicates, difference.after.duplicates) == (0, 1)
    assert differences([added("b")], [added("a"), added("b")], ignore=["duplicates"]) == []


def test_a_copy_that_is_lost_is_no_move_either() -> None:
    (difference,) = differences([added("a"), added("b"), added("c")], [added("c"), added("d")])
    assert difference.kinds == (ChangeKind.DUPLICATES,)


def test_a_duplicate_that_changes_is_a_change_of_its_instance() -> None:
    (difference,) = differences([added("a"), added("b")], [added("a"), added("b", PatientID="1")])
    assert difference.kinds == (ChangeKind.DUPLICATES,)


def test_the_header_of_every_copy_and_the_absent_value_are_read() -> None:
    (difference,) = differences([added("a", PatientSex="F")], [added("a", PatientID="1")])
    assert difference.attributes == (
        AttributeDifference("PatientID", "", "1"),
        AttributeDifference("PatientSex", "F", ""),
    )
    assert "F" not in repr(difference.attributes)


def test_equal_names_are_the_same() -> None:
    assert differences([added("a", PatientName="A^B")], [added("a", PatientName="A^B^^=^")]) == []
    assert len(differences([added("a", PatientName="A^B")], [added("a", PatientName="A^C")])) == 1


def test_an_ignored_keyword_is_not_compared() -> None:
    first, second = added("a", PatientID="1", StudyID="1"), added("a", PatientID="2", StudyID="2")
    (difference,) = differences([first], [second], ignore="PatientID")
    assert [attribute.keyword for attribute in difference.attributes] == ["StudyID"]
    assert differences([first], [second], ignore=["PatientID", "StudyID"]) == []


def test_only_attributes_that_both_inventories_captured_are_compared() -> None:
    with ExitStack() as stack:
        more = ("SliceThickness", *DEFAULT_KEYWORDS)
        file = added("a", SliceThickness="1", PatientID="1")
        before = stack.enter_context(inventory_of(file, keywords=more))
        after = stack.enter_context(inventory_of(added("a", PatientID="1", SliceThickness="2")))
        other = stack.enter_context(inventory_of(added("a", PatientID="2")))
        comparison = dicommap.compare(before, after)
        assert comparison.is_same
        assert comparison.before.only_here == ("SliceThickness",)
        assert comparison.after.only_here == ()
        assert "SliceThickness" not in comparison.keywords
        (difference,) = dicommap.compare(before, other).instances()
        assert difference.attributes == (AttributeDifference("PatientID", "1", "2"),)
