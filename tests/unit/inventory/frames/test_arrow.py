"""Frames as Arrow has them: rows, types, nulls, and damage that is told."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow
import pytest

from dicommap.errors import InventoryError, UsageError
from dicommap.inventory import Inventory
from dicommap.inventory.frames import arrow
from dicommap.inventory.frames.columns import FrameLevel, list_frame_columns
from dicommap.inventory.frames.frame_queries import build_frame_query, open_frame_connection
from tests.support.filled_inventories import added, inventory_of
from tests.support.frame_inventory import FILES, KEYWORDS, pick_cells, rows_of


def test_instances_have_the_values_of_their_files() -> None:
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        a, b, c, d, e = rows_of(inventory, "instance")
    assert pick_cells(a, "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID") == ("1.1", "1.1.1", "1.1.1.1")
    assert pick_cells(a, "source", "path", "bytes", "disposition") == ("/one", "a", 10, "instance")
    assert a["etag"] is None
    assert a["mtime"] == datetime(1970, 1, 1, tzinfo=UTC)
    assert pick_cells(a, "StudyDate", "StudyDate_text") == (date(2024, 2, 29), "20240229")
    assert pick_cells(a, "InstanceNumber", "InstanceNumber_text") == (7, "7")
    assert pick_cells(b, "InstanceNumber", "InstanceNumber_text") == (None, "x")
    assert pick_cells(c, "SliceThickness", "SliceThickness_text") == (0.7, "0.70")
    assert pick_cells(c, "SeriesNumber", "SeriesNumber_text") == (None, "")
    assert pick_cells(d, "StudyDate", "StudyDate_text", "PatientID") == (None, "2024.02.29", "")
    assert pick_cells(e, "PatientID", "disposition") == (None, "duplicate")


def test_studies_have_a_value_only_where_all_files_have_it() -> None:
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        first, second = rows_of(inventory, "study")
    assert pick_cells(first, "StudyInstanceUID", "series", "instances", "files", "bytes") == ("1.1", 2, 3, 3, 30)
    assert pick_cells(first, "PatientID", "PatientID_distinct") == (None, 2)
    assert pick_cells(first, "StudyDate", "StudyDate_text", "StudyDate_distinct") == (date(2024, 2, 29), "20240229", 1)
    assert pick_cells(first, "SeriesNumber", "SeriesNumber_text", "SeriesNumber_distinct") == (None, None, 2)
    assert pick_cells(first, "Modality", "Modality_distinct") == (None, 1)
    assert pick_cells(second, "instances", "files", "bytes") == (1, 2, 20)
    assert pick_cells(second, "PatientID", "PatientID_distinct") == ("", 1)  # absent counts as empty
    assert pick_cells(second, "StudyDate", "StudyDate_text", "StudyDate_distinct") == (None, "2024.02.29", 1)


def test_series_have_a_value_only_where_all_files_have_it() -> None:
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        first, second, third = rows_of(inventory, "series")
        kept = list(inventory.series())
    names = ("StudyInstanceUID", "SeriesInstanceUID", "instances", "files", "bytes")
    assert [pick_cells(row, *names) for row in (first, second, third)] == [
        (one.study_instance_uid, one.series_instance_uid, one.instances, one.files, one.size) for one in kept
    ]
    assert pick_cells(first, "SeriesNumber", "SeriesNumber_text", "SeriesNumber_distinct") == (1, "1", 1)
    assert pick_cells(second, "SeriesNumber", "SeriesNumber_text", "SeriesNumber_distinct") == (None, "", 1)
    for row, one in zip((first, second, third), kept, strict=True):
        assert [row[f"{keyword}_distinct"] for keyword in KEYWORDS] == [len(one.values[key]) for key in KEYWORDS]


def test_files_are_all_paths_and_printable() -> None:
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        found = [pick_cells(row, "source", "path", "bytes", "disposition") for row in rows_of(inventory, "file")]
        assert found == [(file.source, file.path, file.size, file.disposition.value) for file in inventory.files()]
    assert found[-1] == ("/one", "\\xff", 1, "not-dicom")


def test_issues_can_be_joined_to_what_they_are_about() -> None:
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        found = rows_of(inventory, "issue")
        kept = list(inventory.issues())
    assert [pick_cells(row, "code", "severity", "message") for row in found] == [
        (one.code, one.severity.value, one.message) for one in kept
    ]
    by_code = {row["code"]: row for row in found}
    assert pick_cells(by_code["p10.not-dicom"], "source", "path", "StudyInstanceUID") == ("/one", "\\xff", None)
    assert pick_cells(by_code["instance.duplicate"], "source", "path") == ("/one", "e")
    inconsistent = by_code["study.inconsistent-attribute"]
    assert pick_cells(inconsistent, "source", "path", "StudyInstanceUID", "keyword") == (None, None, "1.1", "PatientID")
    assert inconsistent["location"] == '{"keyword": "PatientID", "study": "1.1"}'


@pytest.mark.parametrize(("sources", "path"), [([0], "large"), ([0, 1], None)])
def test_the_file_of_a_finding_is_known_where_there_is_one_source(sources: list[int], path: str | None) -> None:
    files = [added("large", f"1.1 1.1.1 1.{number}", source=number, size=2**40) for number in sources]
    with inventory_of(*files) as inventory:
        found = [row for row in rows_of(inventory, "issue") if row["code"] == "instance.too-large"]
    assert [row["path"] for row in found] == [path] * len(sources)
    assert all("large" in row["location"] for row in found)


@pytest.mark.parametrize("level", FrameLevel)
@pytest.mark.parametrize("files", [FILES, []], ids=["files", "none"])
def test_types_do_not_depend_on_what_is_held(level: FrameLevel, files: list[object]) -> None:
    with inventory_of(*FILES[: len(files)], keywords=KEYWORDS) as inventory:
        schema = inventory.to_arrow(level).schema
    assert [(field.name, str(field.type), field.nullable) for field in schema] == [
        (one.name, one.kind.value, one.is_nullable) for one in list_frame_columns(level, KEYWORDS)
    ]


@pytest.mark.parametrize("level", ["studies", "", "STUDY"])
def test_a_level_that_there_is_not_is_an_error(level: str) -> None:
    with inventory_of(*FILES) as inventory, pytest.raises(UsageError) as caught:
        inventory.to_arrow(level)
    assert "instance" in caught.value.fix


def test_instances_come_without_sorting() -> None:
    with inventory_of(*FILES) as inventory, open_frame_connection(inventory._connection) as tables:
        for level in (FrameLevel.INSTANCE, FrameLevel.FILE, FrameLevel.ISSUE):
            _, query = build_frame_query(tables, level, inventory.keywords)
            steps = [row[3] for row in tables.execute(f"EXPLAIN QUERY PLAN {query}")]
            assert steps
            assert not [step for step in steps if "TEMP B-TREE" in step]


def test_batches_hold_some_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "BATCH_ROWS", 4)
    monkeypatch.setattr(arrow, "_FETCH_ROWS", 2)
    files = [added(f"{number:02}", f"1.1 1.1.1 1.{number}", PatientID="P") for number in range(11)]
    with inventory_of(*files) as inventory, open_frame_connection(inventory._connection) as tables:
        schema, batches = arrow.read_record_batches(tables, FrameLevel.INSTANCE, inventory.keywords)
        held = list(batches)
    assert [batch.num_rows for batch in held] == [4, 4, 3]
    assert all(batch.schema == schema for batch in held)
    assert pyarrow.Table.from_batches(held)["path"].to_pylist() == [f"{number:02}" for number in range(11)]


@pytest.mark.parametrize(
    ("level", "damage"),
    [
        ("instance", "UPDATE file SET size = 'many'"),
        ("file", "UPDATE file SET disposition = x'00'"),
        ("file", "UPDATE file SET disposition = 'Doe'"),
        ("issue", "UPDATE issue SET severity = 'Doe'"),
        ("instance", "UPDATE file SET path = 3 WHERE id = 1"),
        ("instance", "UPDATE file SET InstanceNumber = 1.5; UPDATE file SET InstanceNumber = x'31'"),
        ("instance", "UPDATE header SET StudyDate = x'3230'"),
        ("study", "UPDATE header SET PatientID = x'3230'"),
        ("file", "UPDATE source SET root = 1"),
        ("file", "UPDATE file SET disposition = CAST(x'ff' AS TEXT)"),
        ("issue", "UPDATE issue SET location = '[]'"),
        ("issue", "DROP TABLE issue"),
    ],
)
def test_damage_is_told(tmp_path: Path, level: str, damage: str) -> None:
    path = tmp_path / "inventory.db"
    with inventory_of(*FILES, path=path):
        pass
    with sqlite3.connect(path) as connection:
        connection.executescript(damage)
    connection.close()
    with pytest.raises(InventoryError, match="damaged"), Inventory.open(path) as inventory:
        inventory.to_arrow(level)


def test_more_attributes_than_columns_are_told() -> None:
    with inventory_of(*FILES) as inventory, pytest.raises(InventoryError, match="at most 2,000"):
        arrow.read_arrow_table(inventory._connection, FrameLevel.STUDY, tuple(f"A{number}" for number in range(1000)))
