"""The preview of a draft as one HTML page: no script, no request, readable in light and dark."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.render.changes import change_rows, targets
from dicommap.render.conflicts import conflict_blocks
from dicommap.render.screen import Column, Kind, Note, Row, Rows, Screen
from dicommap.render.screen_html import page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.model.conflict import Conflict
    from dicommap.render.screen import Block

_STUDIES = (Column("StudyInstanceUID", Kind.UID), Column("edits", Kind.NUMBER))
_EDITS = (Column("edit", Kind.SENTENCE), Column("changed in", Kind.TEXT), Column("attributes", Kind.TEXT))


def preview_page(
    rows: Iterable[Mapping[str, str]],
    study_edits: Iterable[Mapping[str, str]],
    conflicts: Sequence[Conflict],
    *,
    show_values: bool,
) -> str:
    """Return a page that stands alone: all rows of a preview, the edits of each study, and the first conflicts."""
    groups = targets(rows)
    block = change_rows(groups, total=len(groups), opened=len(groups))
    blocks: list[Block] = [block, _by_study(study_edits)] if groups else [Note(text="No changes.")]
    if conflicts:
        blocks += conflict_blocks(conflicts, show_values=show_values, heading="Forecast")
    return page(Screen(title="Preview", blocks=blocks))


def _by_study(study_edits: Iterable[Mapping[str, str]]) -> Rows:
    """Return a row for each study that is changed, with its edits inside."""
    names = [column.name for column in _EDITS]
    rows = []
    for study, members in groupby(study_edits, key=lambda row: row["StudyInstanceUID"]):
        edits = [Row(cells=tuple(row[name] for name in names)) for row in members]
        inside = Rows(columns=_EDITS, rows=edits, total=len(edits), noun="edit")
        rows.append(Row(cells=(study, f"{len(edits):,}"), inside=(inside,)))
    return Rows(columns=_STUDIES, rows=rows, total=len(rows), noun="study", heading="Edits by study")
