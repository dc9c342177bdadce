"""The warnings of a draft are repeated, and nothing else in their file is trusted."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from dicommap.issues import Location, Severity
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT
from dicommap.validation.draft_issues_check import repeat_draft_issues

PLACE = Location(path="plan.json", pointer="/issues")
WARNING: dict[str, Any] = {
    "code": "edit.same-patient",
    "severity": "warning",
    "location": {"path": "rules.toml", "rule": "site", "keyword": "PatientID"},
    "message": "Two studies have one PatientID.",
}


def repeat(*lines: Any) -> list[Any]:
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    planned = {"size": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    return list(repeat_draft_issues({"issues.jsonl": text}, "issues.jsonl", planned, PLACE))


def test_a_warning_is_repeated_with_its_location_and_an_introduction() -> None:
    (issue,) = repeat(WARNING)
    assert (issue.code, issue.severity) == ("edit.same-patient", Severity.WARNING)
    assert issue.location == Location(path="rules.toml", rule="site", keyword="PatientID")
    assert issue.message == "The draft warned: Two studies have one PatientID."


def test_control_characters_are_escaped() -> None:
    (issue,) = repeat(WARNING | {"message": "\x1b[2Jgone", "location": {"path": "a\x1b]0;x\x07"}})
    assert "\x1b" not in str(issue)


@pytest.mark.parametrize(
    "line",
    [
        [],
        None,
        "x",
        WARNING | {"code": "edit.unheard-of"},
        WARNING | {"severity": "error"},
        WARNING | {"severity": "note"},
        WARNING | {"message": 5},
        WARNING | {"location": {"place": "x"}},
        WARNING | {"message": "x" * 200_000},
    ],
    ids=lambda line: str(line)[:40],
)
def test_another_line_is_an_error_with_its_number(line: Any) -> None:
    assert [(issue.code, issue.location.row) for issue in repeat(WARNING, line)] == [
        ("edit.same-patient", None),
        ("package.draft-issue", 2),
    ]


def test_very_many_lines_are_not_all_repeated() -> None:
    issues = repeat(*[WARNING] * (DOCUMENT_ISSUE_LIMIT + 5))
    assert len(issues) == DOCUMENT_ISSUE_LIMIT + 1
    assert issues[-1].code == "document.more-issues"


def test_a_changed_file_is_an_error() -> None:
    planned = {"size": 1, "sha256": "0" * 64}
    text = json.dumps(WARNING).encode()
    issues = list(repeat_draft_issues({"issues.jsonl": text}, "issues.jsonl", planned, PLACE))
    assert [issue.code for issue in issues] == ["edit.same-patient", "package.changed-file"]
