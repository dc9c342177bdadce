"""The body of an answer of GetImageSetMetadata: read and decompressed within limits."""

from __future__ import annotations

import zlib
from typing import Any

from dicommap.aws.client_errors import convert_client_errors
from dicommap.errors import AwsError
from dicommap.issues.wording import format_count
from dicommap.reading.document_limits import IMAGE_SET_METADATA_LIMIT

_PIECE_BYTES = 256 * 1024
_MAX_GZIP_MEMBERS = 100
"""Maximum number of gzip members in one body. AWS sends one; the time to read very many would grow quadratically."""
_GZIP_WBITS = 31
"""zlib's setting for exactly the gzip format."""


def read_metadata_body(body: Any, length: str, subject: str) -> bytes | None:  # noqa: ANN401  botocore's StreamingBody
    """Return all bytes of a body; None if the connection broke. Raises AwsError if there are too many bytes.

    Args:
        body: The body.
        length: The header Content-Length; empty if the answer does not have it.
        subject: The image set, for messages.

    """
    with convert_client_errors("GetImageSetMetadata", subject):
        from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

        pieces, size = [], 0
        try:
            if length.isdecimal() and int(length) <= _PIECE_BYTES:
                return bytes(body.read())  # a body cannot be longer than its Content-Length
            for piece in body.iter_chunks(_PIECE_BYTES):
                pieces.append(piece)
                size += len(piece)
                if size > IMAGE_SET_METADATA_LIMIT.bytes:
                    raise _make_size_error(subject)
        except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
            return None
        finally:
            body.close()
    return b"".join(pieces)


def decompress_metadata(body: bytes, image_set: str) -> bytes:
    """Decompress the metadata of an image set, which GetImageSetMetadata returned.

    Args:
        body: The body of the answer: one or more members of the gzip format (RFC 1952).
        image_set: The id of the image set, for messages.

    Raises:
        AwsError: The body is not gzip, is incomplete, or decompresses to more bytes than IMAGE_SET_METADATA_LIMIT.

    """
    subject = f"image set {image_set}"
    pieces: list[bytes] = []
    room = IMAGE_SET_METADATA_LIMIT.bytes
    rest = body
    while rest or not pieces:
        decompressor = zlib.decompressobj(_GZIP_WBITS)
        try:
            piece = decompressor.decompress(rest, room + 1)
        except zlib.error:
            raise _make_content_error(subject, "is not gzip data") from None
        room -= len(piece)
        if room < 0:
            raise _make_size_error(subject)
        if not decompressor.eof:
            raise _make_content_error(subject, "is incomplete gzip data")
        pieces.append(piece)
        if len(pieces) > _MAX_GZIP_MEMBERS:
            raise _make_content_error(subject, "has too many gzip members")
        rest = decompressor.unused_data
    return b"".join(pieces)


def _make_content_error(subject: str, problem: str) -> AwsError:
    return AwsError(
        f"The metadata of {subject} {problem}.",
        fix="Run the same command again. If that does not help, check the endpoint and any proxy on the way to it.",
        local=True,
    )


def _make_size_error(subject: str) -> AwsError:
    limit = format_count(IMAGE_SET_METADATA_LIMIT.bytes, "byte")
    return AwsError(
        f"The metadata of {subject} has more than {limit}.",
        fix="Read this image set with other software: dicommap limits the memory for one document.",
        local=True,
    )
