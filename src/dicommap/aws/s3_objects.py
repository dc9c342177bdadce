"""Reading objects in pieces; a body that breaks off is gone on with where it broke, never begun anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import convert_client_errors, require_etag
from dicommap.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.aws.clients import Clients

PIECE_BYTES = 256 * 1024
"""Bytes read at a time."""
MAX_FRUITLESS_REQUESTS = 5
"""Bodies that are asked for without a byte of progress, before the object is given up."""
_NO_SUCH_RANGE_CODES = frozenset({"InvalidRange", "416"})
_CHANGED_CODES = frozenset({"PreconditionFailed", "412"})


def read_in_pieces(clients: Clients, bucket: str, key: str, *, limit: int | None = None) -> Iterator[bytes]:
    """Yield an object's bytes, the first `limit` of them where that is given.

    Raises AwsError, also where the object changed between two requests.
    """
    done, fruitless = 0, 0
    etag = size = None
    while size is None or done < size:
        before = done
        try:
            answer = _get_object(clients, bucket, key, done, limit, etag)
        except AwsError as error:
            if error.code in _NO_SUCH_RANGE_CODES and not done:  # of an empty object there is no first byte
                return
            raise
        etag = require_etag(answer, "GetObject", f"s3://{bucket}/{key}")
        if size is None:
            size = answer["ContentLength"]
        for piece in read_body(answer["Body"], f"s3://{bucket}/{key}"):
            done += len(piece)
            yield piece
        fruitless = 0 if done > before else fruitless + 1
        if fruitless >= MAX_FRUITLESS_REQUESTS:
            raise AwsError(
                f"GetObject of s3://{bucket}/{key} broke off again and again.",
                fix="Check the network, and try again.",
                transient=True,
                local=True,
            )


def _get_object(
    clients: Clients, bucket: str, key: str, done: int, limit: int | None, etag: str | None
) -> dict[str, Any]:
    wanted: dict[str, Any] = {"Bucket": bucket, "Key": key}
    if done or limit is not None:
        wanted["Range"] = f"bytes={done}-" + ("" if limit is None else str(limit - 1))
    if etag is not None:
        wanted["IfMatch"] = etag
    try:
        with convert_client_errors("GetObject", f"s3://{bucket}/{key}"):
            answer: dict[str, Any] = clients.s3.get_object(**wanted)
    except AwsError as error:
        if error.code not in _CHANGED_CODES:
            raise
        message = f"s3://{bucket}/{key} changed while it was read."
        raise AwsError(message, fix="Run the same again.", code=error.code, transient=True, local=True) from None
    return answer


def read_body(body: Any, uri: str) -> Iterator[bytes]:  # noqa: ANN401  botocore's StreamingBody
    """Yield what comes of a body; that it broke off is seen by what is missing. Raises AwsError where it is another."""
    with convert_client_errors("GetObject", uri):
        from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

        try:
            yield from body.iter_chunks(PIECE_BYTES)
        except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
            return
        finally:
            body.close()
