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
"""Of a first request: twice what `p10` begins with. All but two of 833 real files that were tried end their headers
within half of it, and S3 takes as long to answer for a few kilobytes as for one."""

MAX_FIRST_REQUEST_BYTES = 65_536

NEARBY_SECONDS = 0.002
"""S3 itself takes longer for any answer, even within a region; a server in the same room does not."""


class ByteRange(NamedTuple):
    """Bytes of an object from `start`."""

    start: int
    content: bytes

    def holds(self, offset: int, length: int, size: int) -> bool:
        """Say whether all that the object, of this size, has between is here."""
        return self.start <= offset and min(offset + length, size) <= self.start + len(self.content)

    def cut(self, offset: int, length: int) -> bytes:
        """Return bytes of it."""
        return self.content[offset - self.start : offset - self.start + length]


class RangeReader:
    """Reads objects of one bucket, in any thread; each process has its own."""

    def __init__(self, connection: S3Connection) -> None:
        """Take the way to a bucket. Raises AwsError and MissingExtraError where no client can be had."""
        self._connection = connection
        self._store = connection.store()
        # Scans of local trees import this module and need no client; and each import takes its time for each object.
        import obstore
        from obstore.exceptions import BaseError

        self._get = obstore.get
        self._refusals = (BaseError, FileNotFoundError)
        self.first_bytes = FIRST_REQUEST_BYTES
        """What to ask for first: more where files were met that need more."""
        self._quickest = inf

    @property
    def is_near(self) -> bool:
        """Say whether any answer came so soon that waiting for many at once does not pay."""
        return self._quickest < NEARBY_SECONDS

    def part(self, key: str, begin: int, end: int, size: int, etag: str) -> ByteRange:
        """Return the bytes between two offsets of the object that has this size and ETag.

        Raises ObjectError, an OSError, where this object cannot be read, and AwsError where none can.
        """
        asked = perf_counter()
        content = (self._by_obstore if is_portable_key(key) else self._by_boto3)(key, begin, end, size, etag)
        self._quickest = min(self._quickest, perf_counter() - asked)
        if len(content) != end - begin:
            raise error_for_no_answer("its bytes came incomplete")
        return ByteRange(begin, content)

    def notice(self, end: int) -> None:
        """Take note of how far into a file its header was looked for."""
        if self.first_bytes < end <= MAX_FIRST_REQUEST_BYTES:
            self.first_bytes = -(-end // FIRST_REQUEST_BYTES) * FIRST_REQUEST_BYTES

    def _by_obstore(self, key: str, begin: int, end: int, size: int, etag: str) -> bytes:
        try:
            answer = self._get(self._store, key, options={"range": (begin, end), "if_match": etag})
            meta, content = answer.meta, bytes(answer.bytes())
        except self._refusals as error:
            raise error_from_obstore(error, self._uri(key)) from None
        if meta["e_tag"] != etag or meta["size"] != size:
            raise error_for_changed_object()
        return content

    def _by_boto3(self, key: str, begin: int, end: int, size: int, etag: str) -> bytes:
        """Read an object that obstore would ask for by another key."""
        from botocore.exceptions import BotoCoreError, ClientError

        client, bucket = self._connection.client(), self._connection.bucket
        try:
            answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={begin}-{end - 1}", IfMatch=etag)
            content: bytes = answer["Body"].read()
        except ClientError as error:
            raise error_from_botocore(error, self._uri(key)) from None
        except BotoCoreError:
            raise error_for_no_answer("the connection broke, or no answer came in time") from None
        if answer["ETag"] != etag or answer.get("ContentRange", f"/{size}").rpartition("/")[2] != str(size):
            raise error_for_changed_object()
        return content

    def _uri(self, key: str) -> str:
        return f"s3://{self._connection.bucket}/{key}"


def get_range_reader(connection: S3Connection) -> RangeReader:
    """Return this process's reader."""
    return _reader(connection, os.getpid())


@lru_cache(maxsize=8)
def _reader(connection: S3Connection, process: int) -> RangeReader:
    del process
    return RangeReader(connection)
