"""Files of an S3 Inventory, as S3 writes them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import pyarrow
from pyarrow import orc, parquet

from tests.support.s3_server import Bucket

SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass"

PARQUET_SCHEMA = (
    "message s3.inventory {  required binary bucket (STRING);  required binary key (STRING);"
    "  optional binary version_id (STRING);  optional boolean is_latest;  optional boolean is_delete_marker;"
    "  optional int64 size;  optional int64 last_modified_date (TIMESTAMP(MILLIS,true));"
    "  optional binary e_tag (STRING);  optional binary storage_class (STRING);}"
)
ORC_SCHEMA = (
    "struct<bucket:string,key:string,version_id:string,is_latest:boolean,is_delete_marker:boolean,size:bigint,"
    "last_modified_date:timestamp,e_tag:string,storage_class:string>"
)
SCHEMAS = {"CSV": SCHEMA, "Parquet": PARQUET_SCHEMA, "ORC": ORC_SCHEMA}

Row = tuple[str, ...]


def make_row(bucket: Bucket, key: str, **changed: str) -> Row:
    """Return the row of an object; keywords replace cells of columns."""
    head = bucket.client.head_object(Bucket=bucket.name, Key=key)
    cells = {
        "Bucket": bucket.name,
        "Key": quote_plus(key, safe="/"),
        "VersionId": "",
        "IsLatest": "true",
        "IsDeleteMarker": "false",
        "Size": str(head["ContentLength"]),
        "LastModifiedDate": head["LastModified"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "ETag": head["ETag"].strip('"'),
        "StorageClass": "STANDARD",
        **changed,
    }
    return tuple(cells.values())


def make_rows(bucket: Bucket, prefix: str = "") -> list[Row]:
    """Return the rows of all objects below a prefix."""
    return [make_row(bucket, key) for key in bucket.keys(prefix)]


def encode_csv(rows: Sequence[Row]) -> bytes:
    """Return the bytes of a CSV data file."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return gzip.compress(buffer.getvalue().encode())


def make_table(rows: Sequence[Row], form: str = "Parquet") -> pyarrow.Table:
    """Return the table that S3 writes to Parquet or ORC: other column names and types, nulls, unquoted keys."""
    bucket, key, version, latest, marker, size, moment, etag, storage = zip(*rows, strict=True)
    text, flag = pyarrow.string(), pyarrow.bool_()
    moments = [datetime.fromisoformat(one) if one else None for one in moment]
    utc = pyarrow.array(moments, pyarrow.timestamp("ms", "UTC"))
    return pyarrow.table(
        {
            "bucket": pyarrow.array(bucket, text),
            "key": pyarrow.array(map(unquote_plus, key), text),
            "version_id": pyarrow.array([one or None for one in version], text),
            "is_latest": pyarrow.array([one == "true" for one in latest], flag),
            "is_delete_marker": pyarrow.array([one == "true" for one in marker], flag),
            "size": pyarrow.array([int(one) if one else None for one in size], pyarrow.int64()),
            # ORC's timestamp has no time zone.
            "last_modified_date": utc if form == "Parquet" else utc.cast(pyarrow.timestamp("ms")),
            "e_tag": pyarrow.array([one or None for one in etag], text),
            "storage_class": pyarrow.array(storage, text),
        }
    )


def encode_table(table: pyarrow.Table, form: str, **options: Any) -> bytes:
    """Return the bytes of a data file in Parquet or ORC."""
    buffer = io.BytesIO()
    if form == "Parquet":
        parquet.write_table(table, buffer, store_schema=False, **options)
    else:
        orc.write_table(table, buffer, compression="zlib", **options)
    return buffer.getvalue()


def make_data_file(rows: Sequence[Row], form: str) -> dict[str, bytes]:
    """Return the name and bytes of a data file in any format."""
    if form == "CSV":
        return {"1.csv.gz": encode_csv(rows)}
    return {f"1.{form.lower()}": encode_table(make_table(rows, form), form)}


def make_manifest(bucket: Bucket, data: dict[str, bytes], **changed: Any) -> dict[str, Any]:
    """Return the manifest.json of data files; keywords replace members."""
    listed = [
        {
            "key": f"lists/{bucket.name}/all/data/{name}",
            "size": len(content),
            "MD5checksum": hashlib.md5(content).hexdigest(),
        }
        for name, content in data.items()
    ]
    return {
        "sourceBucket": bucket.name,
        "destinationBucket": f"arn:aws:s3:::{bucket.name}",
        "version": "2016-11-30",
        "creationTimestamp": "1767312000000",
        "fileFormat": "CSV",
        "fileSchema": SCHEMA,
        "files": listed,
        **changed,
    }


def write_inventory(place: Path, bucket: Bucket, data: dict[str, bytes], **changed: Any) -> Path:
    """Write an S3 Inventory to a directory, arranged as in S3, and return the path of its manifest."""
    manifest = place / "2026-01-02T01-00Z" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    (place / "data").mkdir()
    for name, content in data.items():
        (place / "data" / name).write_bytes(content)
    manifest.write_text(json.dumps(make_manifest(bucket, data, **changed)), encoding="utf-8")
    return manifest
