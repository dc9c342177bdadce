"""Changes on a screen: for each study or series a table of values before and after."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING

from dicommap.model.mask import MASK
from dicommap.render.screen import Column, Kind, Row, Rows
from dicommap.render.text import first_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Target = tuple[str, str, "Sequence[Mapping[str, str]]"]
"""Study Instance UID, Series Instance UID or nothing, and the rows of the preview."""

MASKED_NOTE = f"{MASK} is a masked value; dicommap.show_values(True) shows values."

VALUE_LIMIT = 120
"""Characters of a value where not all is shown."""

_VALUES = ("before", "after")
_TARGETS = (Column("level", Kind.WORD), Column("UID", Kind.UID), Column("changes", Kind.NUMBER))
_CHANGES = (
    Column("attribute", Kind.CODE),
    Column("before", Kind.BEFORE),
    Column("after", Kind.AFTER),
    Column("because of", Kind.SENTENCE),
)


def targets(rows: Iterable[Mapping[str, str]], limit: int | None = None) -> list[Target]:
    """Return the rows of a preview by the study or series that they change: the first `limit` of these, or all."""
    groups = groupby(rows, key=lambda row: (row["StudyInstanceUID"], row["SeriesInstanceUID"]))
    return [(study, series, list(members)) for (study, series), members in islice(groups, limit)]


def change_rows(
    groups: Sequence[Target], *, total: int, opened: int, limit: int | None = None, heading: str = "Changes"
) -> Rows:
    """Return a row for each study or series that is changed, with its changes inside, the first `opened` ones unfolded.

    With `limit` only so many changes are, and long values are cut.
    """
    rows = [
        Row(
            cells=("series" if series else "study", f"{study} {series}".strip(), f"{len(members):,}"),
            inside=(_changes(members, limit),),
            is_open=number < opened,
        )
        for number, (study, series, members) in enumerate(groups)
    ]
    return Rows(columns=_TARGETS, rows=rows, total=total, noun="override", heading=heading)


def _changes(members: Sequence[Mapping[str, str]], limit: int | None) -> Rows:
    rows = [
        Row(
            cells=(
                f"{row['keyword']} {row['tag']}",
                *(row[name] if limit is None else first_characters(row[name], VALUE_LIMIT) for name in _VALUES),
                row["because of"],
            )
        )
        for row in members[:limit]
    ]
    return Rows(columns=_CHANGES, rows=rows, total=len(members), noun="change")
