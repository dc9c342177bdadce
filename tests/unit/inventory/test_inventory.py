"""Looking at an inventory: order, counts, values."""

from __future__ import annotations

import gc
import sqlite3
from collections import deque
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from dicommap.errors import AttributeNameError, InventoryError
from dicommap.inventory import Inventory
from dicommap.inventory.queries import FILE_VALUES_QUERY
from dicommap.issues import Severity
from dicommap.model.study import Disposition, File
from dicommap.p10 import Header
from tests.support.filled_inventories import Added, added, inventory_of, refused

FILES: list[Added] = [
    added("z", "2.1 2.1.1 2.1.1.1", PatientID="P2", Modality="MR"),
    added("b", "1.1 1.1.2 1.1.2.2", PatientID="P1", Modality="CT", InstanceNumber="2"),
    added("a", "1.1 1.1.2 1.1.2.1", PatientID="P1", Modality="CT", InstanceNumber="1"),
    added("c", "1.1 1.1.1 1.1.1.1", PatientID="P1"),
    added("a", "1.1 1.1.1 1.1.1.2", source=1, PatientID="other", size=90),
    refused("n"),
]


def test_files_come_by_source_and_path() -> None:
    with inventory_of(*FILES) as inventory:
        assert [file.path for file in inventory.files()] == ["a", "b", "c", "n", "z", "a"]
        first = File(source="/one", path="a", size=10, mtime_ns=0, disposition=Disposition.INSTANCE)
        assert next(inventory.files()) == first
        assert [file.source for file in inventory.files()] == [*["/one"] * 5, "/two"]
        assert sorted(instance.source for instance in inventory.instances()) == [*["/one"] * 4, "/two"]


def test_studies_and_series_come_by_their_uids() -> None:
    with inventory_of(*FILES) as inventory:
        studies = list(inventory.studies())
        assert [study.study_instance_uid for study in studies] == ["1.1", "2.1"]
        assert [series.series_instance_uid for series in studies[0].series] == ["1.1.1", "1.1.2"]
        assert [series.series_instance_uid for series in inventory.series()] == ["1.1.1", "1.1.2", "2.1.1"]


def test_instances_come_by_study_series_and_path() -> None:
    with inventory_of(*FILES) as inventory:
        found = list(inventory.instances())
        assert [instance.sop_instance_uid for instance in found] == [
            "1.1.1.1",
            "1.1.1.2",
            "1.1.2.1",
            "1.1.2.2",
            "2.1.1.1",
        ]
        assert [instance.instance_number for instance in found] == ["", "", "1", "2", ""]
        assert {instance.transfer_syntax_uid for instance in found} == {"1.2.840.10008.1.2.1"}


def test_values_have_counts_and_an_absent_one_is_empty() -> None:
    with inventory_of(*FILES) as inventory:
        first, second, _ = inventory.series()
        assert first.values["PatientID"] == {"P1": 1, "other": 1}
        assert first.values["Modality"] == {"": 2}
        assert second.values["Modality"] == {"CT": 2}
        (study, _) = inventory.studies()
        assert study.values["PatientID"] == {"P1": 3, "other": 1}
        assert set(study.values) == set(inventory.keywords)


def test_the_files_of_one_study_come_with_their_values_by_series_and_path() -> None:
    with inventory_of(*FILES, added("d", "1.1 1.1.1 1.1.1.1")) as inventory:
        found = list(inventory.values_by_file("1.1", ("PatientID", "Modality")))
        assert [(file.source, file.path, file.sop_instance_uid, file.values) for file in found] == [
            ("/one", "c", "1.1.1.1", ("P1", "")),
            ("/one", "d", "1.1.1.1", ("", "")),
            ("/two", "a", "1.1.1.2", ("other", "")),
            ("/one", "a", "1.1.2.1", ("P1", "CT")),
            ("/one", "b", "1.1.2.2", ("P1", "CT")),
        ]
        assert [file.values for file in inventory.values_by_file("1.1", ())] == [()] * 5
        assert list(inventory.values_by_file("9", ("PatientID",))) == []
        assert "P1" not in repr(found)
        with pytest.raises(AttributeNameError, match="PatientWeight"):
            inventory.values_by_file("1.1", ("PatientID", "PatientWeight"))


def test_the_files_of_a_study_are_found_by_indexes() -> None:
    with inventory_of(*FILES) as inventory:
        plan = inventory._connection.execute("EXPLAIN QUERY PLAN " + FILE_VALUES_QUERY.format(columns=""), ("1.1",))
        steps = [row[3] for row in plan]
        assert not [step for step in steps if step.startswith("SCAN")]


def test_studies_add_up_their_series() -> None:
    with inventory_of(*FILES, added("d", "1.1 1.1.1 1.1.1.1")) as inventory:
        study = next(inventory.studies())
        assert (study.instances, study.files, study.size) == (4, 5, 130)
        assert [(series.instances, series.files, series.size) for series in study.series] == [(2, 3, 110), (2, 2, 20)]


def test_distinct_values_come_with_the_most_frequent_first() -> None:
    with inventory_of(*FILES) as inventory:
        assert list(inventory.distinct("PatientID").items()) == [("P1", 3), ("P2", 1), ("other", 1)]
        assert list(inventory.distinct("Modality").items()) == [("", 2), ("CT", 2), ("MR", 1)]
        assert inventory.distinct("PatientID", study="2.1") == {"P2": 1}
        assert inventory.distinct("PatientID", series="1.1.1") == {"P1": 1, "other": 1}
        assert inventory.distinct("Modality", study="1.1", series="1.1.1") == {"": 2}
        assert inventory.distinct("Modality", study="2.1", series="1.1.1") == {}
    rare, frequent = added("a", StudyID="1"), [added(f"b{n}", f"1.1 1.1.1 1.{n}", StudyID="2") for n in range(3)]
    with inventory_of(rare, *frequent) as inventory:
        assert list(inventory.distinct("StudyID").items()) == [("2", 3), ("1", 1)]


@pytest.mark.parametrize("keyword", ["Rows", "NoSuchKeyword", 'PatientID" --', ""])
def test_distinct_values_of_what_is_not_held_are_an_error_with_a_fix(keyword: str) -> None:
    with inventory_of(*FILES) as inventory, pytest.raises(AttributeNameError) as caught:
        inventory.distinct(keyword)
    assert "PatientID" in caught.value.fix


def test_files_without_a_header_are_in_no_series() -> None:
    not_p10 = added("x", "9.1 9.1.1 9.1.1.1")
    assert isinstance(not_p10[2], Header)
    header = not_p10[2]._replace(disposition=Disposition.NOT_P10)
    with inventory_of((*not_p10[:2], header), refused("n")) as inventory:
        assert list(inventory.studies()) == []
        assert inventory.series_by_study() == {}
        assert inventory.distinct("PatientID") == {}
        assert inventory.summary().files == 2


def test_the_summary_counts() -> None:
    with inventory_of(*FILES, added("d", "1.1 1.1.1 1.1.1.1", PatientID="P1")) as inventory:
        found = inventory.summary()
        assert (found.studies, found.series, found.instances, found.files) == (2, 3, 5, 7)
        assert found.size == 141
        assert found.dispositions == {"instance": 5, "duplicate": 1, "not-dicom": 1}
        assert sum(found.dispositions.values()) == found.files
        assert found.issues == {
            ("p10.not-dicom", Severity.WARNING): 1,
            ("instance.duplicate", Severity.WARNING): 1,
            ("study.inconsistent-attribute", Severity.WARNING): 1,
        }


def test_an_empty_inventory_has_a_summary() -> None:
    with inventory_of() as inventory:
        found = inventory.summary()
        assert (found.studies, found.series, found.instances, found.files, found.size) == (0, 0, 0, 0, 0)
        assert list(inventory.studies()) == []
        assert "no files" in inventory._repr_html_()


def test_uids_and_sources_can_be_asked_for() -> None:
    with inventory_of(*FILES, refused("\udcff")) as inventory:
        assert inventory.series_by_study() == {"1.1": {"1.1.1", "1.1.2"}, "2.1": {"2.1.1"}}
        assert inventory.sources == ("/one", "/two")


def test_an_iterator_may_outlive_its_inventory() -> None:
    with inventory_of(*FILES) as inventory:
        waiting = inventory.files()
        next(waiting)
    del waiting  # where it complained, the warning would fail the test
    gc.collect()


ITERATED = ("files", "instances", "series", "studies", "issues")
ALTERATIONS = {
    "UPDATE file SET disposition = 'odd'": ("files", "summary"),
    "UPDATE file SET size = 'large'": ("files", "instances", "series", "studies"),
    "UPDATE file SET mtime_ns = 'then'": ("files", "instances"),
    "UPDATE file SET path = id": ("files", "instances"),
    "UPDATE file SET source = id + 9": ("files", "instances"),
    "UPDATE file SET SOPInstanceUID = NULL": ("instances",),
    "UPDATE file SET InstanceNumber = x'00'": ("instances",),
    "UPDATE header SET PatientID = x'00ff'": ("series", "studies", "PatientID"),
    "UPDATE header SET PatientID = CAST(x'ff' AS TEXT)": ("series", "studies", "PatientID"),
    "UPDATE header SET StudyInstanceUID = x'00'": ("series", "instances", "series_by_study"),
    "UPDATE issue SET severity = 'odd'": ("issues", "summary"),
    "UPDATE issue SET code = x'00'": ("issues", "summary"),
    "UPDATE issue SET message = x'00'": ("issues",),
    "UPDATE issue SET location = 'no JSON'": ("issues",),
    "UPDATE issue SET location = '[]'": ("issues",),
    "UPDATE issue SET location = '{\"odd\": 1}'": ("issues",),
    "UPDATE issue SET location = '{\"path\": 1}'": ("issues",),
    'UPDATE issue SET location = \'{"row": "1"}\'': ("issues",),
    "UPDATE issue SET location = x'00'": ("issues",),
    "UPDATE attribute SET keyword = 'Rows' WHERE position = 1": ("open",),
    "UPDATE attribute SET keyword = x'00' WHERE position = 1": ("open",),
    "UPDATE source SET root = 7": ("open",),
    "DELETE FROM scan": ("open",),
    "UPDATE scan SET complete = 'yes'": ("open",),
    "UPDATE scan SET read = 'all'": ("summary",),
    "DROP TABLE source": ("open",),
    "DROP TABLE issue": ("issues", "summary"),
}


def ask(path: Path, method: str) -> None:
    with Inventory.open(path) as inventory:
        if method == "PatientID":
            inventory.distinct(method)
        elif method != "open":
            deque(getattr(inventory, method)() if method in ITERATED else [getattr(inventory, method)()])


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_what_no_scan_writes_is_damage_and_not_a_fault(tmp_path: Path, alteration: str) -> None:
    path = tmp_path / "i.db"
    with inventory_of(*FILES, path=path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(alteration)
        connection.commit()
    for method in ALTERATIONS[alteration]:
        with pytest.raises(InventoryError, match="The inventory is damaged"):
            ask(path, method)


def test_what_a_stopped_scan_left_is_never_taken_for_an_inventory(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    with inventory_of(*FILES, path=path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE scan SET complete = 0")
        connection.commit()
    with pytest.raises(InventoryError, match="not finished") as caught:
        Inventory.open(path)
    assert "again" in caught.value.fix


def test_an_inventory_in_use_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "i.db"
    with inventory_of(*FILES, path=path):
        pass
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InventoryError, match="in use by another program"):
            Inventory.open(path)


def test_a_closed_inventory_says_so(tmp_path: Path) -> None:
    with inventory_of(*FILES, path=tmp_path / "i.db"):
        pass
    with Inventory.open(tmp_path / "i.db") as inventory:
        pass
    for ask in (inventory.files, inventory.find, inventory.studies, inventory.s3_objects):
        with pytest.raises(InventoryError, match=r"is closed.*Open it again"):
            list(ask())


def test_an_inventory_is_for_reading_only(tmp_path: Path) -> None:
    with (
        inventory_of(*FILES, path=tmp_path / "i.db") as inventory,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        inventory._connection.execute("DELETE FROM file")


def test_a_damaged_inventory_is_an_error_with_a_fix(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    with inventory_of(*(added(f"{n}", f"1.1 1.1.1 1.1.1.{n}") for n in range(1, 400)), path=path) as inventory:
        whole = [file.path for file in inventory.files()]
    content = path.read_bytes()
    messages = set()
    for end in range(4_096, len(content), 4_096):
        path.write_bytes(content[:end])
        try:
            with Inventory.open(path) as cut:
                assert [file.path for file in cut.files()] == whole
                _ = cut.summary(), list(cut.studies()), list(cut.issues())
        except InventoryError as error:
            messages.add(str(error))
    assert messages == {"The inventory is damaged, or was altered after the scan. Scan again."}


def test_a_damaged_inventory_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    with inventory_of(*FILES, path=path):
        pass
    path.write_bytes(path.read_bytes()[:5_000])
    with inventory_of(*FILES, path=path) as inventory:
        assert inventory.summary().files == 6
