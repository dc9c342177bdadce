"""Convert botocore's errors into AwsError, with AWS's error code and advice for the user."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dicommap.aws.clients import make_missing_boto3_error
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import AwsError
from dicommap.healthimaging.service_messages import mask_service_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.exceptions import ClientError

ACCESS_DENIED_CODES = frozenset({"AccessDenied", "AccessDeniedException", "403", "Forbidden"})
NOT_FOUND_CODES = frozenset({"NoSuchBucket", "NoSuchKey", "404", "NotFound", "ResourceNotFoundException"})
EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
_UNKNOWN_CREDENTIALS_CODES = frozenset(
    {
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_NO_SUCH_KEY_CODES = frozenset({"NoSuchKey"})
_STATUS_403_CODES = frozenset({"403"})
_STATUS_400_CODES = frozenset({"400"})
"""The error code 400 of a refused HEAD request. The answer has no body, so the HTTP status is the only code."""
_CLOCK_SKEW_CODES = frozenset({"RequestTimeTooSkewed"})
_ACCOUNT_WIDE_CODES = EXPIRED_CODES | _UNKNOWN_CREDENTIALS_CODES | _CLOCK_SKEW_CODES
"""Error codes that affect all requests, not only one bucket or object."""
_OTHER_REGION_CODES = frozenset(
    {"PermanentRedirect", "301", "AuthorizationHeaderMalformed", "TemporaryRedirect", "307"}
)
THROTTLING_CODES = frozenset(
    {
        "429",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_FIRST_SERVER_ERROR_STATUS = 500

_FIXES = (
    (
        _STATUS_403_CODES,
        "Grant the permission, or check which credentials are used; 'dicommap policy PACKAGE' lists the permissions "
        "that a package needs.",
    ),
    (
        _STATUS_400_CODES,
        "Check the credentials and the region. For expired credentials, S3 gives no other code here.",
    ),
    (_NO_SUCH_KEY_CODES, "The object does not exist, or was deleted: run the same command again."),
    (
        ACCESS_DENIED_CODES,
        "Grant the permission; 'dicommap policy PACKAGE' lists the permissions that a package needs.",
    ),
    (
        EXPIRED_CODES,
        "The credentials have expired: renew them and run the same command again; it continues where it stopped.",
    ),
    (_UNKNOWN_CREDENTIALS_CODES, "Check which credentials are used: those of --profile, or of the environment."),
    (_CLOCK_SKEW_CODES, "Set this machine's clock."),
    (_OTHER_REGION_CODES, "The bucket is in another region: name it with --region."),
    (NOT_FOUND_CODES, "Check the name, the account and the region."),
    (THROTTLING_CODES, "AWS accepts no more requests at the moment: wait some minutes and run the same command again."),
)
_ENDPOINT_FIX = "Check the endpoint and the region, and any proxy on the way to it."
_CODES_WITH_MESSAGE = ACCESS_DENIED_CODES | frozenset(
    {"ConflictException", "ServiceQuotaExceededException", "ValidationException"}
)
"""Error codes for which AWS's message is shown. The message may name accounts, roles and UIDs, but not credentials."""
_MAX_MESSAGE_CHARACTERS = 500
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}|[0-9]{3}")


@contextmanager
def convert_client_errors(operation: str, subject: str = "") -> Iterator[None]:
    """Return a context manager that converts botocore's exceptions into AwsError.

    Args:
        operation: AWS's name of the operation, such as GetObject. The message names it.
        subject: The resource of the call, such as an s3:// URI. The message names it; empty if there is no resource.

    Raises:
        AwsError: botocore raised an exception.
        MissingExtraError: botocore is not installed.

    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
    except ImportError:
        raise make_missing_boto3_error() from None
    try:
        yield
    except ClientError as error:
        raise _convert_error_answer(error, _format_call(operation, subject)) from None
    except (BotoCoreError, ResponseParserError) as error:
        # botocore wraps a RecursionError of its own requests in another exception.
        if isinstance(getattr(error, "kwargs", {}).get("error"), RecursionError):
            raise _make_endless_redirect_error(_format_call(operation, subject)) from None
        raise _convert_error_without_answer(error, _format_call(operation, subject)) from None
    except RecursionError:
        raise _make_endless_redirect_error(_format_call(operation, subject)) from None
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if _is_answer_parsing_error(error):
            raise AwsError(
                f"The answer to {_format_call(operation, subject)} is not one of AWS.", fix=_ENDPOINT_FIX
            ) from None
        # botocore raises ValueError with this message if the endpoint is not a URL. Any other exception is a bug.
        if "Invalid endpoint" not in str(error):
            raise
        raise AwsError("The endpoint is not a URL.", fix="Check --endpoint-url, and AWS_ENDPOINT_URL.") from None


def _is_answer_parsing_error(error: Exception) -> bool:
    """Return whether an exception was raised by botocore's parser while it parsed an answer of the service."""
    from traceback import walk_tb

    frames = walk_tb(error.__traceback__)
    return any(frame.f_globals.get("__name__") == "botocore.parsers" for frame, _ in frames)


def require_etag(answer: Mapping[str, Any], operation: str, subject: str) -> str:
    """Return the ETag of an answer. Raises AwsError if the answer has no ETag, because every answer of S3 has one."""
    etag = answer.get("ETag")
    if not etag:
        raise AwsError(f"The answer to {_format_call(operation, subject)} is not one of S3.", fix=_ENDPOINT_FIX)
    return str(etag)


def _format_call(operation: str, subject: str) -> str:
    return f"{operation} of {make_printable(subject)}" if subject else operation


def _make_endless_redirect_error(call: str) -> AwsError:
    # botocore calls HeadBucket to find a bucket's region, and follows a redirect by calling it again.
    return AwsError(f"{call} is redirected without end.", fix=_ENDPOINT_FIX)


def _convert_error_answer(error: ClientError, call: str) -> AwsError:
    """Return the AwsError for an error that AWS returned. `call` is the operation and its resource, for the message."""
    answer = error.response
    answer_code = str(answer.get("Error", {}).get("Code") or "")
    code = answer_code if _CODE.fullmatch(answer_code) else "an unknown code"
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    has_message = code in _CODES_WITH_MESSAGE and not code.isdecimal()
    message = str(answer["Error"].get("Message") or "") if has_message else ""
    masked = mask_service_message(message[:_MAX_MESSAGE_CHARACTERS], show_values=False)
    quoted = f" AWS says: {make_printable(masked).rstrip('.')}." if message else ""
    request_id = get_request_id(answer)
    quoted += f" Request id: {request_id}." if request_id else ""
    transient = code in THROTTLING_CODES or status >= _FIRST_SERVER_ERROR_STATUS
    local = not transient and code not in _ACCOUNT_WIDE_CODES
    return AwsError(
        f"{call} was refused: {code}.{quoted}",
        fix=_choose_fix(code, transient),
        code=code,
        transient=transient,
        local=local,
        request_id=request_id,
    )


def get_request_id(answer: Mapping[str, Any]) -> str:
    """Return the id that HealthImaging, HealthLake and STS give a request; empty if the answer has no such id.

    It is the value of the header `x-amzn-RequestId`. S3 has other headers.
    """
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders") or {}
    request_id = str(headers.get("x-amzn-requestid") or "")
    return request_id if _REQUEST_ID.fullmatch(request_id) else ""


def _choose_fix(code: str, transient: bool) -> str:
    """Return the text of `AwsError.fix` for an error code: advice for the user.

    `transient` is whether the same request may succeed later.
    """
    for codes, fix in _FIXES:
        if code in codes:
            return fix
    if transient:
        return "The service has an internal error: wait some minutes and run the same command again."
    return "Check the request; 'dicommap validate PACKAGE' finds errors in a package."


def _convert_error_without_answer(error: Exception, call: str) -> AwsError:
    """Return the AwsError for a request to which AWS gave no usable answer.

    The new message does not contain botocore's message, because that may contain URLs with secrets.
    """
    kind = mask_unknown_type(type(error))
    fixes = {
        "NoCredentialsError": "No credentials were found: name a profile with --profile, or log in. "
        "Public buckets are scanned without credentials by --no-sign-request.",
        "PartialCredentialsError": "The credentials are incomplete: check the profile or the environment.",
        "NoRegionError": "No region is known: name one with --region.",
        "ProfileNotFound": "The profile does not exist: check --profile, and AWS_PROFILE.",
        "TokenRetrievalError": "The login has expired: log in again.",
        "UnauthorizedSSOTokenError": "The login has expired: log in again.",
        "SSOTokenLoadError": "You are not logged in: log in.",
        "ResponseParserError": "The answer is not one of AWS: check the endpoint, and any proxy on the way to it.",
        "FlexibleChecksumError": "The received bytes have another checksum than the stored object: run the same "
        "command again, and check any proxy on the way to S3.",
        "ParamValidationError": "botocore rejects a parameter of the request: check its form.",
    }
    fix = fixes.get(
        kind,
        "AWS could not be reached: check the network, the region and the endpoint, and try again.",
    )
    local = kind == "ParamValidationError"
    return AwsError(f"{call} failed: {kind}.", fix=fix, transient=kind not in fixes, local=local)
