"""Rows of the inventory's tables as plain tuples, which travel between processes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from dicommap.p10 import Header

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from dicommap.issues import Issue
    from dicommap.p10 import RejectedFile

HeaderRow = tuple[str | None, ...]
"""StudyInstanceUID, SeriesInstanceUID, SOPClassUID, TransferSyntaxUID, and the captured attributes or None."""

IssueRow = tuple[str, str, str, str]
"""Code, severity, location as JSON, and message."""

FileRow = tuple[str, bytes | None, str | None, str | None, tuple[IssueRow, ...]]
"""Disposition, the digest of the header, SOPInstanceUID, InstanceNumber, and the findings."""


def make_file_row(
    found: Header | RejectedFile, keywords: tuple[str, ...], label: str, digests: MutableMapping[HeaderRow, bytes]
) -> FileRow:
    """Return the row of a file that was read. `label` is its path as findings name it; `digests` gains its header."""
    issues = tuple(make_issue_row(one, label) for one in found.issues)
    if not isinstance(found, Header):
        return found.disposition.value, None, None, None, issues
    values = found.values
    header = (
        values["StudyInstanceUID"],
        values["SeriesInstanceUID"],
        values["SOPClassUID"],
        found.transfer_syntax_uid,
        *map(values.get, keywords),
    )
    digest = digests.get(header)
    if digest is None:
        digest = digests[header] = hash_header(header)
    return found.disposition.value, digest, values.get("SOPInstanceUID"), values.get("InstanceNumber"), issues


def make_issue_row(found: Issue, label: str | None = None) -> IssueRow:
    """Return the row of a finding, at `label` where it does not know its path itself."""
    location = found.location.to_dict()
    if label is not None and "path" not in location:
        location = {"path": label, **location}
    return found.code, found.severity.value, json.dumps(location), found.message


def relabel_issue_rows(rows: Iterable[IssueRow], label: str) -> tuple[IssueRow, ...]:
    """Return findings of an earlier inventory at the path as this one names it."""
    return tuple(
        (code, severity, json.dumps({**json.loads(location), "path": label}), message)
        for code, severity, location, message in rows
    )


def hash_header(row: HeaderRow) -> bytes:
    """Return what stands for a header: equal for equal rows only, as far as BLAKE2 can tell."""
    return hashlib.blake2b(json.dumps(row).encode(), digest_size=16).digest()
