"""The screen of what differs inside studies and series: each attribute with its values and their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dicommap.display.csv_json import format_count
from dicommap.display.inventory_report import MASKED_NOTE
from dicommap.display.report import CellKind, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.model.masking import mask_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.display.report import Block
    from dicommap.model.study import ValueCounts

MAX_INCONSISTENCIES = 20
MAX_INCONSISTENT_VALUES = 4

_INCONSISTENCY_COLUMNS = (
    TableColumn("level", CellKind.WORD),
    TableColumn("UID", CellKind.UID),
    TableColumn("attribute", CellKind.CODE),
    TableColumn("values (files)", CellKind.SENTENCE),
)


class InconsistentAttribute(Protocol):
    """One attribute that differs; see `dicommap.inventory.search_inventory_inconsistent_part.Inconsistency`."""

    @property
    def study_instance_uid(self) -> str: ...  # noqa: D102
    @property
    def series_instance_uid(self) -> str | None: ...  # noqa: D102
    @property
    def keyword(self) -> str: ...  # noqa: D102
    @property
    def values(self) -> ValueCounts: ...  # noqa: D102


def build_inconsistencies_report(found: Sequence[InconsistentAttribute], *, show_values: bool) -> Report:
    """Return the first of what differs, and what to do about it."""
    if not found:
        return Report(
            title="Inconsistencies", counts=("none",), blocks=[Note(text="Nothing differs where it must not.")]
        )
    studies = len({one.study_instance_uid for one in found})
    keywords = dict.fromkeys(one.keyword for one in found)
    rows = [_inconsistency_row(one, show_values=show_values) for one in found[:MAX_INCONSISTENCIES]]
    blocks: list[Block] = [
        ReportTable(columns=_INCONSISTENCY_COLUMNS, rows=rows, total=len(found), noun="attribute"),
        Note(
            text=f"Next: draft(harmonize={list(keywords)}) gives all files the most frequent value; see a draft first."
        ),
    ]
    if not show_values:
        blocks.append(Note(text=MASKED_NOTE))
    counts = (f"{format_count(len(found), 'attribute')} in {format_count(studies, 'study')}",)
    return Report(title="Inconsistencies", counts=counts, blocks=blocks)


def _inconsistency_row(one: InconsistentAttribute, *, show_values: bool) -> TableRow:
    uid = one.series_instance_uid or one.study_instance_uid
    level = "study" if one.series_instance_uid is None else "series"
    ranked = sorted(one.values.items(), key=lambda item: (-item[1], item[0]))
    told = [
        f"{mask_value(one.keyword, value, show_values=show_values) or '(empty)'} ({files:,})"
        for value, files in ranked[:MAX_INCONSISTENT_VALUES]
    ]
    more = [f"and {len(ranked) - MAX_INCONSISTENT_VALUES:,} more"] if len(ranked) > MAX_INCONSISTENT_VALUES else []
    return TableRow(cells=(level, uid, one.keyword, "; ".join([*told, *more])))
