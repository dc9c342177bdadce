"""Image sets and their versions, without jobs."""

from __future__ import annotations

from typing import Literal

import pytest

from dicommap.testing.image_sets import ImageSets
from tests.support.imported_instances import imported_instance

STORE = "5" * 32


def test_each_job_that_changes_an_image_set_makes_a_version() -> None:
    image_sets = ImageSets()
    for job in ("a", "b", "c"):
        for number in (1, 2):
            image_sets.add(STORE, imported_instance(job, f"{job}{number}", SOPInstanceUID=f"1.{number}"))
    (image_set,) = image_sets.all
    assert [version.number for version in image_set.versions] == [1, 2, 3]
    keys = [[instance.key for instance in version.by_uid.values()] for version in image_set.versions]
    assert keys == [["a1", "a2"], ["b1", "b2"], ["c1", "c2"]]
    assert image_set.version == 3


def test_other_image_sets_get_no_version() -> None:
    image_sets = ImageSets()
    image_sets.add(STORE, imported_instance("a"))
    image_sets.add(STORE, imported_instance("b", SeriesInstanceUID="1.9"))
    image_sets.add("6" * 32, imported_instance("b"))
    assert [image_set.version for image_set in image_sets.all] == [1, 1, 1]
    assert all(image_set.is_primary for image_set in image_sets.all)


def test_a_conflict_with_what_is_stored_is_not_primary() -> None:
    image_sets = ImageSets()
    for job, patient in (("a", "P1"), ("b", "P2"), ("c", "P2"), ("d", "P1")):
        image_sets.add(STORE, imported_instance(job, PatientID=patient))
    assert [(one.is_primary, one.version) for one in image_sets.all] == [(True, 2), (False, 2)]


def test_another_series_of_a_study_conflicts_with_the_study() -> None:
    image_sets = ImageSets()
    image_sets.add(STORE, imported_instance("a", SeriesInstanceUID="1.1"))
    image_sets.add(STORE, imported_instance("b", SeriesInstanceUID="1.2", AccessionNumber="A2"))
    assert [one.is_primary for one in image_sets.all] == [True, False]


@pytest.mark.parametrize("which", ["first", "last"])
def test_one_of_two_copies_in_a_job_is_stored(which: Literal["first", "last"]) -> None:
    image_sets = ImageSets()
    image_sets.add(STORE, imported_instance("a", "old"))
    for key in ("first", "last"):
        image_set = image_sets.add(STORE, imported_instance("b", key), which)
    assert [instance.key for instance in image_set.instances] == [which]


def test_after_a_deletion_the_series_is_new() -> None:
    image_sets = ImageSets()
    deleted = image_sets.add(STORE, imported_instance("a"))
    other = image_sets.add(STORE, imported_instance("a", PatientID="P2"))
    image_sets.delete(deleted)
    new = image_sets.add(STORE, imported_instance("b", PatientID="P3"))
    assert (new.is_primary, new.version, other.is_primary) == (True, 1, False)
    assert new.image_set_id != deleted.image_set_id
    assert list(image_sets.select_not_deleted(STORE)) == [other, new]
    assert image_sets.get(STORE, deleted.image_set_id) is deleted
    assert deleted.deleted_at is not None


def test_ids_are_the_same_whenever_the_same_is_imported() -> None:
    """So the compressed metadata has the same size, which outputs on pages show."""

    def read_ids(*series: str) -> dict[tuple[str, bool], str]:
        image_sets = ImageSets()
        for one in series:
            image_sets.add(STORE, imported_instance("a", SeriesInstanceUID=one))
            image_sets.add(STORE, imported_instance("a", SeriesInstanceUID=one, PatientID="P2"))
        other = image_sets.add("6" * 32, imported_instance("a", SeriesInstanceUID=series[0]))
        assert other.image_set_id not in {one.image_set_id for one in image_sets.select_not_deleted(STORE)}
        return {(one.latest.series_instance_uid, one.is_primary): one.image_set_id for one in image_sets.all[:-1]}

    ids = read_ids("1.1", "1.2")
    assert len(set(ids.values())) == 4
    assert read_ids("1.2", "1.1") == ids


def test_a_change_of_stored_instances_is_a_version_with_the_new_group() -> None:
    image_sets = ImageSets()
    image_set = image_sets.add(STORE, imported_instance("a"))
    image_sets.change_instances(
        image_set, "b", lambda data_set: {**data_set, "00100020": {"vr": "LO", "Value": ["P2"]}}
    )
    assert [one.changed_keywords for one in image_set.instances] == [{"PatientID"}]
    assert image_sets.add(STORE, imported_instance("c", PatientID="P2")) is image_set
    assert not image_sets.add(STORE, imported_instance("d")).is_primary
    assert image_set.version == 3
    assert image_set.versions[0].latest_instance.changed_keywords == frozenset()
