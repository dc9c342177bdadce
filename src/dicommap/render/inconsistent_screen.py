"""The screen of what differs inside studies and series: each attribute with its values and their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dicommap.model.masking import shown
from dicommap.render.inventory_screen import MASKED_NOTE
from dicommap.render.screen import Column, Kind, Note, Row, Rows, Screen
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.model.hierarchy import ValueCounts
    from dicommap.render.screen import Block

ROWS_SHOWN = 20
VALUES_SHOWN = 4

_COLUMNS = (
    Column("level", Kind.WORD),
    Column("UID", Kind.UID),
    Column("attribute", Kind.CODE),
    Column("values (files)", Kind.SENTENCE),
)


class Differing(Protocol):
    """One attribute that differs; see `dicommap.inventory.inconsistent.Inconsistency`."""

    @property
    def study_instance_uid(self) -> str: ...  # noqa: D102
    @property
    def series_instance_uid(self) -> str | None: ...  # noqa: D102
    @property
    def keyword(self) -> str: ...  # noqa: D102
    @property
    def values(self) -> ValueCounts: ...  # noqa: D102


def inconsistent_screen(found: Sequence[Differing], *, show_values: bool) -> Screen:
    """Return the first of what differs, and what to do about it."""
    if not found:
        return Screen(
            title="Inconsistencies", counts=("none",), blocks=[Note(text="Nothing differs where it must not.")]
        )
    studies = len({one.study_instance_uid for one in found})
    keywords = dict.fromkeys(one.keyword for one in found)
    rows = [_row(one, show_values=show_values) for one in found[:ROWS_SHOWN]]
    blocks: list[Block] = [
        Rows(columns=_COLUMNS, rows=rows, total=len(found), noun="attribute"),
        Note(
            text=f"Next: draft(harmonize={list(keywords)}) gives all files the most frequent value; see a draft first."
        ),
    ]
    if not show_values:
        blocks.append(Note(text=MASKED_NOTE))
    counts = (f"{counted(len(found), 'attribute')} in {counted(studies, 'study')}",)
    return Screen(title="Inconsistencies", counts=counts, blocks=blocks)


def _row(one: Differing, *, show_values: bool) -> Row:
    uid = one.series_instance_uid or one.study_instance_uid
    level = "study" if one.series_instance_uid is None else "series"
    ranked = sorted(one.values.items(), key=lambda item: (-item[1], item[0]))
    told = [
        f"{shown(one.keyword, value, show_values=show_values) or '(empty)'} ({files:,})"
        for value, files in ranked[:VALUES_SHOWN]
    ]
    more = [f"and {len(ranked) - VALUES_SHOWN:,} more"] if len(ranked) > VALUES_SHOWN else []
    return Row(cells=(level, uid, one.keyword, "; ".join([*told, *more])))
