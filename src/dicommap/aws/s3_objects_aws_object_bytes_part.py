"""Parts of one object, by ranged GETs that only the object of one ETag answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import convert_client_errors, require_etag
from dicommap.aws.s3_objects import MAX_FRUITLESS_REQUESTS, read_body
from dicommap.errors import AwsError

if TYPE_CHECKING:
    from dicommap.aws.clients import Clients

FIRST_REQUEST_BYTES = 16_384
"""Bytes of a first request: most headers end within them."""


class ObjectRangeReader:
    """Reads parts of an object, all of them of the same version of it."""

    def __init__(self, clients: Clients, bucket: str, key: str, *, etag: str = "") -> None:
        """Name the object.

        Args:
            clients: The clients to use.
            bucket: The object's bucket.
            key: Its key.
            etag: The ETag that it must have; if it is empty, that of the first answer.

        """
        self._clients, self._bucket, self._key = clients, bucket, key
        self.etag = etag
        self.size: int | None = None
        """Bytes of the whole object; None before the first answer."""
        self._head = b""

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; fewer only at the object's end.

        Raises AwsError; its code is that of S3 if the object has another ETag (412) or is shorter (416).
        """
        end = offset + length
        if self.size is None:
            self._head = self._part(0, max(FIRST_REQUEST_BYTES, end))
        if self.size is not None:
            end = min(end, self.size)
        if end <= len(self._head):
            return self._head[offset:end]
        return self._part(offset, end)

    def _part(self, begin: int, end: int) -> bytes:
        uri = f"s3://{self._bucket}/{self._key}"
        for _ in range(MAX_FRUITLESS_REQUESTS):
            condition = {"IfMatch": self.etag} if self.etag else {}
            with convert_client_errors("GetObject", uri):
                answer: dict[str, Any] = self._clients.s3.get_object(
                    Bucket=self._bucket, Key=self._key, Range=f"bytes={begin}-{end - 1}", **condition
                )
            etag = require_etag(answer, "GetObject", uri)
            content = b"".join(read_body(answer["Body"], uri))
            self.etag, self.size = self.etag or etag, _parse_total_size(answer, uri)
            if len(content) == min(end, self.size) - begin:
                return content
        raise AwsError(
            f"GetObject of {uri} broke off again and again.",
            fix="Check the network, and try again.",
            transient=True,
            local=True,
        )


def _parse_total_size(answer: dict[str, Any], uri: str) -> int:
    """Return the size of the whole object. Raises AwsError if the answer is not one to a request for a range."""
    size = str(answer.get("ContentRange") or "").rpartition("/")[2]
    if not size.isdecimal():
        raise AwsError(
            f"The answer to GetObject of {uri} is none of S3's.",
            fix="Check the endpoint and the region, and what stands between here and there.",
        )
    return int(size)
