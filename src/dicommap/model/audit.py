"""The lines of audit.jsonl: the changes of a package, and events such as its submission.

Each line is a JSON object with the member `previous`: the SHA-256 of the line before it, including its line end. So if
somebody changes, removes or inserts a line, the hash in the next line is wrong.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from dicommap.model.audit_values import AuditValueMode
from dicommap.model.submission import UtcTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIRST_PREVIOUS = "0" * 64
"""The member `previous` of the first line, which has no line before it."""

EVENT_START = b'{"type":"event",'
"""The first bytes of each line with an event."""

AUDIT_LINE_LIMIT = 2**24
"""Maximum number of bytes of a line."""

_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_NotEmpty = Annotated[str, StringConstraints(min_length=1)]
_Count = Annotated[int, Field(ge=0)]


class AuditAction(StrEnum):
    """The actions that are events in audit.jsonl."""

    DRAFTED = "drafted"
    """The package was written."""
    SUBMITTED = "submitted"
    """An import job was started."""
    ADOPTED = "adopted"
    """An import job that another program had started was recorded."""
    VERIFIED = "verified"
    """The values in the data store were compared with the package."""
    UPDATED = "updated"
    """An update was applied to an image set."""
    REVERTED = "reverted"
    """An update of an image set was taken back."""
    PROMOTED = "promoted"
    """A non-primary image set became a primary image set."""


class _AuditModel(BaseModel):
    """Base class of the models: their objects cannot be changed, and an unknown member is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AuditEvent(_AuditModel):
    """An event in the history of a package, such as its submission, for a line of audit.jsonl.

    The event has no time, user and version, because `record_event` adds them. It has no values of attributes. Members
    that do not apply to the action are None.
    """

    action: AuditAction
    job: _NotEmpty | None = None
    """The id of the job in the plan."""
    jobId: _NotEmpty | None = None
    """The id of the import job that the service has assigned."""
    studyInstanceUID: _NotEmpty | None = None
    seriesInstanceUID: _NotEmpty | None = None
    file: _NotEmpty | None = None
    """The path of an update file, relative to the package."""
    imageSetId: _NotEmpty | None = None
    versionBefore: _NotEmpty | None = None
    """The version of the image set before the action."""
    versionAfter: _NotEmpty | None = None
    newImageSetId: _NotEmpty | None = None
    """The image set that a promotion has made."""
    datastoreId: _NotEmpty | None = None
    region: _NotEmpty | None = None
    profile: _NotEmpty | None = None
    """The AWS credentials profile that the user named with an option."""
    dataAccessRoleArn: _NotEmpty | None = None
    """The role of the import job. It contains the number of the AWS account."""
    counts: dict[_NotEmpty, _Count] | None = None
    """Numbers that belong to the action, for example attributes by verified effect."""
    reason: _NotEmpty | None = None
    """The reason that the user gave for the action."""
    plan: _Sha256 | None = None
    """The SHA-256 of plan.json. Only `drafted` has it."""
    earlierPlan: _Sha256 | None = None
    """The SHA-256 of the plan.json whose missing instances this package imports again. Only `drafted` can have it."""
    values: AuditValueMode | None = None
    """How the lines of changes contain values. Only `drafted` has it."""
    keyId: _NotEmpty | None = None
    """The id of the key of hashed values. Only `drafted` has it."""


class AuditEventLine(AuditEvent):
    """A line of audit.jsonl with an event."""

    type: Literal["event"] = "event"
    at: UtcTime
    user: _NotEmpty
    """The value of DICOMMAP_USER, else the login name of the process."""
    toolVersion: _NotEmpty
    removedBytes: _Count | None = None
    """Number of bytes of an incomplete line that were removed before this line was written; None if there were none."""
    previous: _Sha256


class AuditValue(_AuditModel):
    """The old or new value of an attribute in audit.jsonl: the value itself, its hash, or neither.

    `AuditValueMode` decides which of the three is written.
    """

    hash: _Sha256 | None = None
    value: str | None = None
    files: _Count | None = None
    """Number of files with this value before the change."""


class AuditChange(_AuditModel):
    """A line of audit.jsonl with the change of one attribute in a study, series or instance."""

    type: Literal["change"] = "change"
    studyInstanceUID: _NotEmpty
    seriesInstanceUID: _NotEmpty | None = None
    sopInstanceUID: _NotEmpty | None = None
    attribute: _NotEmpty
    """The keyword, or the tag as (gggg,eeee) if the attribute has no keyword."""
    tag: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{8}$")]
    edits: tuple[str, ...]
    """The origins of the edits, such as `sheet.csv row 3`."""
    carrier: Literal["override", "update"]
    """Whether an override file or an update file has the new value."""
    file: _NotEmpty | None = None
    """The path of the update file in the package, or of the override file relative to the inputS3Uri of its job."""
    files: tuple[_NotEmpty, ...] | None = None
    """The paths of the update files in the package, if several of them make the change."""
    before: tuple[AuditValue, ...] | None = None
    """The values before the change, the most frequent first. None if the inventory did not capture the attribute."""
    moreBefore: _Count | None = None
    """Number of values before the change that are not listed, because there are too many."""
    after: AuditValue | None = None
    """The value after the change. None if the attribute is removed."""
    previous: _Sha256


AuditLine = AuditChange | AuditEventLine

_LINES: TypeAdapter[AuditLine] = TypeAdapter(Annotated[AuditLine, Field(discriminator="type")])


def parse_audit_line(line: bytes) -> AuditLine:
    """Parse a line of audit.jsonl. Raises ValueError if the bytes are not such a line."""
    return _LINES.validate_json(line)


def hash_audit_line(line: bytes) -> str:
    """Return the SHA-256 of a line, including its line end, as 64 hexadecimal digits."""
    return hashlib.sha256(line).hexdigest()


_format_line = json.JSONEncoder(separators=(",", ":")).encode


def format_audit_lines(records: Iterable[dict[str, object]], previous: str = FIRST_PREVIOUS) -> Iterator[str]:
    """Yield a line for each record, with the member `previous` added.

    Args:
        records: The members of each line, without `previous`. Members that are None are left out.
        previous: The hash of the line before the first one.
    """
    for record in records:
        members = {name: value for name, value in record.items() if value is not None}
        line = _format_line(members | {"previous": previous}) + "\n"
        yield line
        previous = hash_audit_line(line.encode())
