"""Values that could not be decoded: stored as they are, told apart by their bytes, spelled out wherever people look."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from dicommap.dicom.printable_text import convert_bytes_to_surrogates, is_undecodable
from dicommap.display.csv_json import format_csv_lines, format_json_lines
from dicommap.display.inventory_records import build_study_record, flatten_record
from dicommap.errors import InventoryError
from dicommap.inventory import Inventory
from dicommap.inventory.cells import decode_value, encode_value
from dicommap.inventory.rows import hash_header
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.masking import Masker
from tests.support.filled_inventories import added, inventory_of, put

U_UMLAUT, O_UMLAUT = (
    "M" + convert_bytes_to_surrogates(b"\xfc") + "ller",
    "M" + convert_bytes_to_surrogates(b"\xf6") + "ller",
)
TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.integers(0xDC00, 0xDCFF).map(chr)))
FILES = [
    added(
        "a",
        "1.1 1.1.1 1.1.1.1",
        PatientID=U_UMLAUT,
        StudyDate="2026" + convert_bytes_to_surrogates(b"\xff"),
        Modality=U_UMLAUT,
    ),
    added("b", "1.1 1.1.1 1.1.1.2", PatientID=O_UMLAUT, InstanceNumber=U_UMLAUT, SeriesNumber=U_UMLAUT),
    added("c", "1.2 1.2.1 1.2.1.1", PatientID=U_UMLAUT, StudyDate="20260102"),
]


@pytest.fixture
def held() -> Iterator[Inventory]:
    """Return an inventory of two studies with values that could not be decoded."""
    with inventory_of(*FILES) as inventory:
        yield inventory


@given(TEXTS)
def test_every_value_comes_back_as_it_was(text: str) -> None:
    stored = encode_value(text)
    assert isinstance(stored, bytes) is is_undecodable(text)
    assert (decode_value(stored) if isinstance(stored, bytes) else stored) == text


@given(TEXTS, TEXTS)
def test_other_bytes_are_another_value(one: str, other: str) -> None:
    assert (encode_value(one) == encode_value(other)) is (one == other)
    assert (hash_header((one,)) == hash_header((other,))) is (one == other)


@pytest.mark.parametrize(
    "cell", [b"", b"plain", "Müller".encode(), b"M\xfcller", b"\xed\xa0\x80", b"\xed\xb4\x80\xed\xb3\xbc", b"\xff"]
)
def test_a_blob_that_no_scan_writes_is_damage(tmp_path: Path, cell: bytes) -> None:
    path = tmp_path / "inventory.db"
    with inventory_of(*FILES, path=path):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE header SET PatientID = ?", (cell,))
    with Inventory.open(path) as opened:
        with pytest.raises(InventoryError, match="damaged"):
            opened.distinct("PatientID")
        with pytest.raises(InventoryError, match="damaged"):
            list(opened.studies())


def test_values_are_compared_by_their_bytes(held: Inventory) -> None:
    assert held.distinct("PatientID") == {U_UMLAUT: 2, O_UMLAUT: 1}
    assert held.distinct("PatientID", study="1.1") == {U_UMLAUT: 1, O_UMLAUT: 1}
    first, second = held.studies()
    assert first.values["PatientID"] == {U_UMLAUT: 1, O_UMLAUT: 1}
    assert second.values["PatientID"] == {U_UMLAUT: 1}
    assert {(one.study_instance_uid, one.keyword) for one in held.inconsistencies() if one.keyword == "PatientID"} == {
        ("1.1", "PatientID")
    }
    assert [study.study_instance_uid for study in held.find(PatientID=O_UMLAUT)] == ["1.1"]
    assert [one.instance_number for one in held.instances()] == ["", U_UMLAUT, ""]
    assert [file.values for file in held.values_by_file("1.1", ("PatientID",))] == [(U_UMLAUT,), (O_UMLAUT,)]


def test_a_scan_takes_them_from_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    with inventory_of(*FILES, path=path) as inventory:
        before = list(inventory.studies())
    with InventoryWriter(path, inventory.keywords, ["/one"], started_ns=10**18) as writer:
        (previous,) = writer.previous
        previous.stable_before_ns = 10**18
        headers: dict[bytes, tuple[str | None, ...]] = {}
        files = [file for _, file, _ in FILES]
        taken = previous.find_unchanged_rows("/one", files, lambda name: name, headers)
        assert set(taken) == {"a", "b", "c"}
        writer.add_batch(0, files, [taken[file.path] for file in files], headers)
        with Inventory.from_connection(writer.finish(lambda one, other: True)) as again:
            assert list(again.studies()) == before
            assert [one.instance_number for one in again.instances()] == ["", U_UMLAUT, ""]


def test_a_run_of_unchanged_files_is_copied_with_them(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    without = [added("a", "1.1 1.1.1 1.1.1.1", PatientID=U_UMLAUT)]
    with inventory_of(*without, path=path) as inventory:
        before = list(inventory.studies())
    with InventoryWriter(path, inventory.keywords, ["/one"], started_ns=10**18) as writer:
        writer.previous[0].stable_before_ns = 10**18
        assert writer.unchanged_run.extend(0, [file for _, file, _ in without])
        writer.add_unchanged_files(1)
        put(writer, added("b", "1.3 1.3.1 1.3.1.1"))
        with Inventory.from_connection(writer.finish(lambda one, other: True)) as again:
            assert list(again.studies())[:1] == before


def test_people_see_escapes(held: Inventory) -> None:
    records = [build_study_record(study, masker=Masker(show_values=True)) for study in held.studies()]
    shown = "".join(format_json_lines(records)) + "".join(format_csv_lines(map(flatten_record, records)))
    shown += str(held.unmasked()) + str(held.unmasked().inconsistencies()) + held.unmasked()._repr_html_()
    assert r"M\xfcller" in shown
    assert not is_undecodable(shown)
    assert json.loads(next(format_json_lines(records)))["attributes"]["PatientID"][0]["value"] == r"M\xf6ller"


@pytest.mark.parametrize("level", ["instance", "series", "study"])
def test_all_frames_hold_text(held: Inventory, tmp_path: Path, level: str) -> None:
    table = held.to_arrow(level)
    held.to_parquet(tmp_path / "frame.parquet", level)
    frames = [table.to_pylist(), held.to_pandas(level).to_dict("records"), held.to_polars(level).to_dicts()]
    frames.append(parquet.read_table(tmp_path / "frame.parquet").to_pylist())
    for rows in frames:
        assert r"M\xfcller" in {row["PatientID"] for row in rows}
        assert not any(is_undecodable(str(cell)) for row in rows for cell in row.values())


def test_the_overview_has_dates_that_can_be_read(held: Inventory) -> None:
    assert "20260102" in str(held.unmasked())


def test_frames_spell_them_out_and_keep_types(held: Inventory) -> None:
    for level in ("instance", "series", "study"):
        rows = held.sql(f"select * from {level}").rows
        assert not any(is_undecodable(cell) or isinstance(cell, bytes) for row in rows for cell in map(str, row))
        assert any(r"M\xfcller" in map(str, row) for row in rows)
    assert held.sql("select StudyDate, StudyDate_text from instance order by path").rows[0] == (None, r"2026\xff")
    assert held.sql("select SeriesNumber, SeriesNumber_text from instance order by path").rows[1] == (
        None,
        r"M\xfcller",
    )
    assert held.sql("select PatientID, PatientID_distinct from study order by 1").rows == [
        (None, 2),
        (r"M\xfcller", 1),
    ]
    assert held.sql("select count(distinct PatientID) from instance where PatientID is not null").rows == [(2,)]
