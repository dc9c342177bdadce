"""Exceptions for wrong calls and for problems of the environment. Each exception has a message and a fix."""

from __future__ import annotations

from typing import Any


class DicommapError(Exception):
    """Base class of all exceptions of dicommap. Problems in the data are not exceptions but issues (`Issue`).

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
        return _restore_pickled_error, (type(self), self.message, dict(vars(self)))


def _restore_pickled_error(kind: type[DicommapError], message: str, state: dict[str, object]) -> DicommapError:
    """Return an exception of the class `kind` with the pickled attributes `state`."""
    error = kind.__new__(kind, message)
    vars(error).update(state)
    return error


class UsageError(DicommapError):
    """Error for a call with a missing or invalid argument."""


class SourceError(DicommapError):
    """Error for a source that cannot be scanned at all."""


class InventoryError(DicommapError):
    """Error for an inventory file that cannot be opened, read or written."""


class QueryError(DicommapError):
    """Error for a query that is not valid SQL, or that would change the inventory."""


class ExecutorError(DicommapError):
    """Error for a process pool or a caller's executor that stops working.

    An error of a single task is not such an error.
    """


class AttributeNameError(DicommapError):
    """Error for an attribute that is not in the DICOM data dictionary, or that a scan cannot capture."""


class DocumentError(DicommapError):
    """Error for a sheet, rules file, package, import configuration or override file that cannot be read or written."""


class PackageError(DicommapError):
    """Error for a file of a package that cannot be written, was changed, or is locked by another process."""


class MissingExtraError(DicommapError):
    """Error for a function that needs Python packages of an optional extra that is not installed."""


class AwsError(DicommapError):
    """Error for a request that AWS refuses, or for AWS that cannot be reached."""

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


class ConflictError(AwsError):
    """Error for a change that AWS refuses because the image set is LOCKED, or was changed since it was read."""


class UnknownNameError(DicommapError):
    """Error for a schema name or an issue code that dicommap does not have."""


def os_error_reason(error: OSError) -> str:
    """Return the operating system's description of an error, without the file's path."""
    return error.strerror or "unknown reason"
