"""Rows of the inventory's tables as plain tuples, which are cheap to send between processes."""

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
"""A row of the table `header`: Study and Series Instance UID, SOPClassUID, TransferSyntaxUID, captured attributes.

The value of an absent attribute is None.
"""

IssueRow = tuple[str, str, str, str]
"""A row of the table `issue`: code, severity, location as JSON, and message."""

FileRow = tuple[str, bytes | None, str | None, str | None, tuple[IssueRow, ...]]
"""A row of the table `file`: disposition, digest of the header, SOPInstanceUID, InstanceNumber, rows of its issues.

The digest is None if the file has no header. A UID or number that the file does not have is None.
"""


def make_file_row(
    result: Header | RejectedFile, keywords: tuple[str, ...], label: str, digests: MutableMapping[HeaderRow, bytes]
) -> FileRow:
    """Return the inventory row of a file after it was read.

    Args:
        result: The header of the file; or a RejectedFile if the file has no readable header.
        keywords: The keywords of the captured attributes.
        label: The path of the file, in the form that issues show.
        digests: A cache: header -> digest. The header of this file is added to it.
    """
    issues = tuple(make_issue_row(issue, label) for issue in result.issues)
    if not isinstance(result, Header):
        return result.disposition.value, None, None, None, issues
    values = result.values
    header = (
        values["StudyInstanceUID"],
        values["SeriesInstanceUID"],
        values["SOPClassUID"],
        result.transfer_syntax_uid,
        *map(values.get, keywords),
    )
    digest = digests.get(header)
    if digest is None:
        digest = digests[header] = hash_header(header)
    return result.disposition.value, digest, values.get("SOPInstanceUID"), values.get("InstanceNumber"), issues


def make_issue_row(issue: Issue, label: str | None = None) -> IssueRow:
    """Return an issue as a row of the inventory.

    If the issue has no path and `label` is given, `label` becomes the path.
    """
    location = issue.location.to_dict()
    if label is not None and "path" not in location:
        location = {"path": label, **location}
    return issue.code, issue.severity.value, json.dumps(location), issue.message


def relabel_issue_rows(rows: Iterable[IssueRow], label: str) -> tuple[IssueRow, ...]:
    """Return issue rows of an earlier inventory, with `label` as the path in the location of each issue."""
    return tuple(
        (code, severity, json.dumps({**json.loads(location), "path": label}), message)
        for code, severity, location, message in rows
    )


def hash_header(row: HeaderRow) -> bytes:
    """Return a hash of a header: 16 bytes of BLAKE2b over its JSON."""
    return hashlib.blake2b(json.dumps(row).encode(), digest_size=16).digest()
