"""The operations of the stand-in, which are read from botocore's service models, and the errors of operations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dicommap.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGING_OPERATIONS = (
    "StartDICOMImportJob",
    "GetDICOMImportJob",
    "ListDICOMImportJobs",
    "GetDatastore",
    "ListDatastores",
    "SearchImageSets",
    "GetImageSet",
    "GetImageSetMetadata",
    "ListImageSetVersions",
    "DeleteImageSet",
    "UpdateImageSetMetadata",
    "CopyImageSet",
)
HEALTHLAKE_TARGET = "HealthLake.DescribeFHIRImportJob"
"""The header X-Amz-Target of the only operation of HealthLake."""


HTTP_STATUS_BY_CODE = {
    "ValidationException": 400,
    "SerializationException": 400,
    "UnknownOperationException": 404,
    "ServiceQuotaExceededException": 402,
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "MissingAuthenticationTokenException": 403,
    "ResourceNotFoundException": 404,
    "ConflictException": 409,
    "ThrottlingException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}
"""Error code -> HTTP status. The codes are those of the service model and those common to all AWS services."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service, with botocore's shapes of its request and its answer."""

    name: str
    method: str
    path: re.Pattern[str]
    # botocore has no type annotations.
    input_shape: Any
    output_shape: Any


@cache
def load_imaging_operations() -> tuple[Operation, ...]:
    """Return the operations of HealthImaging. Raises MissingExtraError if botocore is not installed."""
    model = _load_service_model("medical-imaging")
    return tuple(_make_operation(model.operation_model(name)) for name in IMAGING_OPERATIONS)


@cache
def load_healthlake_operation() -> Operation:
    """Return the operation DescribeFHIRImportJob. Raises MissingExtraError if botocore is not installed."""
    return _make_operation(_load_service_model("healthlake").operation_model(HEALTHLAKE_TARGET.partition(".")[2]))


def find_operation(method: str, path: str, target: str | None) -> tuple[Operation, Mapping[str, str]] | None:
    """Return the operation of a request and the parameters in its path; None for an unknown operation.

    Args:
        method: The HTTP method.
        path: The path of the URL.
        target: The header X-Amz-Target; None if the request has none.

    """
    if target is not None:
        return (load_healthlake_operation(), {}) if (method, path, target) == ("POST", "/", HEALTHLAKE_TARGET) else None
    for operation in load_imaging_operations():
        match = operation.path.fullmatch(path)
        if match is not None and method == operation.method:
            return operation, {name: unquote(text) for name, text in match.groupdict().items()}
    return None


def _load_service_model(name: str) -> Any:  # noqa: ANN401
    try:
        from botocore.session import Session
    except ImportError:
        raise MissingExtraError("botocore cannot be imported.", fix="Install it: pip install 'dicommap[aws]'") from None
    return Session().get_service_model(name)


def _make_operation(model: Any) -> Operation:  # noqa: ANN401
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", model.http["requestUri"])
    return Operation(model.name, model.http["method"], re.compile(pattern), model.input_shape, model.output_shape)


class ServiceError(Exception):
    """The error that the stand-in returns to its client. The message contains no value of the request."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def http_status(self) -> int:
        """Return the HTTP status of the error code."""
        return HTTP_STATUS_BY_CODE[self.code]
