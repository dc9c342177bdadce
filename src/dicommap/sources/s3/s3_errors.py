"""Errors from reading objects: an issue for one object, or AwsError if all objects are affected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.errors import AwsError
from dicommap.issues import make_issue

if TYPE_CHECKING:
    from typing import Any

    from dicommap.issues import Issue

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9._-]{1,64})</Code>")

_CODES_FOR_ALL_OBJECTS = frozenset(
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
_ISSUE_CODES = {304: "s3.changed", 404: "s3.vanished", 412: "s3.changed", 416: "s3.changed"}


class ObjectError(OSError):
    """One object cannot be read; `found` says why."""

    def __init__(self, found: Issue, *, unanswered: bool = False) -> None:
        super().__init__(0, found.message)
        self.found = found
        self.unanswered = unanswered
        """Whether S3 gave no good answer at all, so that the fault may not be the object's."""


def error_for_status(status: int, code: str, uri: str) -> ObjectError | AwsError:
    """Return what to raise where S3 answers a GetObject with an error."""
    if status in _THROTTLED or code in _CODES_FOR_ALL_OBJECTS or (301 <= status < 400 and status != 304):
        return _error_for_all_objects(status, "SlowDown" if status in _THROTTLED else code or str(status), uri)
    if status >= 500:
        return error_for_no_answer(f"S3 had a fault of its own ({status})")
    if status in _ISSUE_CODES:
        return ObjectError(make_issue(_ISSUE_CODES[status]))
    if code == "InvalidObjectState":
        return ObjectError(make_issue("s3.archived"))
    return ObjectError(make_issue("s3.denied", answer=code or str(status)))


def error_for_no_answer(reason: str) -> ObjectError:
    """Return what to raise where no whole answer came."""
    return ObjectError(make_issue("s3.unreadable", reason=reason), unanswered=True)


def error_for_changed_object() -> ObjectError:
    """Return what to raise where the object is not the one that was listed."""
    return ObjectError(make_issue("s3.changed"))


def error_from_obstore(error: Exception, uri: str) -> ObjectError | AwsError:
    """Return what to raise for an error of obstore. Of its text, which may hold anything, only S3's code is taken."""
    text = str(error)
    status, code = _STATUS.search(text), _CODE.search(text)
    if status is not None:
        return error_for_status(int(status[1]), code[1] if code else "", uri)
    if isinstance(error, FileNotFoundError):
        return error_for_status(404, "", uri)
    if "redirect" in text:
        return error_for_status(301, "PermanentRedirect", uri)
    return error_for_no_answer("the connection broke, or no answer came in time")


def error_from_botocore(error: Any, uri: str) -> ObjectError | AwsError:  # noqa: ANN401  a ClientError, which has no types
    """Return what to raise for an answer that botocore takes for an error."""
    answer = error.response
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    return error_for_status(status, str(answer.get("Error", {}).get("Code") or ""), uri)


def _error_for_all_objects(status: int, code: str, uri: str) -> AwsError:
    from botocore.exceptions import ClientError

    from dicommap.aws.client_errors import convert_client_errors

    answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    try:
        with convert_client_errors("GetObject", uri):
            raise ClientError(answer, "GetObject")
    except AwsError as error:
        return error
