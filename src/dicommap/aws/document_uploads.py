"""Upload documents to S3 with conditional PUT, so that no existing object is replaced by accident."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import NOT_FOUND_CODES, convert_client_errors, require_etag
from dicommap.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

MAX_PUT_ATTEMPTS = 4
"""Maximum number of attempts to put an object while another writer writes the same key."""
_KEY_EXISTS_CODES = frozenset({"PreconditionFailed", "412"})
CONFLICT_CODES = frozenset({"ConditionalRequestConflict", "409"})
"""Error codes of S3 if another writer writes the same key at the same time. The conditional request can be repeated."""
_CHUNK_BYTES = 2**20


class UploadResult(StrEnum):
    """The result of an upload."""

    PUT = "put"
    """The object did not exist and was written."""
    THERE = "there"
    """The object existed with the same bytes; nothing was written."""
    REPLACED = "replaced"
    """The object existed with other bytes and was replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDocument:
    """A document to upload, with its bucket and key."""

    bucket: str
    key: str
    data: bytes
    content_type: str = "application/json"

    @property
    def uri(self) -> str:
        """Return the S3 URI of the document. It is used in messages."""
        return f"s3://{self.bucket}/{self.key}"


# botocore's clients have no types of their own.
def upload_document(client: Any, document: UploadDocument, *, replace: bool = False) -> UploadResult:  # noqa: ANN401
    """Upload a document with a conditional PUT (Amazon S3 user guide, "Conditional writes").

    Args:
        client: boto3's S3 client.
        document: The document to upload.
        replace: Whether to replace an existing object with other bytes. The object is replaced only if it has not
            changed since it was compared.

    Returns:
        What was done: the document was put, was there before, or replaced an object.

    Raises:
        AwsError: An object with other bytes has the key, S3 refuses a request, or the endpoint does not support
            conditional PUT.
    """
    for _ in range(MAX_PUT_ATTEMPTS):
        if _put_document(client, document, IfNoneMatch="*"):
            return UploadResult.PUT
        existing = compare_existing_object(client, document)
        if existing is None:
            continue  # the object was removed in the meantime
        if existing.is_same:
            return UploadResult.THERE
        if not replace:
            raise AwsError(
                f"{document.uri} already exists with other content; it is not replaced.",
                fix="Find out who wrote it. Remove it, or replace objects at the override files' keys with --replace.",
            )
        if _put_document(client, document, IfMatch=existing.etag):
            return UploadResult.REPLACED
    raise AwsError(
        f"{document.uri} changed during each attempt to upload it.",
        fix="Somebody else is writing the same key: wait until they are done, and run the same command again.",
        transient=True,
    )


def _put_document(client: Any, document: UploadDocument, **condition: str) -> bool:  # noqa: ANN401
    """Put a document under a condition (IfNoneMatch or IfMatch), and return whether the document was written.

    If the condition is not met, or another writer writes the same key, nothing is written and the result is False.
    """
    checksum = b64encode(hashlib.sha256(document.data).digest()).decode()
    try:
        with convert_client_errors("PutObject", document.uri):
            answer = client.put_object(
                Bucket=document.bucket,
                Key=document.key,
                # botocore copies bytes behind the headers of the request, but sends a file in pieces
                Body=document.data if len(document.data) <= _CHUNK_BYTES else io.BytesIO(document.data),
                ContentType=document.content_type,
                ChecksumSHA256=checksum,
                **condition,
            )
            require_etag(answer, "PutObject", document.uri)
    except AwsError as error:
        if error.code in _KEY_EXISTS_CODES | CONFLICT_CODES or (
            error.code in NOT_FOUND_CODES - {"NoSuchBucket"} and "IfMatch" in condition
        ):
            return False
        if error.code in ("NotImplemented", "501"):
            fix = "Use an endpoint that supports it, such as Amazon S3."
            raise AwsError("The S3 endpoint does not support conditional PUT.", fix=fix, code=error.code) from None
        raise
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingObject:
    """An object at the key of a document."""

    etag: str
    is_same: bool
    """Whether the bytes of the object are equal to the document's."""
    modified: datetime | None
    """The time at which the object was written; None if S3 does not return it."""


def compare_existing_object(client: Any, document: UploadDocument) -> ExistingObject | None:  # noqa: ANN401
    """Read the object at the document's key, and compare it with the document.

    Args:
        client: boto3's S3 client.
        document: The document.

    Returns:
        The object; None if it does not exist.

    Raises:
        AwsError: S3 cannot be reached, or refuses the request.

    """
    try:
        with convert_client_errors("GetObject", document.uri):
            answer = client.get_object(Bucket=document.bucket, Key=document.key)
            same_length = answer["ContentLength"] == len(document.data)
            etag = require_etag(answer, "GetObject", document.uri)
            with closing(answer["Body"]) as body:  # otherwise the connection of an unread body stays open
                is_same = same_length and _has_same_bytes(body.read, document.data)
    except AwsError as error:
        if error.code in NOT_FOUND_CODES - {"NoSuchBucket"}:
            return None
        raise
    return ExistingObject(etag=etag, is_same=is_same, modified=answer.get("LastModified"))


def _has_same_bytes(read: Callable[[int], bytes], data: bytes) -> bool:
    """Return whether the bytes of a body are equal to `data`. `read` returns the next bytes of the body."""
    offset = 0
    while piece := read(_CHUNK_BYTES):
        if data[offset : offset + len(piece)] != piece:
            return False
        offset += len(piece)
    return offset == len(data)
