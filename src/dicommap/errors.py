"""Exceptions for errors of the call or of the environment; each has a message and a fix."""

from __future__ import annotations

from typing import Any


class DicommapError(Exception):
    """Base class of all exceptions of dicommap. Problems of data are not raised but reported as an Issue.

    Attributes:
        message: What is wrong. It contains no value of a patient.
        fix: What to do about it.

    """

    def __init__(self, message: str, *, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions of worker processes are pickled. By default, a pickle has an exception's arguments only.
        return _restore_error, (type(self), self.message, dict(vars(self)))


def _restore_error(kind: type[DicommapError], message: str, state: dict[str, object]) -> DicommapError:
    """Make an exception from its pickled state."""
    error = kind.__new__(kind, message)
    vars(error).update(state)
    return error


class UsageError(DicommapError):
    """An argument of a call is missing or invalid."""


class SourceError(DicommapError):
    """A source cannot be scanned at all."""


class InventoryError(DicommapError):
    """An inventory file cannot be opened, read or written."""


class QueryError(DicommapError):
    """A query over an inventory is not valid SQL, or would change the inventory."""


class ExecutorError(DicommapError):
    """The process pool or executor has failed, not the work that it ran."""


class AttributeNameError(DicommapError):
    """An attribute is not in the DICOM data dictionary, or cannot be captured by a scan."""


class DocumentError(DicommapError):
    """A document (sheet, rules, package, import configuration, override file) cannot be read or written."""


class PackageError(DicommapError):
    """A package cannot be written to the given directory."""


class MissingExtraError(DicommapError):
    """A function needs Python packages that are installed only with an extra."""


class AwsError(DicommapError):
    """AWS refused a request, or could not be reached."""

    def __init__(self, message: str, *, fix: str, code: str = "", transient: bool = False, local: bool = False) -> None:
        super().__init__(message, fix=fix)
        self.code = code
        """AWS's error code, such as AccessDeniedException; empty if there was no answer."""
        self.transient = transient
        """Whether the same call may succeed later: it was throttled, the service failed, or there was no answer."""
        self.local = local
        """Whether the error concerns one bucket, prefix or object only. Calls for other resources may then succeed."""
        self.issues: tuple[Any, ...] = ()
        """The issues that a check had found before this error ended the check."""


class UnknownNameError(DicommapError):
    """No schema or issue code has the given name."""


def os_error_reason(error: OSError) -> str:
    """Return the system's text for an error, without the path."""
    return error.strerror or "unknown reason"
