"""Conflicts of grouping attributes: as rows of tables, and on a screen."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from dicommap.model.mask import MASK
from dicommap.model.masking import shown, shown_in_repr
from dicommap.render.changes import MASKED_NOTE
from dicommap.render.screen import Column, Kind, Note, Row, Rows, Screen
from dicommap.render.shown import Shown
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.model.conflict import Conflict
    from dicommap.render.screen import Block

FORECAST_COLUMNS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "source",
    "path",
    "keyword",
    "value",
    "primary value",
    "cure",
    "cure value",
)
"""The columns of forecast.csv."""

CONFLICTS_SHOWN = 20
FILES_SHOWN = 5
OPENED = 3
"""Conflicts whose files are unfolded."""
VALUES_SHOWN = 3

FORECAST_NOTE = "A forecast: which group becomes the primary image set is not documented; the largest is taken."
_EMPTY = "(empty)"
_CONFLICTS = (
    Column("level", Kind.WORD),
    Column("UID", Kind.UID),
    Column("attribute", Kind.CODE),
    Column("values", Kind.BEFORE),
    Column("non-primary", Kind.NUMBER),
    Column("files", Kind.NUMBER),
    Column("what would cure it", Kind.SENTENCE),
    Column("value", Kind.AFTER),
)
_FILES = (Column("SOPInstanceUID", Kind.UID), Column("value", Kind.BEFORE), Column("path", Kind.TEXT))


def conflict_row(conflict: Conflict, *, show_values: bool) -> dict[str, str]:
    """Return a conflict as one line of text cells, its values masked unless they are asked for."""
    values = [
        f"{_told(conflict.keyword, value, show_values=show_values)} ({files})"
        for value, files in list(conflict.values.items())[:VALUES_SHOWN]
    ]
    more = len(conflict.values) - VALUES_SHOWN
    return {
        "level": conflict.level.value,
        "StudyInstanceUID": conflict.study_instance_uid,
        "SeriesInstanceUID": conflict.series_instance_uid or "",
        "keyword": conflict.keyword,
        "values": "; ".join([*values, *([f"and {more:,} more"] if more > 0 else [])]),
        "non-primary": str(conflict.outside),
        "files": str(conflict.files),
        "cure": conflict.cure,
        "cure value": shown(conflict.keyword, conflict.cure_value or "", show_values=show_values),
    }


def forecast_rows(conflicts: Iterable[Conflict], *, show_values: bool) -> Iterator[dict[str, str]]:
    """Yield a line of forecast.csv for each file and attribute by which it falls apart; unlisted files are counted."""
    for conflict in conflicts:
        of_conflict = {
            "keyword": conflict.keyword,
            "primary value": _told(conflict.keyword, conflict.primary, show_values=show_values),
            "cure": conflict.cure,
            "cure value": shown(conflict.keyword, conflict.cure_value or "", show_values=show_values),
        }
        for file in conflict.listed:
            cells = {
                **of_conflict,
                "StudyInstanceUID": conflict.study_instance_uid,
                "SeriesInstanceUID": file.series_instance_uid,
                "SOPInstanceUID": file.sop_instance_uid,
                "source": file.source,
                "path": file.path,
                "value": _told(conflict.keyword, file.value, show_values=show_values),
            }
            yield {column: cells[column] for column in FORECAST_COLUMNS}
        more = conflict.outside - len(conflict.listed)
        if more:
            cells = {
                **of_conflict,
                "StudyInstanceUID": conflict.study_instance_uid,
                "path": f"(and {more:,} more files)",
            }
            yield {column: cells.get(column, "") for column in FORECAST_COLUMNS}


class Conflicts(tuple["Conflict", ...], Shown):
    """Conflicts in order of studies; equal to any tuple or list of the same ones."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other)) if isinstance(other, tuple | list) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def of(self, study_instance_uid: str) -> Conflicts:
        """Return those of one study and its series."""
        return Conflicts(one for one in self if one.study_instance_uid == study_instance_uid)

    def to_dicts(self, *, show_values: bool = False) -> list[dict[str, str]]:
        """Return each as one line of text cells, its values masked unless they are asked for."""
        return [conflict_row(one, show_values=show_values) for one in self]

    # A tuple has both of its own.
    __str__ = Shown.__str__
    __repr__ = Shown.__repr__

    def _screen(self) -> Screen:
        show_values = shown_in_repr()
        blocks = conflict_blocks(self, show_values=show_values)
        if not show_values and has_masked(self):
            blocks.append(Note(text=MASKED_NOTE))
        return Screen(title="Conflicts", counts=(_count(self),), blocks=blocks)


def conflict_blocks(conflicts: Sequence[Conflict], *, show_values: bool, heading: str = "") -> list[Block]:
    """Return the first conflicts with their first files inside, and what to know of them; or that there is none."""
    if not conflicts:
        return [Note(text="Each grouping attribute has one value in every study and series.")]
    rows = [
        _row(conflict, is_open=number < OPENED, show_values=show_values)
        for number, conflict in enumerate(conflicts[:CONFLICTS_SHOWN])
    ]
    table = Rows(columns=_CONFLICTS, rows=rows, total=len(conflicts), noun="conflict", heading=heading)
    return [table, Note(text=FORECAST_NOTE)]


def has_masked(conflicts: Iterable[Conflict]) -> bool:
    """Say whether any of the conflicts that are shown has a value that is masked where values are."""
    return any(
        MASK in shown(one.keyword, value, show_values=False)
        for one in islice(conflicts, CONFLICTS_SHOWN)
        for value in one.values
    )


def _row(conflict: Conflict, *, is_open: bool, show_values: bool) -> Row:
    cells = conflict_row(conflict, show_values=show_values)
    uid = f"{cells.pop('StudyInstanceUID')} {cells.pop('SeriesInstanceUID')}".strip()
    files = [
        Row(cells=(file.sop_instance_uid, _told(conflict.keyword, file.value, show_values=show_values), file.path))
        for file in conflict.listed[:FILES_SHOWN]
    ]
    inside = [Rows(columns=_FILES, rows=files, total=conflict.outside, noun="file")] if files else []
    level, *others = cells.values()
    return Row(cells=(level, uid, *others), inside=inside, is_open=is_open)


def _count(conflicts: Sequence[Conflict]) -> str:
    studies = len({one.study_instance_uid for one in conflicts})
    return f"{counted(len(conflicts), 'conflict')} in {counted(studies, 'study')}" if conflicts else "none"


def _told(keyword: str, value: str, *, show_values: bool) -> str:
    return shown(keyword, value, show_values=show_values) or _EMPTY
