"""What S3 refuses: a finding where it is about one object, an error where it is about all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.errors import AwsError
from dicommap.issues import issue

if TYPE_CHECKING:
    from typing import Any

    from dicommap.issues import Issue

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9._-]{1,64})</Code>")

_SCAN_WIDE = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidSecurity",
        "InvalidToken",
        "NoSuchBucket",
        "PermanentRedirect",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
"""Codes of the S3 API reference, "Error responses", that every other object would get too."""

_THROTTLED = frozenset({429, 503})
_CODES = {304: "s3.changed", 404: "s3.vanished", 412: "s3.changed", 416: "s3.changed"}


class ObjectError(OSError):
    """One object cannot be read; `found` says why."""

    def __init__(self, found: Issue, *, unanswered: bool = False) -> None:
        super().__init__(0, found.message)
        self.found = found
        self.unanswered = unanswered
        """Whether S3 gave no good answer at all, so that the fault may not be the object's."""


def refused(status: int, code: str, uri: str) -> ObjectError | AwsError:
    """Return what to raise where S3 answers a GetObject with an error."""
    if status in _THROTTLED or code in _SCAN_WIDE or (301 <= status < 400 and status != 304):
        return _for_all(status, "SlowDown" if status in _THROTTLED else code or str(status), uri)
    if status >= 500:
        return unanswered(f"S3 had a fault of its own ({status})")
    if status in _CODES:
        return ObjectError(issue(_CODES[status]))
    if code == "InvalidObjectState":
        return ObjectError(issue("s3.archived"))
    return ObjectError(issue("s3.denied", answer=code or str(status)))


def unanswered(reason: str) -> ObjectError:
    """Return what to raise where no whole answer came."""
    return ObjectError(issue("s3.unreadable", reason=reason), unanswered=True)


def changed() -> ObjectError:
    """Return what to raise where the object is not the one that was listed."""
    return ObjectError(issue("s3.changed"))


def told_by_obstore(error: Exception, uri: str) -> ObjectError | AwsError:
    """Return what to raise for an error of obstore. Of its text, which may hold anything, only S3's code is taken."""
    text = str(error)
    status, code = _STATUS.search(text), _CODE.search(text)
    if status is not None:
        return refused(int(status[1]), code[1] if code else "", uri)
    if isinstance(error, FileNotFoundError):
        return refused(404, "", uri)
    if "redirect" in text:
        return refused(301, "PermanentRedirect", uri)
    return unanswered("the connection broke, or no answer came in time")


def told_by_botocore(error: Any, uri: str) -> ObjectError | AwsError:  # noqa: ANN401  a ClientError, which has no types
    """Return what to raise for an answer that botocore takes for an error."""
    answer = error.response
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    return refused(status, str(answer.get("Error", {}).get("Code") or ""), uri)


def _for_all(status: int, code: str, uri: str) -> AwsError:
    from botocore.exceptions import ClientError

    from dicommap.aws.faults import calling

    answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    try:
        with calling("GetObject", uri):
            raise ClientError(answer, "GetObject")
    except AwsError as error:
        return error
