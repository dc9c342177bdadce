"""Numbers and statuses of series and studies, and the attributes that changed in them."""

from __future__ import annotations

import dicommap
from dicommap.inventory.comparison import CHANGES_LISTED
from dicommap.model.inventory_difference import AttributeTotals, DifferenceStatus
from tests.support.filled_inventories import Added, added, inventory_of


def compare(first: list[Added], second: list[Added]) -> dicommap.Comparison:
    with inventory_of(*first) as before, inventory_of(*second) as after:
        return dicommap.compare(before, after)


def test_studies_and_series_have_a_status() -> None:
    first = [added("a", "1.1 1.1.1 1.1.1.1"), added("b", "1.1 1.1.2 1.1.2.1"), added("c", "1.2 1.2.1 1.2.1.1")]
    second = [added("a", "1.1 1.1.1 1.1.1.1"), added("d", "1.1 1.1.3 1.1.3.1"), added("e", "1.3 1.3.1 1.3.1.1")]
    comparison = compare(first, second)
    assert {study.study_instance_uid: study.status.value for study in comparison.first} == {
        "1.1": "changed",
        "1.2": "gone",
        "1.3": "new",
    }
    assert comparison.totals.series == {DifferenceStatus.SAME: 1, DifferenceStatus.GONE: 2, DifferenceStatus.NEW: 2}
    counts = comparison.first[0].counts
    assert (counts.before, counts.after, counts.same, counts.new, counts.gone) == (2, 2, 1, 1, 1)


def test_a_study_with_another_uid_is_one_of_instances_in_another_series() -> None:
    first = [added(f"{n}", f"1.1 1.1.1 1.1.1.{n}") for n in range(3)]
    second = [added(f"{n}", f"1.5 1.5.1 1.1.1.{n}") for n in range(3)]
    comparison = compare(first, second)
    counts = comparison.totals.instances
    assert (counts.new, counts.gone, counts.to_other_series, counts.from_other_series) == (0, 0, 3, 3)
    assert [study.status.value for study in comparison.first] == ["gone", "new"]
    changes = {(change.keyword, change.before, change.after): change.instances for change in comparison.changes}
    assert changes == {("StudyInstanceUID", "1.1", "1.5"): 3, ("SeriesInstanceUID", "1.1.1", "1.5.1"): 3}


def test_changes_of_the_patient_count_for_the_study_and_others_for_the_series() -> None:
    first = [added(f"{n}", f"1.1 1.1.{n} 1.1.{n}.1", PatientID="1", SeriesNumber=f"{n}") for n in (1, 2)]
    second = [added(f"{n}", f"1.1 1.1.{n} 1.1.{n}.1", PatientID="2", SeriesNumber="9") for n in (1, 2)]
    comparison = compare(first, second)
    changes = [(change.series_instance_uid, change.keyword, change.instances) for change in comparison.changes]
    assert changes == [("1.1.1", "SeriesNumber", 1), ("1.1.2", "SeriesNumber", 1), (None, "PatientID", 2)]
    assert comparison.first[0].keywords == ("PatientID", "SeriesNumber")
    assert comparison.totals.attributes == {
        "PatientID": AttributeTotals(studies=1, series=2, instances=2),
        "SeriesNumber": AttributeTotals(studies=1, series=2, instances=2),
    }


def test_changes_beyond_a_number_are_counted() -> None:
    numbers = range(CHANGES_LISTED + 5)
    first = [added(f"{n}", f"1.1 1.1.1 1.1.1.{n}", InstanceNumber=f"{n}") for n in numbers]
    second = [added(f"{n}", f"1.1 1.1.1 1.1.1.{n}", InstanceNumber=f"{n}0") for n in numbers[1:]]
    changes = compare(first, second).changes
    assert len(changes) == CHANGES_LISTED + 1
    assert (changes[-1].before, changes[-1].after, changes[-1].instances) == (None, None, 4)
    assert all(change.instances == 1 for change in changes[:-1])
