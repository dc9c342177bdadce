"""Exceptions for wrong calls and for problems of the environment. Each exception has a message and a fix."""

from __future__ import annotations

from typing import Any


class DicommapError(Exception):
    """Base class of all exceptions of dicommap. For a problem in the data there is no exception, but an issue.

    Attributes:
        message: The description of the problem. It contains no patient's data.
        fix: The advice on how to solve the problem.

    """

    def __init__(self, message: str, *, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions of worker processes are pickled. By default, a pickle contains only an exception's arguments.
        return _restore_error, (type(self), self.message, dict(vars(self)))


def _restore_error(kind: type[DicommapError], message: str, state: dict[str, object]) -> DicommapError:
    """Return an exception of the class `kind` with the pickled attributes `state`."""
    error = kind.__new__(kind, message)
    vars(error).update(state)
    return error


class UsageError(DicommapError):
    """Raised if an argument of a call is missing or invalid."""


class SourceError(DicommapError):
    """Raised if a source cannot be scanned at all."""


class InventoryError(DicommapError):
    """Raised if an inventory file cannot be opened, read or written."""


class QueryError(DicommapError):
    """Raised if a query over an inventory is not valid SQL, or would change the inventory."""


class ExecutorError(DicommapError):
    """Raised if the process pool or the caller's executor fails. It is not raised if a task in it fails."""


class AttributeNameError(DicommapError):
    """Raised if an attribute is not in the DICOM data dictionary, or if a scan cannot capture it."""


class DocumentError(DicommapError):
    """Raised if a document (sheet, rules, package, import configuration, override file) cannot be read or written."""


class PackageError(DicommapError):
    """Raised if a package of import jobs cannot be written to the given directory."""


class MissingExtraError(DicommapError):
    """Raised if a function needs Python packages of an optional extra that is not installed."""


class AwsError(DicommapError):
    """Raised if AWS refuses a request or cannot be reached."""

    def __init__(
        self,
        message: str,
        *,
        fix: str,
        code: str = "",
        transient: bool = False,
        local: bool = False,
        request_id: str = "",
    ) -> None:
        super().__init__(message, fix=fix)
        self.request_id = request_id
        """AWS's id of the request, which AWS support asks for; empty if the answer has none."""
        self.code = code
        """AWS's error code, such as AccessDeniedException; empty if AWS did not answer."""
        self.transient = transient
        """Whether the same call may succeed later: it was throttled, the service failed, or AWS did not answer."""
        self.local = local
        """Whether the error is about one bucket, prefix or object only. Calls for other resources may then succeed."""
        self.issues: tuple[Any, ...] = ()
        """The issues that a check found before this error ended the check."""


class UnknownNameError(DicommapError):
    """Raised if no schema or issue code has the given name."""


def os_error_reason(error: OSError) -> str:
    """Return the operating system's description of an error, without the file's path."""
    return error.strerror or "unknown reason"
