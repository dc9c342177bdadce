"""Read S3 objects in pieces or by byte ranges, and compute their SHA-256."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from dicommap.aws.bucket_listing import get_bucket_region, list_objects
from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES, convert_client_errors, require_etag
from dicommap.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.aws.clients import Clients
    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.model.source_files import S3Object

PIECE_BYTES = 256 * 1024
"""Maximum number of bytes that are read at once from the body of an answer."""
FIRST_REQUEST_BYTES = 16_384
"""Bytes of the first request for an object. Most DICOM headers are shorter."""
MAX_FRUITLESS_REQUESTS = 5
"""Maximum number of consecutive requests without a new byte. After them, reading an object fails."""
_NO_SUCH_RANGE_CODES = frozenset({"InvalidRange", "416"})
_CHANGED_CODES = frozenset({"PreconditionFailed", "412"})


def read_in_pieces(clients: Clients, bucket: str, key: str, *, limit: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of an object in pieces. If the connection breaks, the missing bytes are requested again.

    Args:
        clients: The clients to read with.
        bucket: The name of the bucket.
        key: The key of the object.
        limit: The number of bytes to read from the start; None for all bytes.

    Raises:
        AwsError: S3 refuses a request, or the object changed between two requests.
    """
    done, fruitless_requests = 0, 0
    etag = size = None
    while size is None or done < size:
        before = done
        try:
            answer = _get_object(clients, bucket, key, done, limit, etag)
        except AwsError as error:
            if error.code in _NO_SUCH_RANGE_CODES and not done:  # an empty object has no first byte
                return
            raise
        etag = require_etag(answer, "GetObject", f"s3://{bucket}/{key}")
        if size is None:
            size = answer["ContentLength"]
        for piece in read_body_in_pieces(answer["Body"], f"s3://{bucket}/{key}"):
            done += len(piece)
            yield piece
        fruitless_requests = 0 if done > before else fruitless_requests + 1
        if fruitless_requests >= MAX_FRUITLESS_REQUESTS:
            raise AwsError(
                f"GetObject of s3://{bucket}/{key} was interrupted several times.",
                fix="Check the network, and run the same command again.",
                transient=True,
                local=True,
            )


def _get_object(
    clients: Clients, bucket: str, key: str, done: int, limit: int | None, etag: str | None
) -> dict[str, Any]:
    """Request the bytes of an object from offset `done` to offset `limit` (None: to its end), and return the answer.

    Raises AwsError if `etag` is not None and is not the object's ETag.
    """
    parameters: dict[str, Any] = {"Bucket": bucket, "Key": key}
    if done or limit is not None:
        parameters["Range"] = f"bytes={done}-" + ("" if limit is None else str(limit - 1))
    if etag is not None:
        parameters["IfMatch"] = etag
    try:
        with convert_client_errors("GetObject", f"s3://{bucket}/{key}"):
            answer: dict[str, Any] = clients.s3.get_object(**parameters)
    except AwsError as error:
        if error.code not in _CHANGED_CODES:
            raise
        message = f"s3://{bucket}/{key} changed while it was read."
        raise AwsError(
            message, fix="Run the same command again.", code=error.code, transient=True, local=True
        ) from None
    return answer


def read_body_in_pieces(body: Any, uri: str) -> Iterator[bytes]:  # noqa: ANN401  botocore's StreamingBody
    """Yield the bytes of a response body in pieces, and close it.

    If the connection breaks, the pieces end without an exception. So the caller must compare the number of bytes with
    the size of the object.

    Raises:
        AwsError: Reading failed for another reason.

    """
    with convert_client_errors("GetObject", uri):
        from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

        try:
            yield from body.iter_chunks(PIECE_BYTES)
        except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
            return
        finally:
            body.close()


class ObjectRangeReader:
    """Reader of byte ranges of one object. A read raises AwsError if the object has changed since the first read."""

    def __init__(self, clients: Clients, bucket: str, key: str, *, etag: str = "") -> None:
        """Prepare to read an object.

        Args:
            clients: The clients to read with.
            bucket: The name of the bucket.
            key: The key of the object.
            etag: The ETag that the object must have; empty to accept the ETag of the first answer.
        """
        self._clients, self._bucket, self._key = clients, bucket, key
        self.etag = etag
        self.size: int | None = None
        """Number of bytes of the whole object; None before the first answer."""
        self._head = b""

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, or fewer at the end of the object.

        Raises:
            AwsError: S3 refuses the request, because the object has another ETag or is shorter, or for another reason.

        """
        end = offset + length
        if self.size is None:
            self._head = self._read_range(0, max(FIRST_REQUEST_BYTES, end))
        if self.size is not None:
            end = min(end, self.size)
        if end <= len(self._head):
            return self._head[offset:end]
        return self._read_range(offset, end)

    def _read_range(self, begin: int, end: int) -> bytes:
        """Return the bytes of the object from `begin` to `end`. If an answer is interrupted, request them again."""
        uri = f"s3://{self._bucket}/{self._key}"
        for _ in range(MAX_FRUITLESS_REQUESTS):
            condition = {"IfMatch": self.etag} if self.etag else {}
            with convert_client_errors("GetObject", uri):
                answer: dict[str, Any] = self._clients.s3.get_object(
                    Bucket=self._bucket, Key=self._key, Range=f"bytes={begin}-{end - 1}", **condition
                )
            etag = require_etag(answer, "GetObject", uri)
            content = b"".join(read_body_in_pieces(answer["Body"], uri))
            self.etag, self.size = self.etag or etag, _parse_total_size(answer, uri)
            if len(content) == min(end, self.size) - begin:
                return content
        raise AwsError(
            f"GetObject of {uri} was interrupted several times.",
            fix="Check the network, and run the same command again.",
            transient=True,
            local=True,
        )


def _parse_total_size(answer: dict[str, Any], uri: str) -> int:
    """Return the whole object's size from the answer's Content-Range. Raises AwsError if there is no Content-Range."""
    size = str(answer.get("ContentRange") or "").rpartition("/")[2]
    if not size.isdecimal():
        raise AwsError(
            f"The answer to GetObject of {uri} is not one of S3.",
            fix="Check the endpoint and the region, and any proxy on the way to it.",
        )
    return int(size)


class S3Objects:
    """Reader of objects and buckets in S3. Every method may raise AwsError."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        with convert_client_errors("HeadBucket"):  # raises AwsError for an unknown profile
            self.region: str | None = clients.s3.meta.region_name

    def get_region(self, bucket: str) -> str | None:
        """Return the region of a bucket; None if the endpoint does not return the region."""
        return get_bucket_region(self._clients, bucket)

    def list_objects(self, uri: S3Uri) -> Iterator[S3Object]:
        """Yield all objects under an S3 URI, sorted by the UTF-8 bytes of their keys."""
        return list_objects(self._clients, uri)

    def sha256(self, bucket: str, key: str) -> str:
        """Return the SHA-256 of an object's bytes, as hexadecimal digits."""
        digest = hashlib.sha256()
        for piece in read_in_pieces(self._clients, bucket, key):
            digest.update(piece)
        return digest.hexdigest()

    def read_start(self, bucket: str, key: str, size: int) -> bytes | str:
        """Return the first `size` bytes of an object. If they cannot be read, return the reason as a text."""
        try:
            return b"".join(read_in_pieces(self._clients, bucket, key, limit=size))
        except AwsError as error:
            if error.code in ACCESS_DENIED_CODES:
                return "reading it was refused"
            if error.code in NOT_FOUND_CODES:
                return "it no longer exists"
            if error.local:
                return f"S3 answers {error.code}" if error.code else "it could not be read completely"
            raise
