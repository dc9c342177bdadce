"""S3 Inventories in Parquet and ORC: the same list as in CSV, and a clear word for what cannot be used."""

from __future__ import annotations

import io
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from dicommap.errors import DocumentError, MissingExtraError
from dicommap.model.source_files import S3Object
from dicommap.sources.s3 import s3_inventory_arrow
from dicommap.sources.s3.s3_connection import S3Connection
from dicommap.sources.s3.s3_inventory_arrow import read_orc_objects, read_parquet_objects
from dicommap.sources.s3.s3_inventory_list import S3InventoryList
from dicommap.sources.s3.s3_inventory_manifest import read_s3_inventory_manifest
from dicommap.sources.s3.s3_prefix import S3Prefix
from tests.support.s3_inventory_files import (
    SCHEMAS,
    Row,
    encode_table,
    make_data_file,
    make_rows,
    make_table,
    write_inventory,
)
from tests.support.s3_server import Bucket

FORMS = ["Parquet", "ORC"]
OBJECTS = {"Parquet": read_parquet_objects, "ORC": read_orc_objects}
ODD = ("p/a b+c", "p/ü%2B%", "p/日本語", "p/\U0001f4c1", "p/a\tb", 'p/"quoted", and so', "p/m/1", "p/m!", "p/")


@pytest.fixture
def filled(bucket: Bucket) -> Bucket:
    for key in (*ODD, "other/x"):
        bucket.put(key, key.encode() if not key.endswith("/") else b"")
    return bucket


def listed(bucket: Bucket, place: Path, form: str, data: dict[str, bytes], **changed: Any) -> list[Any]:
    manifest = write_inventory(place, bucket, data, **{"fileFormat": form, "fileSchema": SCHEMAS[form], **changed})
    source = S3Prefix(f"{bucket.uri}p/")
    kept = source.use_s3_inventory(manifest)
    try:
        return list(source.walk())
    finally:
        kept.close()


@pytest.mark.parametrize("form", FORMS)
def test_the_list_is_that_of_csv_and_of_listing(filled: Bucket, tmp_path: Path, form: str) -> None:
    rows = make_rows(filled)
    found = listed(filled, tmp_path / form, form, make_data_file(rows, form))
    assert found == listed(filled, tmp_path / "CSV", "CSV", make_data_file(rows, "CSV"))
    assert found == list(S3Prefix(f"{filled.uri}p/").walk())
    assert {f"p/{file.path}" for file in found} == set(ODD)


@pytest.mark.parametrize("form", FORMS)
def test_a_list_of_current_versions_has_fewer_columns(filled: Bucket, tmp_path: Path, form: str) -> None:
    table = make_table(make_rows(filled), form).select(["e_tag", "size", "key"])
    found = listed(filled, tmp_path, form, {"1": encode_table(table, form)})
    expected = list(S3Prefix(f"{filled.uri}p/").walk())
    assert [(file.path, file.size, file.etag) for file in found] == [
        (file.path, file.size, file.etag) for file in expected
    ]


def test_text_that_parquet_calls_bytes_is_text(filled: Bucket, tmp_path: Path) -> None:
    table = make_table(make_rows(filled))
    place = table.schema.get_field_index("key")
    table = table.set_column(place, "key", table["key"].cast(pyarrow.binary()))
    assert listed(filled, tmp_path, "Parquet", {"1": encode_table(table, "Parquet")}) == list(
        S3Prefix(f"{filled.uri}p/").walk()
    )


NOWHERE = Bucket(name="b", endpoint_url="http://127.0.0.1:9", client=None)
MOMENT = "2026-01-02T01:00:00.000Z"
ROW = ("b", "p/1", "", "true", "false", "1", MOMENT, "0123456789abcdef", "STANDARD")


def taken(place: Path, form: str, data: dict[str, bytes]) -> list[S3Object]:
    """Return the list of files that are all on the disk."""
    manifest = write_inventory(place, NOWHERE, data, fileFormat=form, fileSchema=SCHEMAS[form])
    connection = S3Connection(bucket=NOWHERE.name)
    with closing(S3InventoryList(read_s3_inventory_manifest(manifest, connection), "p/", connection)) as found:
        return list(found.objects())


def with_cells(table: pyarrow.Table, name: str, cells: list[Any], kind: pyarrow.DataType) -> pyarrow.Table:
    return table.set_column(table.schema.get_field_index(name), name, pyarrow.array(cells, kind))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "cell", "kind"),
    [
        ("key", None, pyarrow.string()),
        ("key", b"p/\xff", pyarrow.binary()),
        ("key", 7, pyarrow.int64()),
        ("size", None, pyarrow.int64()),
        ("size", -1, pyarrow.int64()),
        ("size", "one", pyarrow.string()),
        ("e_tag", "", pyarrow.string()),
        ("e_tag", None, pyarrow.string()),
        ("last_modified_date", "now", pyarrow.string()),
    ],
)
def test_a_cell_that_is_none_is_told_and_nothing_of_it(
    tmp_path: Path, form: str, name: str, cell: Any, kind: pyarrow.DataType
) -> None:
    table = with_cells(make_table([ROW], form), name, [cell], kind)
    with pytest.raises(DocumentError, match=r"The file 1 of .* is damaged: its rows"):
        taken(tmp_path, form, {"1": encode_table(table, form)})


@pytest.mark.parametrize("form", FORMS)
def test_a_file_without_a_column_that_the_manifest_names_is_told(tmp_path: Path, form: str) -> None:
    table = make_table([ROW], form).drop_columns("e_tag")
    with pytest.raises(DocumentError, match="damaged"):
        taken(tmp_path, form, {"1": encode_table(table, form)})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cut", [0, 1, 10, 200, -1, -20, -200])
def test_a_file_that_was_damaged_before_the_manifest_is_told(tmp_path: Path, form: str, cut: int) -> None:
    data = encode_table(make_table([ROW], form), form)
    with pytest.raises(DocumentError, match="damaged"):
        taken(tmp_path, form, {"1": data[:cut]})


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_other_bytes_is_told(tmp_path: Path, form: str) -> None:
    data = make_data_file([ROW], form)
    named = {name: content + b"\0" for name, content in data.items()}
    manifest = write_inventory(tmp_path, NOWHERE, named, fileFormat=form, fileSchema=SCHEMAS[form])
    for name, content in data.items():
        (tmp_path / "data" / name).write_bytes(content)
    connection = S3Connection(bucket=NOWHERE.name)
    with pytest.raises(DocumentError, match="not those of the MD5 checksum in the manifest"):
        S3InventoryList(read_s3_inventory_manifest(manifest, connection), "p/", connection)


@pytest.mark.parametrize("form", FORMS)
def test_without_pyarrow_the_command_that_installs_it_is_told(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, s3_inventory_arrow.__name__)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    data = {"1": b"not looked at"}
    with pytest.raises(MissingExtraError, match=r"pip install 'dicommap\[s3,arrow\]'"):
        taken(tmp_path, form, data)


def test_without_time_zones_orc_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing() -> Any:
        raise pyarrow.ArrowException("Unknown error: Time zone file /usr/share/zoneinfo/GMT does not exist.")

    monkeypatch.setattr(f"{s3_inventory_arrow.__name__}.OrcFileFormat", refusing)
    with pytest.raises(DocumentError, match="TZDIR"):
        list(read_orc_objects(io.BytesIO()))


ROWS = 400_000


@pytest.fixture(scope="module")
def long_rows() -> list[Row]:
    return [(*ROW[:1], f"p/{number:040d}", *ROW[2:7], f"{number * 7919:032x}", *ROW[8:]) for number in range(ROWS)]


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_a_row_group_longer_than_memory_is_read_in_parts(form: str, long_rows: list[Row]) -> None:
    table = make_table(long_rows, form)
    whole = table.select(["key", "size", "e_tag", "last_modified_date"]).nbytes
    options = {"row_group_size": ROWS} if form == "Parquet" else {"stripe_size": 2**30}
    data = encode_table(table, form, **options)
    del table
    held = pyarrow.total_allocated_bytes()
    peak = found = 0
    for found, _ in enumerate(OBJECTS[form](io.BytesIO(data)), 1):
        if not found % 5_000:
            peak = max(peak, pyarrow.total_allocated_bytes() - held)
    assert found == ROWS
    assert 0 < peak < whole / 2
