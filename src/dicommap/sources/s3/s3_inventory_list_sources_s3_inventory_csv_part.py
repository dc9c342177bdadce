"""Rows of an S3 Inventory in CSV.

Columns: Amazon S3 user guide, "Cataloging and analyzing your data with S3 Inventory".
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_plus

from dicommap.aws.bucket_listing import parse_size, parse_time_ns
from dicommap.model.source_files_model_listed_object_part import S3Object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO


def read_csv_objects(file: BinaryIO, name: str, columns: Sequence[str]) -> Iterator[S3Object]:
    """Yield the objects of a data file whose columns the manifest names. Raises ValueError where it is damaged."""
    content = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if name.endswith(".gz") else file
    text = io.TextIOWrapper(content, encoding="utf-8", newline="")
    try:
        for row in csv.reader(text, strict=True):
            found = _object(dict(zip(columns, row, strict=True)))
            if found is not None:
                yield found
    except (EOFError, KeyError, csv.Error, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError("no row") from error


def _object(row: Mapping[str, str]) -> S3Object | None:
    """Return the object of a row, or None for what is not there: delete markers, and versions before the last."""
    if row.get("IsDeleteMarker", "").lower() == "true" or row.get("IsLatest", "").lower() == "false":
        return None
    moment = row.get("LastModifiedDate", "")
    return S3Object(
        # Keys are URL-encoded in CSV, and a plus sign in one as %2B.
        key=unquote_plus(row["Key"], errors="strict"),
        size=parse_size(row["Size"]),
        etag=row["ETag"],
        mtime_ns=parse_time_ns(moment) if moment else 0,
    )
