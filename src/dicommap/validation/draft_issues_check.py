"""Repeat the warnings in issues.jsonl, which `draft` reported about edits and the plan.

`validate` checks the documents of a package. It cannot check the edits, because a package does not contain the
inventory. So warnings about edits, such as two patients that get the same PatientID, are repeated from issues.jsonl.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.dicom.printable_text import make_printable
from dicommap.dicom.strict_json import parse_json
from dicommap.issues import Issue, Location, Severity, find_issue_code, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, limit_and_stop_issues
from dicommap.validation.file_contents import open_hashed_lines
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.validation.file_contents import FilesByPath

_MAX_LINE_BYTES = 100_000
"""Maximum bytes of a line. The longest message lists some UIDs and the issue's location."""
_INTRODUCTION = "The draft warned: "


def repeat_draft_issues(files: FilesByPath, path: str, planned: Mapping[str, Any], place: Location) -> Iterator[Issue]:
    """Yield the warnings of the draft, and an issue if issues.jsonl cannot be read or was changed.

    Args:
        files: The files of the package.
        path: The path of issues.jsonl.
        planned: The size and hash of the file in the plan.
        place: The location of `planned` in the plan.

    """
    lines = open_hashed_lines(files, path)
    if isinstance(lines, Issue):
        yield lines.with_location(path=path)
    elif lines is not None:
        yield from limit_and_stop_issues(_parse_issues(lines, path), DOCUMENT_ISSUE_LIMIT, Location(path=path))
        lines.read_to_end()
        yield from lines.issues(path, planned, place)


def _parse_issues(lines: Iterable[bytes], path: str) -> Iterator[Issue]:
    """Yield the warning in each line of issues.jsonl, or an issue if the line is not a warning."""
    for number, line in enumerate(lines, 1):
        yield _parse_issue(line) or make_issue("package.draft-issue", Location(path=path, row=number))


def _parse_issue(line: bytes) -> Issue | None:
    """Return the warning in a line of issues.jsonl; None if the line is not a warning with a known code."""
    document, problems = parse_json(line) if len(line) <= _MAX_LINE_BYTES else (None, [])
    if problems or document is None or check_schema("issue", document) or find_issue_code(document["code"]) is None:
        return None
    if document["severity"] != Severity.WARNING:
        return None
    # A package may come from somebody else, so control characters are escaped.
    location: dict[str, Any] = {
        name: make_printable(value) if isinstance(value, str) else value for name, value in document["location"].items()
    }
    return Issue(
        code=document["code"],
        severity=Severity.WARNING,
        location=Location(**location),
        message=_INTRODUCTION + make_printable(document["message"]),
    )
