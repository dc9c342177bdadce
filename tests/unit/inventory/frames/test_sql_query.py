"""SQL over views: the columns of frames, and no way to write, reach a file or tell a value."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import pytest

from dicommap.errors import InventoryError, QueryError
from dicommap.inventory import Inventory
from dicommap.inventory.frames.columns import CellType, FrameLevel, list_frame_columns
from tests.support.filled_inventories import inventory_of
from tests.support.frame_inventory import FILES, KEYWORDS


@pytest.mark.parametrize("level", FrameLevel)
def test_views_have_the_columns_and_cells_of_frames(level: FrameLevel) -> None:
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        found = inventory.sql(f"select * from {level.value}")
        frame = inventory.to_arrow(level)
    assert found.columns == tuple(frame.schema.names)
    columns = list_frame_columns(level, KEYWORDS)
    expected = [tuple(_as_sqlite(row[column.name], column.kind) for column in columns) for row in frame.to_pylist()]
    assert sorted(found.rows, key=repr) == sorted(expected, key=repr)


def _as_sqlite(cell: object, kind: CellType) -> object:
    if kind is CellType.DATE and cell is not None:
        return str(cell)
    return 0 if kind is CellType.TIME else cell


def test_parameters_are_values() -> None:
    with inventory_of(*FILES) as inventory:
        assert inventory.sql("select path from instance where PatientID = ?", ["P2"]).rows == [("c",)]
        assert inventory.sql("select path from instance where PatientID = :id", {"id": "P2"}).rows == [("c",)]
        assert inventory.sql("select path from instance where PatientID = ?", ["' or 1=1 --"]).rows == []


def test_tables_can_be_read_as_well() -> None:
    with inventory_of(*FILES) as inventory:
        assert inventory.sql("select count(*) from main.file").rows == [(6,)]
        assert inventory.sql(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 9) select sum(i) from n"
        ).rows == [(45,)]


WRITES = [
    "delete from main.file",
    "update header set PatientID = ''",
    "insert into main.issue (code) values ('x')",
    "drop table main.file",
    "drop view study",
    "create table t (a)",
    "create temp table t (a)",
    "attach 'other.db' as other",
    "detach main",
    "vacuum into 'copy.db'",
    "pragma query_only = off",
    "pragma writable_schema = on",
    "select * from pragma_table_info('file')",
    "select load_extension('x')",
    "begin",
    "commit",
    "analyze",
    "reindex",
    "select 1; delete from main.file",
]


@pytest.mark.parametrize("query", WRITES)
@pytest.mark.parametrize("in_file", [True, False])
def test_nothing_but_reading_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, in_file: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "inventory.db" if in_file else None
    with inventory_of(*FILES, path=path) as inventory:
        before = path and path.read_bytes()
        with pytest.raises(QueryError, match="more than reading"):
            inventory.sql(query)
        assert (path and path.read_bytes()) == before
        assert {place.name for place in tmp_path.iterdir()} <= {"inventory.db"}
        assert inventory.summary().files == 6


@pytest.mark.parametrize(
    ("query", "parameters", "message", "fix"),
    [
        ("select Doe from study", (), "names a column", "single quotes"),
        ("select StudyDat from study", (), "names a column", "StudyDate"),
        ("select s.patientname_ from study as s", (), "names a column", "PatientName"),
        ("select * from Doe", (), "names a table", "instance"),
        ("select Doe(1)", (), "does not understand", ""),
        ("select path from instance where Doe Jane", (), r"from character 37", ""),
        ("Doe", (), "from character 1", ""),
        ("", (), "is empty", "study"),
        ("-- Doe", (), "is empty", ""),
        ("select ?", (), "parameters", "each"),
        ("select ?", ("Doe", "Jane"), "parameters", "each"),
        ("select ?", (object(),), "parameter", ""),
        ("select ?", (2**70,), "does not accept", ""),
        ("select ?", ("Doe\udcff",), "does not accept", ""),
        ("select 'Doe\udcff'", (), "does not accept", ""),
        ("select 'Doe\0'", (), "does not understand", ""),
    ],
)
def test_what_is_wrong_is_told_without_a_value(
    query: str, parameters: tuple[object, ...], message: str, fix: str
) -> None:
    with inventory_of(*FILES) as inventory, pytest.raises(QueryError, match=message) as caught:
        inventory.sql(query, parameters)
    assert fix in caught.value.fix
    assert not {"Doe", "Jane"} & set(str(caught.value).replace(",", " ").split())
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("damage", "query"),
    [
        ("UPDATE header SET StudyDate = x'3230'", "select StudyDate from instance"),
        ("UPDATE issue SET location = ''", "select keyword from issue"),
    ],
)
def test_damage_is_told_as_such(tmp_path: Path, damage: str, query: str) -> None:
    path = tmp_path / "inventory.db"
    with inventory_of(*FILES, path=path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    connection.close()
    with Inventory.open(path) as inventory, pytest.raises(InventoryError, match="damaged"):
        inventory.sql(query)


def test_a_long_query_can_be_interrupted() -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n limit 1000000000) select count(*) from n"
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with inventory_of(*FILES) as inventory:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt):
                inventory.sql(endless)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
