"""Range requests for objects: bytes of the listed version of an object, by obstore or boto3."""

from __future__ import annotations

import os
from functools import lru_cache
from math import inf
from time import perf_counter
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
"""Bytes of a first request: twice the bytes that `p10` reads first. In a test with 833 real files, all headers but two
ended within half of it, and S3 needs the same time for some kilobytes as for one."""

MAX_FIRST_REQUEST_BYTES = 65_536
"""Bytes of a first request after objects with longer headers."""

NEARBY_SECONDS = 0.002
"""S3 needs more seconds than these for any answer, even within a region; a server on the local network does not."""


class ByteRange(NamedTuple):
    """A part of an object: its bytes from the offset `start`."""

    start: int
    content: bytes

    def has_range(self, offset: int, length: int, size: int) -> bool:
        """Return whether this part has `length` bytes from `offset`, or all bytes up to the object's end at `size`."""
        return self.start <= offset and min(offset + length, size) <= self.start + len(self.content)

    def get(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from an offset in the object."""
        return self.content[offset - self.start : offset - self.start + length]


class RangeReader:
    """Reads byte ranges of one bucket's objects, in any thread; each process makes one."""

    def __init__(self, connection: S3Connection) -> None:
        """Make the client. Raises AwsError and MissingExtraError."""
        self._connection = connection
        self._store = connection.store()
        # Not at the top: only processes that read objects need obstore. `_get_with_obstore` runs for each object.
        import obstore
        from obstore.exceptions import BaseError

        self._get = obstore.get
        self._error_types = (BaseError, FileNotFoundError)
        self.first_bytes = FIRST_REQUEST_BYTES
        """The bytes of the next first request: more after objects with longer headers."""
        self._shortest_seconds = inf

    @property
    def is_near(self) -> bool:
        """Return whether the server answers so fast that more parallel requests would save no time."""
        return self._shortest_seconds < NEARBY_SECONDS

    def get_range(self, key: str, begin: int, end: int, size: int, etag: str) -> ByteRange:
        """Request the bytes between two offsets of an object.

        Args:
            key: The whole key.
            begin: The offset of the first byte.
            end: The offset after the last byte.
            size: The object's size in the listing.
            etag: The object's ETag in the listing, with quotation marks.

        Raises:
            ObjectError: This object cannot be read, or has another size or ETag now.
            AwsError: No object can be read.

        """
        started = perf_counter()
        content = (self._get_with_obstore if is_portable_key(key) else self._get_with_boto3)(
            key, begin, end, size, etag
        )
        self._shortest_seconds = min(self._shortest_seconds, perf_counter() - started)
        if len(content) != end - begin:
            raise error_for_no_answer("some of its bytes are missing in the answer")
        return ByteRange(begin, content)

    def record_header_end(self, end: int) -> None:
        """Record the offset up to which a header was read, for the size of later first requests."""
        if self.first_bytes < end <= MAX_FIRST_REQUEST_BYTES:
            self.first_bytes = -(-end // FIRST_REQUEST_BYTES) * FIRST_REQUEST_BYTES

    def _get_with_obstore(self, key: str, begin: int, end: int, size: int, etag: str) -> bytes:
        try:
            answer = self._get(self._store, key, options={"range": (begin, end), "if_match": etag})
            meta, content = answer.meta, bytes(answer.bytes())
        except self._error_types as error:
            raise error_from_obstore(error, self._object_uri(key)) from None
        if meta["e_tag"] != etag or meta["size"] != size:
            raise error_for_changed_object()
        return content

    def _get_with_boto3(self, key: str, begin: int, end: int, size: int, etag: str) -> bytes:
        """Request a byte range of an object whose key obstore would change."""
        from botocore.exceptions import BotoCoreError, ClientError

        client, bucket = self._connection.client(), self._connection.bucket
        try:
            answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={begin}-{end - 1}", IfMatch=etag)
            content: bytes = answer["Body"].read()
        except ClientError as error:
            raise error_from_botocore(error, self._object_uri(key)) from None
        except BotoCoreError:
            raise error_for_no_answer("the connection broke, or no answer came in time") from None
        if answer["ETag"] != etag or answer.get("ContentRange", f"/{size}").rpartition("/")[2] != str(size):
            raise error_for_changed_object()
        return content

    def _object_uri(self, key: str) -> str:
        return f"s3://{self._connection.bucket}/{key}"


def get_range_reader(connection: S3Connection) -> RangeReader:
    """Return the reader of this process for a bucket."""
    return _make_range_reader(connection, os.getpid())


@lru_cache(maxsize=8)
def _make_range_reader(connection: S3Connection, process: int) -> RangeReader:
    del process
    return RangeReader(connection)
