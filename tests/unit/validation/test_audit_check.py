"""audit.jsonl: each change of the past is found, wherever it is in the file."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from dicommap.issues import Issue
from dicommap.model.audit import format_audit_lines
from dicommap.validation import audit_check
from dicommap.validation.audit_check import check_audit, read_audit_lines

PLAN = "a" * 64
CHANGE = {
    "studyInstanceUID": "1.2",
    "attribute": "PatientID",
    "tag": "00100020",
    "edits": ["s.csv row 3"],
    "carrier": "override",
}
EVENT = {"at": "2026-11-30T09:15:00Z", "user": "jane", "toolVersion": "1.0", "type": "event"}
RECORDS: list[dict[str, object]] = [
    {**CHANGE, "type": "change", "studyInstanceUID": "1.0"},
    {**CHANGE, "type": "change", "studyInstanceUID": "1.1"},
    {**CHANGE, "type": "change", "studyInstanceUID": "1.2"},
    {**EVENT, "action": "drafted", "plan": PLAN},
    {**EVENT, "action": "submitted", "job": "0001"},
]
LINES = [line.encode() for line in format_audit_lines(RECORDS)]
CHANGES = b"".join(LINES[:3])
PLANNED = {"size": len(CHANGES), "sha256": hashlib.sha256(CHANGES).hexdigest()}


def codes(lines: list[bytes], planned: dict[str, Any] | None = PLANNED, plan: str | None = PLAN) -> list[str]:
    return [issue.code for issue in check_audit({"audit.jsonl": b"".join(lines)}, planned, plan)]


def chained(records: list[dict[str, object]]) -> list[bytes]:
    return [line.encode() for line in format_audit_lines(records)]


def test_an_unchanged_file_has_no_issue() -> None:
    assert codes(LINES) == []
    assert codes(LINES, None, None) == []
    assert list(check_audit({}, PLANNED, PLAN)) == []


@pytest.mark.parametrize("row", range(4))
def test_a_changed_line_is_found_in_the_next_one(row: int) -> None:
    lines = list(LINES)
    lines[row] = lines[row].replace(b"1.0", b"1.9").replace(b"1.1", b"1.9").replace(b"1.2", b"1.9")
    assert lines != LINES
    assert codes(lines) == ["audit.broken-chain"]


@pytest.mark.parametrize("row", range(4))
def test_a_removed_line_is_found(row: int) -> None:
    assert "audit.broken-chain" in codes(LINES[:row] + LINES[row + 1 :])


@pytest.mark.parametrize("count", range(4))
def test_the_end_of_the_draft_cannot_be_removed(count: int) -> None:
    assert codes(LINES[:count]) == ["package.changed-file"]


def test_changes_in_a_new_chain_are_found_by_the_hash_in_the_plan() -> None:
    assert codes(chained([RECORDS[0], *RECORDS[2:]])) == ["package.changed-file"]
    assert codes(chained([RECORDS[0], *RECORDS[2:]]), None) == []


def test_another_plan_is_found() -> None:
    assert codes(LINES, plan="b" * 64) == ["audit.other-plan"]


def test_a_line_in_pieces_is_one_line() -> None:
    pieces = [LINES[0][:10], LINES[0][10:], *LINES[1:]]
    assert not [item for item in read_audit_lines(pieces, PLANNED, PLAN) if isinstance(item, Issue)]


def test_a_line_that_is_too_long_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_check, "AUDIT_LINE_LIMIT", 500)
    items = list(read_audit_lines([b"x" * 400, b"x" * 400, b"\n"], None, None))
    assert [item.code for item in items if isinstance(item, Issue)] == ["audit.damaged-line"]


def test_thousands_of_damaged_lines_are_bounded() -> None:
    assert len(codes([b"{}\n"] * 5_000, None, None)) < 1_100
