"""Range requests for S3 objects with obstore or boto3. They fail if the object has changed since it was listed."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dicommap.sources.s3.key_issues import is_portable_key
from dicommap.sources.s3.s3_errors import (
    error_for_changed_object,
    error_for_no_answer,
    error_from_botocore,
    error_from_obstore,
)

if TYPE_CHECKING:
    from dicommap.sources.s3.s3_connection import S3Connection

FIRST_REQUEST_BYTES = 16_384
"""The number of bytes in the first request for an object: twice the first read of `p10`.

In a test with 833 real files, all headers but two were at most half as long. S3 needs the same time for several
kilobytes as for one kilobyte.
"""

MAX_FIRST_REQUEST_BYTES = 65_536
"""The maximum number of bytes in a first request. First requests become larger if earlier headers were longer."""


class ByteRange(NamedTuple):
    """A part of an object: the bytes in `content`, which begin at the offset `start` of the object."""

    start: int
    content: bytes

    def has_range(self, offset: int, length: int, size: int) -> bool:
        """Return whether this part has `length` bytes from `offset`, or all bytes from there to the end of the object.

        `size` is the size of the object.
        """
        return self.start <= offset and min(offset + length, size) <= self.start + len(self.content)

    def get_bytes(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset` in the object."""
        return self.content[offset - self.start : offset - self.start + length]


class RangeReader:
    """A thread-safe reader of byte ranges of the objects in one bucket. Each process has one for each bucket."""

    def __init__(self, connection: S3Connection) -> None:
        """Make the S3 client. Raises AwsError without credentials, and MissingExtraError without boto3 or obstore."""
        self._connection = connection
        self._store = connection.get_obstore_client()
        # Imported here, because only processes that read objects need obstore, and not in `_get_with_obstore`, which
        # is called for each object.
        import obstore
        from obstore.exceptions import BaseError

        self._get = obstore.get
        self._error_types = (BaseError, FileNotFoundError)
        self.first_bytes = FIRST_REQUEST_BYTES
        """The number of bytes in the next first request. It grows if objects have longer headers."""

    def request_range(self, key: str, begin: int, end: int, size: int, etag: str) -> ByteRange:
        """Request the bytes between two offsets of an object, and return them.

        Args:
            key: The object's key, including the prefix.
            begin: The offset of the first byte.
            end: The offset after the last byte.
            size: The object's size in the listing.
            etag: The object's ETag in the listing, with quotation marks.

        Raises:
            ObjectError: The object cannot be read, or now has another size or ETag.
            AwsError: The error affects all objects, for example if the credentials have expired.
        """
        content = (self._get_with_obstore if is_portable_key(key) else self._get_with_boto3)(
            key, begin, end, size, etag
        )
        if len(content) != end - begin:
            raise error_for_no_answer("some of its bytes are missing in the answer")
        return ByteRange(begin, content)

    def record_header_end(self, end: int) -> None:
        """Record that a header ends at the offset `end`. Increase `first_bytes` if the first request was too short."""
        if self.first_bytes < end <= MAX_FIRST_REQUEST_BYTES:
            self.first_bytes = -(-end // FIRST_REQUEST_BYTES) * FIRST_REQUEST_BYTES

    def _get_with_obstore(self, key: str, begin: int, end: int, size: int, etag: str) -> bytes:
        try:
            answer = self._get(self._store, key, options={"range": (begin, end), "if_match": etag})
            meta, content = answer.meta, bytes(answer.bytes())
        except self._error_types as error:
            raise error_from_obstore(error, self._format_object_uri(key)) from None
        if meta["e_tag"] != etag or meta["size"] != size:
            raise error_for_changed_object()
        return content

    def _get_with_boto3(self, key: str, begin: int, end: int, size: int, etag: str) -> bytes:
        """Request and return a byte range with boto3, because obstore would change the object's key."""
        from botocore.exceptions import BotoCoreError, ClientError

        client, bucket = self._connection.get_boto3_client(), self._connection.bucket
        try:
            answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={begin}-{end - 1}", IfMatch=etag)
            content: bytes = answer["Body"].read()
        except ClientError as error:
            raise error_from_botocore(error, self._format_object_uri(key)) from None
        except BotoCoreError:
            raise error_for_no_answer("the connection broke, or no answer came in time") from None
        if answer["ETag"] != etag or answer.get("ContentRange", f"/{size}").rpartition("/")[2] != str(size):
            raise error_for_changed_object()
        return content

    def _format_object_uri(self, key: str) -> str:
        return f"s3://{self._connection.bucket}/{key}"


def get_range_reader(connection: S3Connection) -> RangeReader:
    """Return this process's RangeReader for a bucket. The readers of recent connections are cached."""
    return _make_range_reader(connection, os.getpid())


@lru_cache(maxsize=8)
def _make_range_reader(connection: S3Connection, process: int) -> RangeReader:
    del process
    return RangeReader(connection)
