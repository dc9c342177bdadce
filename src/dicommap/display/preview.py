"""Changes on a screen: for each study or series a table of values before and after."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text_model_mask_part import MASK
from dicommap.display.csv_json import truncate_text
from dicommap.display.report import CellKind, ReportTable, TableColumn, TableRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ChangedTarget = tuple[str, str, "Sequence[Mapping[str, str]]"]
"""Study Instance UID, Series Instance UID or nothing, and the rows of the preview."""

MASKED_NOTE = f"{MASK} is a masked value; dicommap.show_values(True) shows values."

MAX_VALUE_LENGTH = 120
"""Characters of a value where not all is shown."""

_VALUE_COLUMNS = ("before", "after")
_TARGET_COLUMNS = (
    TableColumn("level", CellKind.WORD),
    TableColumn("UID", CellKind.UID),
    TableColumn("changes", CellKind.NUMBER),
)
_CHANGE_COLUMNS = (
    TableColumn("attribute", CellKind.CODE),
    TableColumn("before", CellKind.BEFORE),
    TableColumn("after", CellKind.AFTER),
    TableColumn("because of", CellKind.SENTENCE),
)


def group_changes_by_target(rows: Iterable[Mapping[str, str]], limit: int | None = None) -> list[ChangedTarget]:
    """Return the rows of a preview by the study or series that they change: the first `limit` of these, or all."""
    groups = groupby(rows, key=lambda row: (row["StudyInstanceUID"], row["SeriesInstanceUID"]))
    return [(study, series, list(members)) for (study, series), members in islice(groups, limit)]


def build_changes_table(
    groups: Sequence[ChangedTarget], *, total: int, opened: int, limit: int | None = None, heading: str = "Changes"
) -> ReportTable:
    """Return a row for each study or series that is changed, with its changes inside, the first `opened` ones unfolded.

    With `limit` only so many changes are, and long values are cut.
    """
    rows = [
        TableRow(
            cells=("series" if series else "study", f"{study} {series}".strip(), f"{len(members):,}"),
            inside=(_target_changes_table(members, limit),),
            is_open=number < opened,
        )
        for number, (study, series, members) in enumerate(groups)
    ]
    return ReportTable(columns=_TARGET_COLUMNS, rows=rows, total=total, noun="override", heading=heading)


def _target_changes_table(members: Sequence[Mapping[str, str]], limit: int | None) -> ReportTable:
    rows = [
        TableRow(
            cells=(
                f"{row['keyword']} {row['tag']}",
                *(
                    row[name] if limit is None else truncate_text(row[name], MAX_VALUE_LENGTH)
                    for name in _VALUE_COLUMNS
                ),
                row["because of"],
            )
        )
        for row in members[:limit]
    ]
    return ReportTable(columns=_CHANGE_COLUMNS, rows=rows, total=len(members), noun="change")
