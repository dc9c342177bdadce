"""Exceptions: the call or the machine is wrong, and the message says what to do."""

from __future__ import annotations

from typing import Any


class DicommapError(Exception):
    """The call or the machine is wrong; wrong data is never raised but reported as an Issue.

    `message` says what is wrong and `fix` what to do about it. Neither holds a patient value.
    """

    def __init__(self, message: str, *, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are pickled by their arguments alone, and workers raise these in other processes.
        return _restore_error, (type(self), self.message, dict(vars(self)))


def _restore_error(kind: type[DicommapError], message: str, state: dict[str, object]) -> DicommapError:
    error = kind.__new__(kind, message)
    vars(error).update(state)
    return error


class UsageError(DicommapError):
    """An argument is missing, or is none that can be had."""


class SourceError(DicommapError):
    """A source that was named cannot be walked at all."""


class InventoryError(DicommapError):
    """An inventory file cannot be opened, read or written."""


class QueryError(DicommapError):
    """A query over an inventory cannot be answered: it is no SQL, or not for reading only."""


class ExecutorError(DicommapError):
    """What was to run the work in other processes or threads failed: the work did not."""


class AttributeNameError(DicommapError):
    """An attribute that was asked for is not in the DICOM data dictionary, or cannot be captured."""


class DocumentError(DicommapError):
    """A document that was named (sheet, rules, package, import configuration, override) cannot be opened."""


class PackageError(DicommapError):
    """A package cannot be written where it was asked for."""


class MissingExtraError(DicommapError):
    """What was asked for needs packages that are installed only with an extra."""


class AwsError(DicommapError):
    """AWS, or the way to it, refused or failed."""

    def __init__(self, message: str, *, fix: str, code: str = "", transient: bool = False, local: bool = False) -> None:
        super().__init__(message, fix=fix)
        self.code = code
        """AWS's word for it, such as AccessDeniedException; empty where no answer came."""
        self.transient = transient
        """Whether the same call may well succeed later: throttled, a fault of the service, no answer."""
        self.local = local
        """Whether this is about the one bucket, prefix or object that was asked for: of others an answer may come."""
        self.found: tuple[Any, ...] = ()
        """The Issues that a check had found before this ended it."""


class UnknownNameError(DicommapError):
    """No schema or issue code has the name that was asked for."""


def os_error_reason(error: OSError) -> str:
    """Return the system's words for an error, without the path."""
    return error.strerror or "unknown reason"
