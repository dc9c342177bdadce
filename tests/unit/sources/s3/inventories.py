"""S3 Inventories as S3 writes them, made for tests."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from tests.s3 import Bucket

SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass"

Row = tuple[str, ...]


def row_of(bucket: Bucket, key: str, **changed: str) -> Row:
    """Return the row of an object; keywords replace cells by the names of the schema."""
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


def rows_of(bucket: Bucket, prefix: str = "") -> list[Row]:
    """Return the rows of all objects below a prefix."""
    return [row_of(bucket, key) for key in bucket.keys(prefix)]


def data_of(rows: Sequence[Row]) -> bytes:
    """Return the bytes of a data file."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return gzip.compress(buffer.getvalue().encode())


def manifest_of(bucket: Bucket, data: dict[str, bytes], **changed: Any) -> dict[str, Any]:
    """Return a manifest of these files; keywords replace members."""
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
    """Write an inventory to a disk, arranged as S3 does, and return the manifest's path."""
    manifest = place / "2026-01-02T01-00Z" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    (place / "data").mkdir()
    for name, content in data.items():
        (place / "data" / name).write_bytes(content)
    manifest.write_text(json.dumps(manifest_of(bucket, data, **changed)), encoding="utf-8")
    return manifest
