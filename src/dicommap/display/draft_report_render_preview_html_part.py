"""The preview of a draft as one HTML page: no script, no request, readable in light and dark."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.display.conflict_report import build_conflict_blocks
from dicommap.display.preview import build_changes_table, group_changes_by_target
from dicommap.display.report import CellKind, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.display.report_html import render_html_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.display.report import Block
    from dicommap.overrides.grouping_conflicts import GroupingConflict

_STUDY_COLUMNS = (TableColumn("StudyInstanceUID", CellKind.UID), TableColumn("edits", CellKind.NUMBER))
_EDIT_COLUMNS = (
    TableColumn("edit", CellKind.SENTENCE),
    TableColumn("changed in", CellKind.TEXT),
    TableColumn("attributes", CellKind.TEXT),
)


def build_preview_page(
    rows: Iterable[Mapping[str, str]],
    study_edits: Iterable[Mapping[str, str]],
    conflicts: Sequence[GroupingConflict],
    *,
    show_values: bool,
) -> str:
    """Return a page that stands alone: all rows of a preview, the edits of each study, and the first conflicts."""
    groups = group_changes_by_target(rows)
    block = build_changes_table(groups, total=len(groups), opened=len(groups))
    blocks: list[Block] = [block, _edits_by_study_table(study_edits)] if groups else [Note(text="No changes.")]
    if conflicts:
        blocks += build_conflict_blocks(conflicts, show_values=show_values, heading="Forecast")
    return render_html_page(Report(title="Preview", blocks=blocks))


def _edits_by_study_table(study_edits: Iterable[Mapping[str, str]]) -> ReportTable:
    """Return a row for each study that is changed, with its edits inside."""
    names = [column.name for column in _EDIT_COLUMNS]
    rows = []
    for study, members in groupby(study_edits, key=lambda row: row["StudyInstanceUID"]):
        edits = [TableRow(cells=tuple(row[name] for name in names)) for row in members]
        inside = ReportTable(columns=_EDIT_COLUMNS, rows=edits, total=len(edits), noun="edit")
        rows.append(TableRow(cells=(study, f"{len(edits):,}"), inside=(inside,)))
    return ReportTable(columns=_STUDY_COLUMNS, rows=rows, total=len(rows), noun="study", heading="Edits by study")
