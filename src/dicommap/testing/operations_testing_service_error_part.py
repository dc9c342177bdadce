"""Errors as the service answers them."""

from __future__ import annotations

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
"""HTTP status of each error: those of the service model, and those that every AWS service may answer."""


class ServiceError(Exception):
    """An error that goes to the caller by its code; the message has no value of the request."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return HTTP_STATUS_BY_CODE[self.code]
