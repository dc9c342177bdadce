"""Errors from reading S3 objects: ObjectError if only one object is affected, AwsError if all objects are affected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.errors import AwsError
from dicommap.issues import make_issue
from dicommap.sources.source import FileError

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
"""Error codes of S3 that affect all objects, not only one object.

Source: Amazon S3 API Reference, "Error responses".
"""

_THROTTLED = frozenset({429, 503})
_ISSUE_CODES = {304: "s3.changed", 404: "s3.vanished", 412: "s3.changed", 416: "s3.changed"}


class ObjectError(FileError):
    """Raised for one object that cannot be read. Its issue gives the reason."""

    def __init__(self, issue: Issue, *, has_no_answer: bool = False) -> None:
        """Make the error.

        Args:
            issue: The issue that gives the reason.
            has_no_answer: Whether S3 gave no complete answer. If so, the cause may be S3 or the network, and not the
                object.
        """
        super().__init__(issue)
        self.has_no_answer = has_no_answer


def error_for_status(status: int, code: str, uri: str) -> ObjectError | AwsError:
    """Return the error for an HTTP error status of GetObject.

    The result is an AwsError if the status affects all objects, else an ObjectError.

    Args:
        status: The HTTP status.
        code: The error code of the S3 API; empty if S3 returned no code.
        uri: The URI of the object, for messages.

    """
    if status in _THROTTLED or code in _CODES_FOR_ALL_OBJECTS or (301 <= status < 400 and status != 304):
        return _make_error_for_all_objects(status, "SlowDown" if status in _THROTTLED else code or str(status), uri)
    if status >= 500:
        return error_for_no_answer(f"S3 answered with an internal error ({status})")
    if status in _ISSUE_CODES:
        return ObjectError(make_issue(_ISSUE_CODES[status]))
    if code == "InvalidObjectState":
        return ObjectError(make_issue("s3.archived"))
    return ObjectError(make_issue("s3.denied", answer=code or str(status)))


def error_for_no_answer(reason: str) -> ObjectError:
    """Return the error for a request without a complete answer."""
    return ObjectError(make_issue("s3.unreadable", reason=reason), has_no_answer=True)


def error_for_changed_object() -> ObjectError:
    """Return the error for an object that was replaced after it was listed."""
    return ObjectError(make_issue("s3.changed"))


def error_from_obstore(error: Exception, uri: str) -> ObjectError | AwsError:
    """Convert an error of obstore to an ObjectError or AwsError. The new message does not contain obstore's text."""
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
    """Convert botocore's ClientError to an ObjectError or AwsError."""
    answer = error.response
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    return error_for_status(status, str(answer.get("Error", {}).get("Code") or ""), uri)


def _make_error_for_all_objects(status: int, code: str, uri: str) -> AwsError:
    """Return the AwsError for an HTTP status that all requests would get."""
    from botocore.exceptions import ClientError

    from dicommap.aws.client_errors import convert_client_errors

    answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    try:
        with convert_client_errors("GetObject", uri):
            raise ClientError(answer, "GetObject")
    except AwsError as error:
        return error
