"""Rows, records and a report of entries of audit.jsonl. The schema `audit-line` describes the records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.report import ColumnKind, Report, ReportTable, TableColumn, TableRow
from dicommap.issues.wording import format_count, join_names
from dicommap.model.audit import AuditChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.display.inventory_records import Record
    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.model.audit import AuditEventLine, AuditValue
    from dicommap.model.audit_selection import AuditEntry
    from dicommap.model.masking import Masker

ENTRY_COLUMNS = ("time", "user", "action", "study or series", "what")
ENTRY_RANKS = ("time", "action", "study or series", "what", "user")
"""The ENTRY_COLUMNS, the most important first: the others are hidden if the terminal is narrow."""
_EVENT_MEMBERS = ("job", "jobId", "imageSetId", "newImageSetId", "file", "datastoreId", "dataAccessRoleArn")
"""Members of an event that its description names, in this order."""
_REPORT_COLUMNS = (
    TableColumn("time", ColumnKind.WORD),
    TableColumn("user", ColumnKind.WORD),
    TableColumn("action", ColumnKind.WORD),
    TableColumn("study or series", ColumnKind.UID),
    TableColumn("what", ColumnKind.SENTENCE),
)


def build_audit_cells(entry: AuditEntry) -> tuple[str, ...]:
    """Return the cells of an entry for a table with the ENTRY_COLUMNS. They have no values of attributes."""
    line = entry.line
    uid = line.sopInstanceUID if isinstance(line, AuditChange) else None
    uid = uid or line.seriesInstanceUID or line.studyInstanceUID or ""
    return entry.at, entry.user, get_action_name(entry), uid, describe_entry(entry)


def get_action_name(entry: AuditEntry) -> str:
    """Return the action of an entry: `changed` or `removed` for a change; the name of the action for an event."""
    if isinstance(entry.line, AuditChange):
        return "removed" if entry.line.after is None else "changed"
    return entry.line.action.value


def describe_entry(entry: AuditEntry) -> str:
    """Return the attribute and the edits of a change, or the members of an event, in one text."""
    if isinstance(entry.line, AuditChange):
        match = "" if entry.match is None else f" (the value: {entry.match.value})"
        return f"{entry.line.attribute}: {join_names(entry.line.edits)}{match}{_describe_update(entry.line)}"
    return "; ".join(_describe_event(entry.line))


def _describe_update(line: AuditChange) -> str:
    """Return the update file that makes a change, or their number; an empty text if an override makes it."""
    if line.carrier != "update":
        return ""
    files = (line.file,) if line.file else line.files or ()
    return f"; {files[0]}" if len(files) == 1 else f"; {len(files):,} updates" if files else "; by an update"


def _describe_event(line: AuditEventLine) -> Iterator[str]:
    members = line.model_dump(include=set(_EVENT_MEMBERS), exclude_none=True)
    yield from (f"{name} {members[name]}" for name in _EVENT_MEMBERS if name in members)
    if line.versionBefore is not None or line.versionAfter is not None:
        yield f"version {line.versionBefore or '?'} to {line.versionAfter or '?'}"
    if line.counts:
        yield ", ".join(f"{count:,} {name}" for name, count in line.counts.items())
    if line.reason is not None:
        yield f"reason: {line.reason}"
    if line.values is not None:
        yield f"values {line.values.value}{'' if line.keyId is None else f' with key {line.keyId}'}"


def build_audit_record(entry: AuditEntry, masker: Masker) -> Record:
    """Return an entry as a JSON object: the members of its line. A change also gets the time and user of its draft."""
    line = entry.line
    record: Record = {"at": entry.at, "user": entry.user, **line.model_dump(mode="json", exclude_none=True)}
    if isinstance(line, AuditChange):
        if line.before is not None:
            record["before"] = [_make_masked_value_record(line.attribute, value, masker) for value in line.before]
        if line.after is not None:
            record["after"] = _make_masked_value_record(line.attribute, line.after, masker)
        if entry.match is not None:
            record["match"] = entry.match.value
    return record


def _make_masked_value_record(keyword: str, value: AuditValue, masker: Masker) -> Record:
    record = value.model_dump(exclude_none=True)
    return record if value.value is None else record | {"value": masker.mask(keyword, value.value)}


AUDIT_CSV_COLUMNS = (
    "at",
    "user",
    "action",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "attribute",
    "edits",
    "carrier",
    "file",
    "before",
    "after",
    "match",
    "details",
)


def build_audit_csv_row(entry: AuditEntry, masker: Masker) -> dict[str, str]:
    """Return an entry as a row of CSV: column -> text."""
    line = entry.line
    cells = {
        "at": entry.at,
        "user": entry.user,
        "action": get_action_name(entry),
        "StudyInstanceUID": line.studyInstanceUID,
        "SeriesInstanceUID": line.seriesInstanceUID,
        "file": line.file,
    }
    if isinstance(line, AuditChange):
        record = build_audit_record(entry, masker)
        cells |= {
            "SOPInstanceUID": line.sopInstanceUID,
            "attribute": line.attribute,
            "edits": "; ".join(line.edits),
            "carrier": line.carrier,
            "file": line.file or "; ".join(line.files or ()),
            "before": json.dumps(record["before"], ensure_ascii=False) if "before" in record else "",
            "after": json.dumps(record["after"], ensure_ascii=False) if "after" in record else "",
            "match": record.get("match"),
        }
    else:
        cells["details"] = describe_entry(entry)
    return {column: cells.get(column) or "" for column in AUDIT_CSV_COLUMNS}


def build_audit_report(package: str, first: Sequence[AuditEntry], total: int, issues: Issues) -> Report:
    """Return the report of audit.jsonl.

    Args:
        package: The package directory.
        first: The first selected entries.
        total: The number of all selected entries.
        issues: The issues of audit.jsonl.
    """
    counts = issues.counts()
    blocks: list[Block] = [build_issue_counts_table(counts, group_first_issues(issues))] if counts else []
    rows = [TableRow(cells=build_audit_cells(entry)) for entry in first]
    blocks.append(ReportTable(columns=_REPORT_COLUMNS, rows=rows, total=total, noun="line"))
    severities = count_severities(counts)
    return Report(title="Audit", counts=(package, format_count(total, "line")), severities=severities, blocks=blocks)
