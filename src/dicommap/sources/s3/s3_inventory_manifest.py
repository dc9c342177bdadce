"""The manifest.json of an S3 Inventory: the listed bucket, the columns, and the data files.

Format: Amazon S3 user guide, "Locating your inventory list".
"""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import convert_client_errors
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DocumentError, os_error_reason
from dicommap.reading import open_regular_file, read_regular_file, read_stream
from dicommap.reading.document_limits import S3_INVENTORY_LIMIT, has_more_json_values
from dicommap.sources.s3.s3_connection import S3Connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from _typeshed import StrPath

_SCHEME = "s3://"
_LIMIT = S3_INVENTORY_LIMIT.bytes
"""The maximum size of a manifest in bytes. It has about 150 bytes for each data file."""
_BUCKET_ARN = "arn:"


class S3InventoryFormat(StrEnum):
    """The formats that data files of an S3 Inventory can have."""

    CSV = "CSV"
    PARQUET = "PARQUET"
    ORC = "ORC"


_COLUMN_PATTERNS = {
    S3InventoryFormat.CSV: re.compile(r"([^,\s]+)"),
    S3InventoryFormat.PARQUET: re.compile(r"(?:required|optional)\s+\w+\s+(\w+)"),
    S3InventoryFormat.ORC: re.compile(r"(\w+):"),
}
"""Format -> pattern of a column name in `fileSchema`. This text is a list, a Parquet message or a Hive struct."""

_REQUIRED_COLUMNS = {
    S3InventoryFormat.CSV: ("Key", "Size", "ETag"),
    S3InventoryFormat.PARQUET: ("key", "size", "e_tag"),
    S3InventoryFormat.ORC: ("key", "size", "e_tag"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class S3InventoryFile:
    """One data file of an S3 Inventory."""

    key: str
    """The object key of the file in the destination bucket."""
    md5: str
    """The MD5 checksum of the file, in hexadecimal digits."""

    @property
    def name(self) -> str:
        """Return the last segment of the key."""
        return PurePosixPath(self.key).name


@dataclass(frozen=True, slots=True, kw_only=True)
class S3InventoryManifest:
    """The manifest.json of an S3 Inventory. It has all columns that a scan needs."""

    bucket: str
    """The bucket that the S3 Inventory lists."""
    destination: str
    """The bucket that contains the data files."""
    format: S3InventoryFormat
    columns: tuple[str, ...]
    files: tuple[S3InventoryFile, ...]
    directory: Path | None
    """The directory of the manifest if it is a local file, else None."""

    def copy_data_file(self, data_file: S3InventoryFile, connection: S3Connection, into: BinaryIO) -> None:
        """Copy a data file from a local directory near the manifest if it is there, otherwise from S3.

        Args:
            data_file: The data file.
            connection: The connection to the listed bucket. Its settings are used for the destination bucket, too.
            into: The open file that receives the bytes.

        Raises:
            DocumentError: The local file cannot be read.
            AwsError: S3 denies access or cannot be reached.
        """
        path = next(filter(Path.is_file, self._list_possible_paths(data_file)), None)
        if path is not None:
            with _convert_read_errors(path), open_regular_file(path) as file:
                copyfileobj(file, into)
            return
        destination = _make_bucket_connection(connection, self.destination)
        with convert_client_errors("GetObject", f"{_SCHEME}{self.destination}/{data_file.key}"):
            destination.get_boto3_client().download_fileobj(self.destination, data_file.key, into)

    def _list_possible_paths(self, data_file: S3InventoryFile) -> Iterator[Path]:
        """Yield the local paths that a data file may have: in a directory `data` as in S3, or beside the manifest."""
        if self.directory is not None:
            yield self.directory.parent / "data" / data_file.name
            yield self.directory / "data" / data_file.name
            yield self.directory / data_file.name


def read_s3_inventory_manifest(path: StrPath, connection: S3Connection) -> S3InventoryManifest:
    """Read and return the manifest at a path or S3 URI.

    Raises:
        DocumentError: The manifest cannot be read, is damaged, or lacks a required column.
        AwsError: S3 denies access or cannot be reached.

    """
    text = os.fspath(path)
    if text.startswith(_SCHEME):
        bucket, _, key = text.removeprefix(_SCHEME).partition("/")
        with convert_client_errors("GetObject", text):
            body = (
                _make_bucket_connection(connection, bucket)
                .get_boto3_client()
                .get_object(Bucket=bucket, Key=key)["Body"]
            )
            with _convert_read_errors(Path(text)):
                content = read_stream(body, _LIMIT)
        return _parse_manifest(content, None)
    with _convert_read_errors(Path(text)):
        content = read_regular_file(text, _LIMIT)
    return _parse_manifest(content, Path(text).absolute().parent)


def _parse_manifest(content: bytes, directory: Path | None) -> S3InventoryManifest:
    """Parse the bytes of a manifest.json. Raises DocumentError if it is damaged or lacks a column that a scan needs."""
    try:
        if has_more_json_values(content, S3_INVENTORY_LIMIT.values):
            raise ValueError("too many values")
        members = json.loads(content)
        name, schema = str(members["fileFormat"]), str(members["fileSchema"])
        files = tuple(
            S3InventoryFile(key=str(entry["key"]), md5=str(entry["MD5checksum"])) for entry in members["files"]
        )
        bucket, destination = str(members["sourceBucket"]), _parse_bucket_name(str(members["destinationBucket"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DocumentError(
            "The manifest is not the manifest.json of an S3 Inventory.", fix="Name the manifest.json that S3 wrote."
        ) from None
    data_format = _parse_format(name)
    columns = tuple(_COLUMN_PATTERNS[data_format].findall(schema))
    missing = [column for column in _REQUIRED_COLUMNS[data_format] if column not in columns]
    if missing:
        raise DocumentError(
            f"The S3 Inventory lacks the columns {' and '.join(missing)}.",
            fix="Add Size, Last modified and ETag to the fields of the inventory configuration.",
        )
    return S3InventoryManifest(
        bucket=bucket, destination=destination, format=data_format, columns=columns, files=files, directory=directory
    )


def _parse_format(name: str) -> S3InventoryFormat:
    try:
        return S3InventoryFormat(name.upper())
    except ValueError:
        raise DocumentError(
            f"The S3 Inventory is in the format {make_printable(name[:20])}, which is not read.",
            fix="Have S3 write it as Parquet, ORC or CSV, or scan without it.",
        ) from None


def _parse_bucket_name(name: str) -> str:
    """Return the name of a bucket from its name or its ARN."""
    return name.rpartition(":")[2] if name.startswith(_BUCKET_ARN) else name


def _make_bucket_connection(connection: S3Connection, bucket: str) -> S3Connection:
    """Return a connection with the same settings to another bucket. Its region is not copied, because it may differ."""
    return S3Connection(bucket=bucket, clients=replace(connection.clients, region=None))


@contextmanager
def _convert_read_errors(path: Path) -> Iterator[None]:
    """Raise DocumentError instead of OSError for the file at `path`."""
    try:
        yield
    except OSError as error:
        raise DocumentError(
            f"{path.name} cannot be read: {os_error_reason(error)}.", fix="Name a manifest whose files you may read."
        ) from None
