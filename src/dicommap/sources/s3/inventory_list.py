"""The list of an S3 Inventory, in the order in which S3 lists a bucket, however long it is."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import sqlite3
import tempfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote_plus

from dicommap.aws.listing import nanoseconds
from dicommap.errors import DocumentError, SourceError
from dicommap.model.listed_object import ListedObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.sources.s3.connection import S3Connection
    from dicommap.sources.s3.manifest import DataFile, Manifest

_HASHED_AT_ONCE = 2**20


class InventoryList:
    """The objects below a prefix, kept in a temporary file: the list may be longer than memory."""

    def __init__(self, manifest: Manifest, prefix: str, connection: S3Connection) -> None:
        """Take the whole list. Raises DocumentError where it is damaged or has none of these, and AwsError."""
        self._prefix = prefix
        self._database = sqlite3.connect("", check_same_thread=False)  # private, on disk, gone when closed
        try:
            self._database.execute("CREATE TABLE listed (key BLOB, size INTEGER, etag TEXT, mtime_ns INTEGER)")
            for one in manifest.files:
                rows = self._rows(manifest, one, connection)
                self._database.executemany("INSERT INTO listed VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error:
            self.close()
            raise SourceError(
                "The list of the S3 Inventory cannot be kept.",
                fix="Make room where temporary files go, or set SQLITE_TMPDIR.",
            ) from None
        except BaseException:
            self.close()
            raise
        if not self.count():
            self.close()
            raise DocumentError(
                "The S3 Inventory has no object below the source.", fix="Name the inventory of this bucket and prefix."
            )

    def count(self) -> int:
        """Return how many objects there are."""
        return int(self._database.execute("SELECT COUNT(*) FROM listed").fetchone()[0])

    def objects(self) -> Iterator[ListedObject]:
        """Yield the objects in order of their keys' bytes; of one that is listed twice, as it was last."""
        last = None
        query = "SELECT key, size, etag, mtime_ns FROM listed ORDER BY key, mtime_ns DESC"
        for key, size, etag, mtime_ns in self._database.execute(query):
            if key != last:
                yield ListedObject(key.decode(), size, etag, mtime_ns)
            last = key

    def close(self) -> None:
        """Forget the list."""
        self._database.close()

    def _rows(
        self, manifest: Manifest, one: DataFile, connection: S3Connection
    ) -> Iterator[tuple[bytes, int, str, int]]:
        with tempfile.TemporaryFile() as file:
            manifest.fetch(one, connection, file)
            if _md5(file) != one.md5.lower():
                raise _damaged(one, "its bytes are not those that the manifest names")
            try:
                for row in csv.reader(_text(file, one.name), strict=True):
                    found = _object(dict(zip(manifest.columns, row, strict=True)))
                    if found is not None and found.key.startswith(self._prefix):
                        yield (found.key.encode(), *found[1:])
            except (OSError, EOFError, ValueError, KeyError, csv.Error, zlib.error):
                raise _damaged(one, "a row of it cannot be read") from None


def _md5(file: BinaryIO) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while found := file.read(_HASHED_AT_ONCE):
        digest.update(found)
    file.seek(0)
    return digest.hexdigest()


def _text(file: BinaryIO, name: str) -> io.TextIOWrapper:
    content = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if name.endswith(".gz") else file
    return io.TextIOWrapper(content, encoding="utf-8", newline="")


def _object(row: Mapping[str, str]) -> ListedObject | None:
    """Return the object of a row, or None for what is not there: delete markers, and versions before the last."""
    if row.get("IsDeleteMarker", "").lower() == "true" or row.get("IsLatest", "").lower() == "false":
        return None
    moment = row.get("LastModifiedDate", "")
    etag = row["ETag"].strip('"')
    if not etag:
        raise ValueError("no ETag")
    return ListedObject(
        # Keys are URL-encoded in CSV, and a plus sign in one as %2B.
        key=unquote_plus(row["Key"], errors="strict"),
        size=int(row["Size"]),
        etag=f'"{etag}"',
        mtime_ns=nanoseconds(moment) if moment else 0,
    )


def _damaged(one: DataFile, why: str) -> DocumentError:
    return DocumentError(
        f"The file {one.name} of the S3 Inventory is damaged: {why}.", fix="Fetch the inventory again."
    )
