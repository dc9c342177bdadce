"""What SQLite is asked for a frame: one SELECT for each level, as a view or in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.inventory.connection_inventory_comparing_part import distinct_count_sql
from dicommap.inventory.frames.columns import FrameLevel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.inventory.frames.columns import FrameColumn

_IS_INSTANCE = "f.disposition IN ('instance', 'duplicate')"

# Counted by header first: distinct values are then looked for among headers, of which there are far fewer.
_HEADER_COUNTS = f"""(
    SELECT f.header AS number, COUNT(*) AS files, SUM(f.disposition = 'instance') AS instances, SUM(f.size) AS bytes
    FROM main.file AS f WHERE {_IS_INSTANCE} GROUP BY f.header
) JOIN main.header AS h ON h.id = number"""  # noqa: S608

_SUM_COLUMNS = "SUM(instances) AS instances, SUM(files) AS files, SUM(bytes) AS bytes"

_STUDY_COLUMNS = f"StudyInstanceUID, COUNT(DISTINCT SeriesInstanceUID) AS series, {_SUM_COLUMNS}"
_SERIES_COLUMNS = f"StudyInstanceUID, SeriesInstanceUID, {_SUM_COLUMNS}"

_FROM_CLAUSES = {
    FrameLevel.INSTANCE: "main.header AS h {join} main.file AS f ON f.header = h.id JOIN main.source AS s"
    f" ON s.id = f.source WHERE {_IS_INSTANCE}",
    FrameLevel.FILE: "main.file AS f JOIN main.source AS s ON s.id = f.source",
    # The finding about a file's size knows its path, and not its row; the path is whole where there is one source.
    FrameLevel.ISSUE: "main.issue AS i LEFT JOIN main.file AS f ON f.id = IFNULL(i.file, (SELECT id FROM main.file"
    " WHERE (SELECT COUNT(*) FROM main.source) = 1 AND source = (SELECT id FROM main.source)"
    " AND path = frame_location(i.location, 'path'))) LEFT JOIN main.source AS s ON s.id = f.source",
}

_ORDER_CLAUSES = {
    FrameLevel.STUDY: "StudyInstanceUID",
    FrameLevel.SERIES: "StudyInstanceUID, SeriesInstanceUID",
    # As two indexes give them, so that nothing is sorted, however much there is.
    FrameLevel.INSTANCE: "h.StudyInstanceUID, h.SeriesInstanceUID, h.id, f.id",
    FrameLevel.FILE: "f.source, f.path",
    FrameLevel.ISSUE: "i.id",
}


def view_query(level: FrameLevel, columns: Sequence[FrameColumn], keywords: Sequence[str]) -> str:
    """Return the SELECT of a view of this level: its rows in no order."""
    return f"SELECT {_select_list(columns)} FROM {_from_clause(level, keywords, 'JOIN')}"  # noqa: S608


def ordered_query(level: FrameLevel, columns: Sequence[FrameColumn], keywords: Sequence[str]) -> str:
    """Return the SELECT of the whole frame, in its order."""
    source = _from_clause(level, keywords, "CROSS JOIN")
    return f"SELECT {_select_list(columns)} FROM {source} ORDER BY {_ORDER_CLAUSES[level]}"  # noqa: S608


def count_query(level: FrameLevel) -> str:
    """Return the SELECT of the number of rows of a frame."""
    if level is FrameLevel.ISSUE:
        return "SELECT COUNT(*) FROM main.issue"
    if level is FrameLevel.FILE:
        return "SELECT COUNT(*) FROM main.file"
    if level is FrameLevel.INSTANCE:
        return f"SELECT COUNT(*) FROM main.file AS f WHERE {_IS_INSTANCE}"  # noqa: S608
    keys = "StudyInstanceUID" + (", SeriesInstanceUID" if level is FrameLevel.SERIES else "")
    held = f"SELECT f.header FROM main.file AS f WHERE {_IS_INSTANCE}"  # noqa: S608
    return f"SELECT COUNT(*) FROM (SELECT DISTINCT {keys} FROM main.header WHERE id IN ({held}))"  # noqa: S608


def _select_list(columns: Sequence[FrameColumn]) -> str:
    return ", ".join(f'{column.sql} AS "{column.name}"' for column in columns)


def _from_clause(level: FrameLevel, keywords: Sequence[str], join: str) -> str:
    if level is FrameLevel.STUDY:
        return _summary_subquery(_STUDY_COLUMNS, "StudyInstanceUID", keywords)
    if level is FrameLevel.SERIES:
        return _summary_subquery(_SERIES_COLUMNS, "StudyInstanceUID, SeriesInstanceUID", keywords)
    return _FROM_CLAUSES[level].format(join=join)


def _summary_subquery(fixed: str, keys: str, keywords: Sequence[str]) -> str:
    values = "".join(
        f', CASE WHEN {distinct_count_sql(keyword)} = 1 THEN MAX("{keyword}") END AS "{keyword}",'
        f' {distinct_count_sql(keyword)} AS "{keyword}_distinct"'
        for keyword in keywords
    )
    return f"(SELECT {fixed}{values} FROM {_HEADER_COUNTS} GROUP BY {keys})"  # noqa: S608
