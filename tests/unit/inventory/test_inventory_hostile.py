"""Inventories that somebody altered: an error that says so, at once, and never a wrong value or a hang."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dicommap.errors import InventoryError
from dicommap.inventory import Inventory, sqlite_schema
from tests.cli.running import dicommap
from tests.support.filled_inventories import added, inventory_of

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"

DEFINITIONS = {
    "a view instead of a table": f"""
        DROP TABLE issue;
        CREATE VIEW issue AS {ENDLESS} i AS id, NULL AS file, 'a.b' AS code, 'note' AS severity, '{{}}' AS location,
            'm' AS message FROM n""",
    "a view instead of the attributes": f"""
        DROP TABLE attribute;
        CREATE VIEW attribute AS {ENDLESS} i AS position, 'PatientID' AS keyword FROM n""",
    "a view instead of the scan": f"DROP TABLE scan; CREATE VIEW scan AS {ENDLESS} 1 AS complete FROM n",
    "one more view": f"CREATE VIEW more AS {ENDLESS} i FROM n",
    "one more table": "CREATE TABLE more (a)",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON file BEGIN DELETE FROM issue; END",
    "an index over an expression": "CREATE INDEX e ON file (abs(size))",
    "a generated column": "ALTER TABLE file ADD COLUMN more GENERATED ALWAYS AS (zeroblob(900000000)) VIRTUAL",
    "one more column": "ALTER TABLE header ADD COLUMN PatientMood TEXT",
    "a column of another name": 'ALTER TABLE header RENAME COLUMN "PatientID" TO "PatientUD"',
    "a table of other columns": "DROP TABLE issue; CREATE TABLE issue (id, file, code, severity, location, message)",
    "a table that is missing": "DROP TABLE issue",
    "a keyword more": "INSERT INTO attribute VALUES (99999, 'PatientMood')",
    "a keyword less": "DELETE FROM attribute WHERE position = 0",
    "a keyword that is SQL": "UPDATE attribute SET keyword = 'a\" FROM header; --' WHERE position = 0",
    "a keyword of another type": "UPDATE attribute SET keyword = x'00' WHERE position = 0",
    "a keyword that is huge": "UPDATE attribute SET keyword = hex(zeroblob(2000000)) || position",
    "no keyword": "DELETE FROM attribute",
    "a table of a module": "CREATE VIRTUAL TABLE more USING fts5(a)",
    "statistics that mislead": "ANALYZE",
    "a write-ahead log": "PRAGMA journal_mode = WAL",
}  # fmt: skip

CELLS = {
    "a negative size": "UPDATE file SET size = -1",
    "a size that is no number": "UPDATE file SET size = 'x'",
    "sizes of too large a sum": "UPDATE file SET size = 9223372036854775807",
    "a bad UID": "UPDATE header SET StudyInstanceUID = '1.2.3/../../4'",
    "an empty UID": "UPDATE header SET SeriesInstanceUID = ''",
    "a long UID": "UPDATE header SET SeriesInstanceUID = replace(hex(zeroblob(200)), '0', '1')",
    "a UID of another type": "UPDATE header SET StudyInstanceUID = x'312e32'",
    "a bad UID of an instance": "UPDATE file SET SOPInstanceUID = '1.2' || char(10)",
    "a disposition that there is not": "UPDATE file SET disposition = 'lost'",
    "a large cell": "UPDATE header SET PatientName = CAST(zeroblob(70000000) AS TEXT)",
}


def alter(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)
        connection.commit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "i.db"
    with inventory_of(added("a"), added("b", "1.2 1.2.1 1.2.1.1"), path=made):
        pass
    return made


@pytest.mark.parametrize("what", DEFINITIONS)
def test_other_definitions_are_an_altered_inventory(path: Path, what: str) -> None:
    alter(path, DEFINITIONS[what])
    before = set(os.listdir(path.parent))
    began = time.monotonic()
    with pytest.raises(InventoryError, match="was altered"):
        Inventory.open(path)
    assert time.monotonic() - began < 20
    assert set(os.listdir(path.parent)) <= before


ASKED: list[Callable[[Inventory], object]] = [
    lambda one: list(one.instances()),
    lambda one: list(one.studies()),
    lambda one: list(one.files()),
    lambda one: list(one.s3_objects()),
    lambda one: list(one.s3_objects().study_sizes(10**9)),
    lambda one: one.to_pandas("instance"),
]


@pytest.mark.parametrize("what", CELLS)
def test_cells_that_no_scan_writes_are_an_altered_inventory(path: Path, what: str) -> None:
    alter(path, CELLS[what])
    messages = set()
    with Inventory.open(path) as inventory:
        for ask in ASKED:
            try:
                ask(inventory)
            except InventoryError as error:
                messages.add(error.message)
    assert messages == {"The inventory is damaged, or was altered after the scan."}
    for verb, *options in (["show"], ["draft", "--input-s3-uri", "s3://b/", "-n"], ["sheet"], ["compare", str(path)]):
        ran = dicommap(verb, path, *options)
        assert ran.status in (0, 1, 2), ran.everything


def test_a_scan_takes_nothing_from_an_altered_inventory(tmp_path: Path, tree: Path) -> None:
    place = tmp_path / "i.db"
    assert dicommap("scan", tree, "-o", place).status == 0
    whole = dicommap("show", place, "--level", "file", "--format", "csv")
    alter(place, "UPDATE header SET StudyInstanceUID = '1.2/3'; CREATE VIEW more AS SELECT 1")
    assert dicommap("show", place).status == 2
    assert dicommap("scan", tree, "-o", place).status == 0
    assert dicommap("show", place, "--level", "file", "--format", "csv") == whole


def test_sql_on_an_inventory_still_works(path: Path) -> None:
    with Inventory.open(path) as inventory:
        assert inventory.sql("SELECT COUNT(*) FROM instance").rows == [(2,)]
        assert len(inventory.sql("SELECT * FROM study").rows) == 2


def test_an_inventory_of_a_stopped_scan_may_lack_its_last_indexes(path: Path) -> None:
    alter(path, "DROP INDEX header_by_series; DROP INDEX file_by_header; DROP INDEX file_by_instance")
    with Inventory.open(path) as inventory:
        assert len(list(inventory.instances())) == 2


def test_a_file_without_a_read_is_not_changed(path: Path) -> None:
    before = path.read_bytes()
    with Inventory.open(path) as inventory:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            inventory._connection.execute("DELETE FROM issue")
        list(inventory.studies())
    assert path.read_bytes() == before
    assert sqlite_schema.is_inventory(path)
