"""Parse the records of a job manifest: the lines of its SUCCESS, FAILURE and WARNING files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dicommap.healthimaging.job_output import find_warning_name
from dicommap.reconciliation.lenient_json import parse_lenient_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_MESSAGE_LIMIT = 2_000
"""Maximum number of characters of a message that are kept."""
_WARNINGS_LIMIT = 50
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.$-]{1,128}")


class RecordKind(StrEnum):
    """The kind of a record of a job manifest.

    The value is also the name of the folder with the records of this kind.
    """

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRecord:
    """One record of a job manifest: an S3 object, and the result of its import."""

    kind: RecordKind
    input_file: str
    """The name that the service gives the object: usually its key without the bucket."""
    image_set_id: str = ""
    is_primary: bool | None = None
    warnings: tuple[str, ...] = ()
    exception_type: str = ""
    message: str = field(default="", repr=False)


class InvalidRecordError(ValueError):
    """Raised for a line that is not a record. Its text is the reason, and contains no data of the line."""


def read_record(line: bytes, kind: RecordKind) -> ObjectRecord:
    """Return the record in a line of a record file.

    Only inputFile is required. Unknown members and members with an undocumented type are ignored. A record with an
    exception is a failure, even in a SUCCESS or WARNING file.

    Args:
        line: The line.
        kind: The kind of the records in the file.

    Raises:
        InvalidRecordError: The line is not a record.
    """
    try:
        document = parse_lenient_json(line)
    except ValueError:
        raise InvalidRecordError("is no JSON") from None
    if not isinstance(document, dict):
        raise InvalidRecordError("is no JSON object")
    name = document.get("inputFile")
    if not isinstance(name, str) or not name:
        raise InvalidRecordError("names no inputFile")
    response, exception = _get_object_member(document, "importResponse"), _get_object_member(document, "exception")
    warnings = _parse_warnings(response.get("warnings", document.get("warnings")))
    return ObjectRecord(
        kind=_decide_record_kind(kind, failed=bool(exception), warned=bool(warnings)),
        input_file=name,
        image_set_id=_parse_identifier(response.get("imageSetId")),
        is_primary=_parse_boolean(response.get("isPrimary")),
        warnings=warnings,
        exception_type=_parse_identifier(exception.get("exceptionType")),
        message=_parse_text(exception.get("message")),
    )


def _decide_record_kind(kind: RecordKind, *, failed: bool, warned: bool) -> RecordKind:
    """Return the kind of a record in a file of the kind `kind`, from its own exception and warnings."""
    if failed:
        return RecordKind.FAILURE
    return RecordKind.WARNING if warned and kind is RecordKind.SUCCESS else kind


def _get_object_member(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _parse_identifier(value: object) -> str:
    """Return the value if it is an identifier, else "". Other texts may contain patient data."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else ""


def _parse_text(value: object) -> str:
    return value[:_MESSAGE_LIMIT] if isinstance(value, str) else ""


def _parse_boolean(value: object) -> bool | None:
    if isinstance(value, str):  # AWS's import events have numbers as text, so a boolean as text is accepted too.
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _parse_warnings(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else []
    warnings = (item for item in items[:_WARNINGS_LIMIT] if isinstance(item, dict))
    return tuple(
        dict.fromkeys(find_warning_name(warning.get("type"), _get_reason_code(warning)) for warning in warnings)
    )


def _get_reason_code(warning: Mapping[str, Any]) -> object:
    return warning.get("warning_reason_code", warning.get("warningReasonCode", warning.get("code")))
