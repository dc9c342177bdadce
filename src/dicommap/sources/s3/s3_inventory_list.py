"""The objects of an S3 Inventory in the order of an S3 listing, and the reader of its CSV data files.

Columns: Amazon S3 user guide, "Cataloging and analyzing your data with S3 Inventory".
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import sqlite3
import tempfile
import zlib
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_plus

from dicommap.aws.bucket_listing import parse_size, parse_time_ns
from dicommap.errors import DocumentError, MissingExtraError, SourceError
from dicommap.model.source_files import S3Object
from dicommap.reading.sqlite_interrupts import enable_interrupts, raise_if_interrupted
from dicommap.sources.s3.s3_inventory_manifest import S3InventoryFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from dicommap.sources.s3.s3_connection import S3Connection
    from dicommap.sources.s3.s3_inventory_manifest import S3InventoryFile, S3InventoryManifest

_HASH_CHUNK_BYTES = 2**20
_MAX_SQLITE_INTEGER = 2**63 - 1


def read_csv_objects(file: BinaryIO, name: str, columns: Sequence[str]) -> Iterator[S3Object]:
    """Yield the objects in a CSV file. It is gzipped if `name` ends with `.gz`. Raises ValueError if it is damaged."""
    content = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if name.endswith(".gz") else file
    text = io.TextIOWrapper(content, encoding="utf-8", newline="")
    try:
        for row in csv.reader(text, strict=True):
            listed = _parse_csv_row(dict(zip(columns, row, strict=True)))
            if listed is not None:
                yield listed
    except (EOFError, KeyError, csv.Error, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError("a row cannot be read") from error


def _parse_csv_row(row: Mapping[str, str]) -> S3Object | None:
    """Return the object of a row. Return None for a delete marker or an old version."""
    if row.get("IsDeleteMarker", "").lower() == "true" or row.get("IsLatest", "").lower() == "false":
        return None
    moment = row.get("LastModifiedDate", "")
    return S3Object(
        # Keys are URL-encoded in CSV files: %2B is a plus sign, and a plus sign is a space.
        key=unquote_plus(row["Key"], errors="strict"),
        size=parse_size(row["Size"]),
        etag=row["ETag"],
        mtime_ns=parse_time_ns(moment) if moment else 0,
    )


class S3InventoryList:
    """The objects of an S3 Inventory below a prefix. They are in a temporary file to save memory."""

    def __init__(self, manifest: S3InventoryManifest, prefix: str, connection: S3Connection) -> None:
        """Read all data files.

        Args:
            manifest: The manifest that names the data files.
            prefix: The prefix of the objects to keep.
            connection: The connection to the listed bucket.

        Raises:
            DocumentError: A data file is damaged, or no object has the prefix.
            SourceError: The disk has no space for the temporary file.
            AwsError: S3 denies access or cannot be reached.
            MissingExtraError: The data files are Parquet or ORC, and pyarrow is not installed.
        """
        self._prefix = prefix
        self._read_objects = _choose_object_reader(manifest)
        self._database = enable_interrupts(sqlite3.connect("", check_same_thread=False))  # a private database on disk
        try:
            self._database.execute("CREATE TABLE listed (key BLOB, size INTEGER, etag TEXT, mtime_ns INTEGER)")
            for data_file in manifest.files:
                rows = self._read_data_file_rows(manifest, data_file, connection)
                self._database.executemany("INSERT INTO listed VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise_if_interrupted(error)
            self.close()
            raise SourceError(
                "The list of the S3 Inventory cannot be stored in a temporary file.",
                fix="Make room on the disk for temporary files, or set SQLITE_TMPDIR to another directory.",
            ) from None
        except BaseException:
            self.close()
            raise
        if not self.count_rows():
            self.close()
            raise DocumentError(
                "The S3 Inventory has no object below the source.",
                fix="Name the S3 Inventory of this bucket and prefix.",
            )

    def count_rows(self) -> int:
        """Return the number of rows. An object that is listed twice has two rows."""
        return int(self._database.execute("SELECT COUNT(*) FROM listed").fetchone()[0])

    def objects(self) -> Iterator[S3Object]:
        """Yield the objects in the order of the bytes of their keys.

        If an object has several rows, the newest row is used.
        """
        last = None
        query = "SELECT key, size, etag, mtime_ns FROM listed ORDER BY key, mtime_ns DESC"
        for key, size, etag, mtime_ns in self._database.execute(query):
            if key != last:
                yield S3Object(key.decode(), size, etag, mtime_ns)
            last = key

    def close(self) -> None:
        """Delete the temporary file."""
        self._database.close()

    def _read_data_file_rows(
        self, manifest: S3InventoryManifest, data_file: S3InventoryFile, connection: S3Connection
    ) -> Iterator[tuple[bytes, int, str, int]]:
        """Yield a database row for each object below the prefix. Raises DocumentError if the data file is damaged."""
        with tempfile.TemporaryFile() as file:
            manifest.copy_data_file(data_file, connection, file)
            if _compute_md5(file) != data_file.md5.lower():
                raise _damaged_file_error(data_file, "its bytes are not those of the MD5 checksum in the manifest")
            try:
                for listed in self._read_objects(file, data_file.name):
                    row = _make_database_row(listed)
                    if listed.key.startswith(self._prefix):
                        yield row
            except (OSError, ValueError):
                raise _damaged_file_error(data_file, "its rows cannot be read") from None


def _compute_md5(file: BinaryIO) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while content := file.read(_HASH_CHUNK_BYTES):
        digest.update(content)
    file.seek(0)
    return digest.hexdigest()


def _choose_object_reader(manifest: S3InventoryManifest) -> Callable[[BinaryIO, str], Iterator[S3Object]]:
    """Return a function that takes a data file and its name, and yields its objects. Raises MissingExtraError."""
    if manifest.format is S3InventoryFormat.CSV:
        return lambda file, name: read_csv_objects(file, name, manifest.columns)
    try:
        from dicommap.sources.s3.s3_inventory_arrow import read_orc_objects, read_parquet_objects
    except ImportError:
        raise MissingExtraError(
            "pyarrow, which reads S3 Inventories in Parquet and ORC, cannot be imported.",
            fix="Install it: pip install 'dicommap[s3,arrow]'",
        ) from None
    objects = {S3InventoryFormat.PARQUET: read_parquet_objects, S3InventoryFormat.ORC: read_orc_objects}[
        manifest.format
    ]
    return lambda file, _: objects(file)


def _make_database_row(listed: S3Object) -> tuple[bytes, int, str, int]:
    """Return an object as a row of the temporary database. Raises ValueError if it has no ETag or no valid size."""
    etag = listed.etag.strip('"')
    if not etag or not 0 <= listed.size <= _MAX_SQLITE_INTEGER:
        raise ValueError("no ETag, or no size")
    return listed.key.encode(), listed.size, f'"{etag}"', listed.mtime_ns


def _damaged_file_error(data_file: S3InventoryFile, why: str) -> DocumentError:
    return DocumentError(
        f"The file {data_file.name} of the S3 Inventory is damaged: {why}.",
        fix="Copy it from S3 again, or wait for the next one.",
    )
