"""Check audit.jsonl: each line must have the hash of the line before it, and the right hashes of changes and plan."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from dicommap.issues import Issue, Location, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, limit_and_stop_issues
from dicommap.model.audit import (
    AUDIT_LINE_LIMIT,
    FIRST_PREVIOUS,
    AuditAction,
    AuditEventLine,
    AuditLine,
    hash_audit_line,
    parse_audit_line,
)
from dicommap.model.package_layout import AUDIT_FILE
from dicommap.validation.file_contents import open_hashed_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.validation.file_contents import FilesByPath


def check_audit(files: FilesByPath, planned: Mapping[str, Any] | None, plan_hash: str | None) -> Iterator[Issue]:
    """Yield the issues of a package's audit.jsonl. If the file is missing, yield nothing.

    Args:
        files: The files of the package.
        planned: The size and hash of the changes in the plan; None if the plan does not have them.
        plan_hash: The SHA-256 of plan.json; None if it is not known.
    """
    lines = open_hashed_lines(files, AUDIT_FILE)
    if isinstance(lines, Issue):
        yield lines.with_location(path=AUDIT_FILE)
    elif lines is not None:
        items = read_audit_lines(lines, planned, plan_hash)
        issues = (item for item in items if isinstance(item, Issue))
        yield from limit_and_stop_issues(issues, DOCUMENT_ISSUE_LIMIT, Location(path=AUDIT_FILE))


def read_audit_lines(
    pieces: Iterable[bytes], planned: Mapping[str, Any] | None, plan_hash: str | None
) -> Iterator[AuditLine | Issue]:
    """Yield the lines of audit.jsonl. If a line has an issue, yield the issue after the line.

    Args:
        pieces: The lines of the file with their line ends. A long line may be in several pieces.
        planned: The size and hash of the changes in the plan; None if the plan does not have them.
        plan_hash: The SHA-256 of plan.json; None if it is not known.
    """
    previous, size, digest = FIRST_PREVIOUS, 0, hashlib.sha256()
    has_issue = is_drafted = False
    for row, data in enumerate(_join_line_pieces(pieces), 1):
        place = Location(path=AUDIT_FILE, row=row)
        if not data.endswith(b"\n"):
            is_too_long = len(data) > AUDIT_LINE_LIMIT
            yield make_issue("audit.damaged-line" if is_too_long else "audit.incomplete-line", place)
            break
        if planned is not None and size < planned["size"]:
            digest.update(data)
        size += len(data)
        try:
            line = parse_audit_line(data)
        except ValueError:
            has_issue = True
            yield make_issue("audit.damaged-line", place)
        else:
            yield line
            if line.previous != previous:
                has_issue = True
                yield make_issue("audit.broken-chain", place)
            if not is_drafted and isinstance(line, AuditEventLine) and line.action is AuditAction.DRAFTED:
                is_drafted = True
                if plan_hash is not None and line.plan != plan_hash:
                    yield make_issue("audit.other-plan", place)
        previous = hash_audit_line(data)
    is_changed = planned is not None and (digest.hexdigest() != planned["sha256"] or not is_drafted)
    if is_changed and not has_issue:
        yield make_issue("package.changed-file", Location(path=AUDIT_FILE))


def _join_line_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield whole lines, and the rest of the file if it has no line end. A line that is too long is divided."""
    line = b""
    for piece in pieces:
        line += piece
        if piece.endswith(b"\n") or len(line) > AUDIT_LINE_LIMIT:
            yield line
            line = b""
    if line:
        yield line
