"""S3 Inventories instead of listing: the same objects in the same order, and a clear word for what cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dicommap.errors import AwsError, DocumentError
from dicommap.sources.s3.s3_prefix import S3Prefix
from tests.support.s3_inventory_files import (
    ORC_SCHEMA,
    PARQUET_SCHEMA,
    SCHEMA,
    SCHEMAS,
    encode_csv,
    make_data_file,
    make_manifest,
    make_row,
    make_rows,
    write_inventory,
)
from tests.support.s3_server import Bucket


@pytest.fixture
def filled(bucket: Bucket) -> Bucket:
    for key in ("p/a b+c", "p/ü%", "p/z", "p/m/1", "p/m!", "other/x", "p/"):
        bucket.put(key, key.encode() if not key.endswith("/") else b"")
    return bucket


def listed(bucket: Bucket, manifest: Path | str) -> list[Any]:
    source = S3Prefix(f"{bucket.uri}p/")
    kept = source.use_s3_inventory(manifest)
    try:
        found = list(source.walk())
        assert sum(source.count()) >= len(found)
        return found
    finally:
        kept.close()


def test_a_list_gives_what_listing_gives(filled: Bucket, tmp_path: Path) -> None:
    rows = make_rows(filled)
    files = {"1.csv.gz": encode_csv(rows[4:]), "2.csv.gz": encode_csv(rows[3::-1])}
    assert listed(filled, write_inventory(tmp_path, filled, files)) == list(S3Prefix(f"{filled.uri}p/").walk())


def test_a_list_in_s3_gives_the_same(filled: Bucket) -> None:
    expected = list(S3Prefix(f"{filled.uri}p/").walk())
    data = encode_csv(make_rows(filled))
    filled.put(f"lists/{filled.name}/all/data/1.csv.gz", data)
    filled.put("lists/manifest.json", json.dumps(make_manifest(filled, {"1.csv.gz": data})).encode())
    assert listed(filled, f"{filled.uri}lists/manifest.json") == expected


def test_a_local_manifest_takes_files_that_are_not_beside_it_from_s3(filled: Bucket, tmp_path: Path) -> None:
    data = encode_csv(make_rows(filled))
    manifest = write_inventory(tmp_path, filled, {"1.csv.gz": data})
    (tmp_path / "data" / "1.csv.gz").unlink()
    with pytest.raises(AwsError):
        listed(filled, manifest)
    filled.put(f"lists/{filled.name}/all/data/1.csv.gz", data)
    assert listed(filled, manifest) == list(S3Prefix(f"{filled.uri}p/").walk())


@pytest.mark.parametrize("form", SCHEMAS)
def test_delete_markers_and_versions_before_the_last_are_not_there(filled: Bucket, tmp_path: Path, form: str) -> None:
    rows = [
        make_row(filled, "p/z"),
        make_row(filled, "p/z", IsLatest="false", Size="1", ETag="older"),
        make_row(filled, "p/m/1", IsDeleteMarker="true", Size="", ETag=""),
        make_row(filled, "p/m!"),
        make_row(filled, "p/m!", LastModifiedDate="2000-01-01T00:00:00.000Z", ETag="listed-twice"),
    ]
    manifest = write_inventory(tmp_path, filled, make_data_file(rows, form), fileFormat=form, fileSchema=SCHEMAS[form])
    found = {file.path: file.etag for file in listed(filled, manifest)}
    assert set(found) == {"z", "m!"}
    assert "older" not in found["z"]
    assert "listed" not in found["m!"]


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"fileFormat": "Avro"}, "Avro"),
        ({"fileSchema": "Bucket, Key, Size"}, "ETag"),
        ({"fileSchema": PARQUET_SCHEMA}, "Key and Size and ETag"),
        ({"fileFormat": "Parquet", "fileSchema": SCHEMA}, "key and size and e_tag"),
        ({"fileFormat": "Parquet", "fileSchema": PARQUET_SCHEMA.replace("e_tag", "etag")}, "lacks the columns e_tag"),
        ({"fileFormat": "ORC", "fileSchema": ORC_SCHEMA.replace("size:bigint,", "")}, "lacks the columns size"),
        ({"sourceBucket": "another"}, "another"),
        ({"files": None}, "not the manifest.json of an S3 Inventory"),
        ({"files": [{"key": "x"}]}, "not the manifest.json of an S3 Inventory"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(
    filled: Bucket, tmp_path: Path, changed: dict[str, Any], word: str
) -> None:
    manifest = write_inventory(tmp_path, filled, {"1.csv.gz": encode_csv(make_rows(filled))}, **changed)
    with pytest.raises(DocumentError, match=word) as caught:
        listed(filled, manifest)
    assert caught.value.fix


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[]", b"7", b"\xff"])
def test_what_is_no_manifest_is_refused(filled: Bucket, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(DocumentError):
        listed(filled, tmp_path / "manifest.json")


BAD_ROWS = [
    ("only", "three", "cells"),
    ("b", "p/z", "", "true", "false", "many", "", "etag", ""),
    ("b", "p/z", "", "true", "false", "-1", "", "etag", ""),
    ("b", "p/z", "", "true", "false", "9" * 30, "", "etag", ""),
    ("b", "p/z", "", "true", "false", "1", "then", "etag", ""),
    ("b", "p/z", "", "true", "false", "1", "", "", ""),
    ("b", "p/%ff", "", "true", "false", "1", "", "etag", ""),
]


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_damaged_row_is_told_and_nothing_of_it(filled: Bucket, tmp_path: Path, bad: tuple[str, ...]) -> None:
    manifest = write_inventory(tmp_path, filled, {"1.csv.gz": encode_csv([*make_rows(filled), bad])})
    with pytest.raises(DocumentError, match=r"1\.csv\.gz"):
        listed(filled, manifest)


def test_a_file_of_other_bytes_is_told(filled: Bucket, tmp_path: Path) -> None:
    manifest = write_inventory(tmp_path, filled, {"1.csv.gz": encode_csv(make_rows(filled))})
    place = tmp_path / "data" / "1.csv.gz"
    place.write_bytes(place.read_bytes()[:-20])
    with pytest.raises(DocumentError, match="not those of the MD5 checksum in the manifest"):
        listed(filled, manifest)


def test_a_file_that_is_cut_before_the_manifest_was_written_is_told(filled: Bucket, tmp_path: Path) -> None:
    manifest = write_inventory(tmp_path, filled, {"1.csv.gz": encode_csv(make_rows(filled))[:-20]})
    with pytest.raises(DocumentError, match="row"):
        listed(filled, manifest)


def test_a_list_without_an_object_of_the_source_is_told(filled: Bucket, tmp_path: Path) -> None:
    manifest = write_inventory(tmp_path, filled, {"1.csv.gz": encode_csv(make_rows(filled, "other/"))})
    with pytest.raises(DocumentError, match="no object below"):
        listed(filled, manifest)
