"""Upload documents with conditional PUT, so that no other object is replaced by accident."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import NOT_FOUND_CODES, convert_client_errors, require_etag
from dicommap.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PUT_ATTEMPTS = 4
"""Of a PUT that another writer gets in the way of."""
_KEY_TAKEN_CODES = frozenset({"PreconditionFailed", "412"})
CONFLICT_CODES = frozenset({"ConditionalRequestConflict", "409"})
"""What S3 says of a conditional request while another writes the same key: it is to be tried again."""
_CHUNK_BYTES = 2**20


class UploadResult(StrEnum):
    """What came of an upload."""

    PUT = "put"
    """The object was not there."""
    THERE = "there"
    """It was there already, with the same bytes."""
    REPLACED = "replaced"
    """Another one was there, and was to be replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDocument:
    """What is to be uploaded, and where."""

    bucket: str
    key: str
    data: bytes
    content_type: str = "application/json"

    @property
    def uri(self) -> str:
        """Return where it goes, for people."""
        return f"s3://{self.bucket}/{self.key}"


# botocore's clients have no types of their own.
def upload_document(client: Any, document: UploadDocument, *, replace: bool = False) -> UploadResult:  # noqa: ANN401
    """Put a document where no object is, or where one of the same bytes is.

    Another object there is replaced only if `replace` is set, and only as long as it is the one that was looked at.
    Raises AwsError where another object holds the key, where S3 refuses, and where the endpoint knows no conditional
    PUT (Amazon S3 user guide, "Conditional writes").
    """
    for _ in range(MAX_PUT_ATTEMPTS):
        if _put(client, document, IfNoneMatch="*"):
            return UploadResult.PUT
        found = _compare_existing(client, document)
        if found is None:
            continue  # removed since
        etag, is_same = found
        if is_same:
            return UploadResult.THERE
        if not replace:
            raise AwsError(
                f"{document.uri} holds another object already; nothing is replaced unasked.",
                fix="Find out whose it is. Remove it, or replace objects at the override files' keys with --replace.",
            )
        if _put(client, document, IfMatch=etag):
            return UploadResult.REPLACED
    raise AwsError(
        f"{document.uri} changes each time that it is looked at.",
        fix="Somebody else is writing there: wait until they have ended, and run the same again.",
        transient=True,
    )


def _put(client: Any, document: UploadDocument, **condition: str) -> bool:  # noqa: ANN401
    """Put a document under a condition, and say whether it held."""
    checksum = b64encode(hashlib.sha256(document.data).digest()).decode()
    try:
        with convert_client_errors("PutObject", document.uri):
            answer = client.put_object(
                Bucket=document.bucket,
                Key=document.key,
                Body=document.data,
                ContentType=document.content_type,
                ChecksumSHA256=checksum,
                **condition,
            )
            require_etag(answer, "PutObject", document.uri)
    except AwsError as error:
        if error.code in _KEY_TAKEN_CODES | CONFLICT_CODES or (
            error.code in NOT_FOUND_CODES - {"NoSuchBucket"} and "IfMatch" in condition
        ):
            return False
        if error.code in ("NotImplemented", "501"):
            fix = "Use an endpoint that does: Amazon S3 has known it since 2024."
            raise AwsError("The S3 endpoint knows no conditional PUT.", fix=fix, code=error.code) from None
        raise
    return True


def _compare_existing(client: Any, document: UploadDocument) -> tuple[str, bool] | None:  # noqa: ANN401
    """Return the ETag of what holds a key, and whether it is the document; None where nothing does any more."""
    try:
        with convert_client_errors("GetObject", document.uri):
            answer = client.get_object(Bucket=document.bucket, Key=document.key)
            same_length = answer["ContentLength"] == len(document.data)
            etag = require_etag(answer, "GetObject", document.uri)
            with closing(answer["Body"]) as body:  # what is not read to its end would keep its connection
                return etag, same_length and _has_same_bytes(body.read, document.data)
    except AwsError as error:
        if error.code in NOT_FOUND_CODES - {"NoSuchBucket"}:
            return None
        raise


def _has_same_bytes(read: Callable[[int], bytes], data: bytes) -> bool:
    place = 0
    while piece := read(_CHUNK_BYTES):
        if data[place : place + len(piece)] != piece:
            return False
        place += len(piece)
    return place == len(data)
