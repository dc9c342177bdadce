"""Convert botocore's errors into AwsError, with AWS's code and the next step."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dicommap.aws.clients import missing_boto3_error
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
"""An answer to HEAD has no body, and so nothing but a status."""
_CLOCK_SKEW_CODES = frozenset({"RequestTimeTooSkewed"})
_ACCOUNT_WIDE_CODES = EXPIRED_CODES | _UNKNOWN_CREDENTIALS_CODES | _CLOCK_SKEW_CODES
"""Codes that every request would meet."""
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
        "Check the credentials and the region: of credentials that have expired S3 says no more than this here.",
    ),
    (_NO_SUCH_KEY_CODES, "The object is not there, or not any more: run the same again."),
    (ACCESS_DENIED_CODES, "Grant the permission; 'dicommap policy PACKAGE' lists those that a package needs."),
    (
        EXPIRED_CODES,
        "The credentials have expired: renew them and run the same again, which goes on from where it was.",
    ),
    (_UNKNOWN_CREDENTIALS_CODES, "Check which credentials are used: --profile, or what the environment names."),
    (_CLOCK_SKEW_CODES, "Set this machine's clock."),
    (_OTHER_REGION_CODES, "The bucket is in another region: name it with --region."),
    (NOT_FOUND_CODES, "Check the name, the account and the region."),
    (THROTTLING_CODES, "AWS takes no more requests for now: wait some minutes and run the same again."),
)
_ENDPOINT_FIX = "Check the endpoint and the region, and what stands between here and there."
_CODES_WITH_MESSAGE = ACCESS_DENIED_CODES | frozenset(
    {"ConflictException", "ServiceQuotaExceededException", "ValidationException"}
)
"""Codes whose message says more than the code. It may name accounts, roles and UIDs, and never credentials."""
_MAX_MESSAGE_CHARACTERS = 500
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}|[0-9]{3}")


@contextmanager
def convert_client_errors(operation: str, subject: str = "") -> Iterator[None]:
    """Turn what botocore raises into an AwsError.

    `operation` is AWS's name for it, such as GetObject; `subject` is what it is about, such as an s3:// URI.
    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
    except ImportError:
        raise missing_boto3_error() from None
    try:
        yield
    except ClientError as error:
        raise _error_from_answer(error, _name_call(operation, subject)) from None
    except (BotoCoreError, ResponseParserError) as error:
        # A call of its own may have met the end of the stack.
        if isinstance(getattr(error, "kwargs", {}).get("error"), RecursionError):
            raise _endless_redirect_error(_name_call(operation, subject)) from None
        raise _error_without_answer(error, _name_call(operation, subject)) from None
    except RecursionError:
        raise _endless_redirect_error(_name_call(operation, subject)) from None
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if _is_answer_parsing_error(error):
            raise AwsError(
                f"The answer to {_name_call(operation, subject)} is none that AWS gives.", fix=_ENDPOINT_FIX
            ) from None
        # What botocore says of an endpoint that is no URL. Anything else is our own fault.
        if "Invalid endpoint" not in str(error):
            raise
        raise AwsError("The endpoint is no URL.", fix="Check --endpoint-url, and AWS_ENDPOINT_URL.") from None


def _is_answer_parsing_error(error: Exception) -> bool:
    """Return whether botocore failed to read an answer, such as a time in the year 10000."""
    from traceback import walk_tb

    frames = walk_tb(error.__traceback__)
    return any(frame.f_globals.get("__name__") == "botocore.parsers" for frame, _ in frames)


def require_etag(answer: Mapping[str, Any], operation: str, subject: str) -> str:
    """Return the ETag that S3's answer has. Raises AwsError where it has none: something else has answered."""
    etag = answer.get("ETag")
    if not etag:
        raise AwsError(f"The answer to {_name_call(operation, subject)} is none of S3's.", fix=_ENDPOINT_FIX)
    return str(etag)


def _name_call(operation: str, subject: str) -> str:
    return f"{operation} of {make_printable(subject)}" if subject else operation


def _endless_redirect_error(what: str) -> AwsError:
    # botocore asks HeadBucket where a bucket is, and follows an answer that is a redirect by asking again.
    return AwsError(f"{what} is redirected without end.", fix=_ENDPOINT_FIX)


def _error_from_answer(error: ClientError, what: str) -> AwsError:
    answer = error.response
    named = str(answer.get("Error", {}).get("Code") or "")
    code = named if _CODE.fullmatch(named) else "an unknown code"
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    words = str(answer["Error"].get("Message") or "") if code in _CODES_WITH_MESSAGE and not code.isdecimal() else ""
    masked = mask_service_message(words[:_MAX_MESSAGE_CHARACTERS], show_values=False)
    said = f" AWS says: {make_printable(masked).rstrip('.')}." if words else ""
    transient = code in THROTTLING_CODES or status >= _FIRST_SERVER_ERROR_STATUS
    local = not transient and code not in _ACCOUNT_WIDE_CODES
    return AwsError(
        f"{what} was refused: {code}.{said}",
        fix=_choose_fix(code, transient),
        code=code,
        transient=transient,
        local=local,
    )


def _choose_fix(code: str, transient: bool) -> str:
    for codes, fix in _FIXES:
        if code in codes:
            return fix
    if transient:
        return "The service has a fault: wait some minutes and run the same again."
    return "Check what was asked for; 'dicommap validate PACKAGE' finds what a package has wrong."


def _error_without_answer(error: Exception, what: str) -> AwsError:
    """Return what is told of an error that is no answer. Its own text may hold URLs with more than a host in them."""
    kind = mask_unknown_type(type(error))
    fixes = {
        "NoCredentialsError": "No credentials were found: name a profile with --profile, or log in. "
        "Public buckets are scanned without any, by --no-sign-request.",
        "PartialCredentialsError": "The credentials are not complete: check the profile or the environment.",
        "NoRegionError": "No region is known: name one with --region.",
        "ProfileNotFound": "There is no such profile: check --profile, and AWS_PROFILE.",
        "TokenRetrievalError": "The login has expired: log in again.",
        "UnauthorizedSSOTokenError": "The login has expired: log in again.",
        "SSOTokenLoadError": "There is no login: log in.",
        "ResponseParserError": "The answer is none of AWS: check the endpoint, and what stands between here and there.",
        "FlexibleChecksumError": "What came has another checksum than what S3 stores: run the same again, and check "
        "what stands between here and there.",
        "ParamValidationError": "A member has a form that AWS's own client refuses: check what was asked for.",
    }
    fix = fixes.get(kind, "AWS could not be reached: check the network, the region and the endpoint, and try again.")
    local = kind == "ParamValidationError"
    return AwsError(f"{what} failed: {kind}.", fix=fix, transient=kind not in fixes, local=local)
