"""Queries for the report of an inventory: its modalities, its date range and its first studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.display.inventory_report import (
    MAX_SERIES,
    MAX_STUDIES,
    InventoryOverview,
    SeriesSummary,
    StudySummary,
    ValueSummary,
)
from dicommap.display.issue_report import MAX_CODES, MAX_LOCATIONS_PER_CODE, rank_codes
from dicommap.inventory.cells import read_integer, read_optional_text, read_rows, read_text, read_value
from dicommap.inventory.connection import build_distinct_count_sql
from dicommap.inventory.queries import read_first_issues

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from dicommap.inventory.cells import CellReader
    from dicommap.model.inventory_summary import InventorySummary

_STUDY_KEYWORDS = ("StudyDate", "PatientID", "StudyDescription")
_SERIES_KEYWORDS = ("Modality", "SeriesNumber", "SeriesDescription")

_HAS_FILES = (
    "EXISTS (SELECT 1 FROM file WHERE file.header = header.id AND file.disposition IN ('instance', 'duplicate'))"
)

# SQLite reads the index of (study, series) in its order, and stops at the limit.
_FIRST_STUDIES_QUERY = f"""
SELECT DISTINCT StudyInstanceUID FROM header WHERE {_HAS_FILES} ORDER BY StudyInstanceUID LIMIT {MAX_STUDIES}
"""  # noqa: S608

# With CROSS JOIN, SQLite first finds the headers of the study by their index, then the files of each header.
_FROM_STUDY = """
FROM header CROSS JOIN file ON file.header = header.id
WHERE StudyInstanceUID = ? AND disposition IN ('instance', 'duplicate')
"""

# The order of model.study.series_number_sort_key: series without a number are last.
_ORDER_BY_SERIES_NUMBER = "MIN(IFNULL(SeriesNumber, '') = ''), MIN(CAST(SeriesNumber AS INTEGER)), "

_MODALITIES_QUERY = f"""
SELECT IFNULL(Modality, ''), COUNT(DISTINCT SeriesInstanceUID) FROM header WHERE {_HAS_FILES}
GROUP BY 1 ORDER BY 2 DESC, 1
"""  # noqa: S608

# strftime changes the day of a date that does not exist, such as 20260231, so the two texts differ.
_DATES_QUERY = f"""
SELECT MIN(StudyDate), MAX(StudyDate) FROM header WHERE StudyDate GLOB '{"[0-9]" * 8}' AND typeof(StudyDate) = 'text'
AND StudyDate = strftime(
    '%Y%m%d', substr(StudyDate, 1, 4) || '-' || substr(StudyDate, 5, 2) || '-' || substr(StudyDate, 7), '+0 days'
) AND {_HAS_FILES}
"""  # noqa: S608


def read_overview(
    connection: sqlite3.Connection, keywords: Sequence[str], sources: Sequence[str], summary: InventorySummary
) -> InventoryOverview:
    """Return the data for the report of an inventory: counts, dates, and the first studies and issues.

    Args:
        connection: The open inventory.
        keywords: The keywords of the captured attributes.
        sources: The roots of the inventory.
        summary: The counts of the whole inventory.
    """
    overview = OverviewQueries(connection, keywords)
    return InventoryOverview(
        summary=summary,
        sources=sources,
        modalities=overview.count_modalities(),
        dates=overview.read_date_range(),
        first=overview.read_first_studies(),
        issues={
            (code, severity): read_first_issues(connection, code, severity, MAX_LOCATIONS_PER_CODE)
            for code, severity in rank_codes(summary.issues)[:MAX_CODES]
        },
    )


class OverviewQueries:
    """The queries that the report of one inventory needs."""

    def __init__(self, connection: sqlite3.Connection, keywords: Sequence[str]) -> None:
        self._connection = connection
        self._keywords = frozenset(keywords)

    def read_first_studies(self) -> list[StudySummary]:
        """Return the first studies in the order of their UIDs. Each study has its first series."""
        uids = [uid for (uid,) in read_rows(self._connection, _FIRST_STUDIES_QUERY, (read_text,))]
        return [self._read_study_summary(uid) for uid in uids]

    def count_modalities(self) -> dict[str, int]:
        """Return a dict: Modality -> number of series with it. The most frequent modality is first."""
        if "Modality" not in self._keywords:
            return {}
        return dict(read_rows(self._connection, _MODALITIES_QUERY, (read_value, read_integer)))

    def read_date_range(self) -> tuple[str, str] | None:
        """Return the first and the last valid StudyDate in the inventory. Return None if no file has a valid date."""
        if "StudyDate" not in self._keywords:
            return None
        ((first, last),) = read_rows(self._connection, _DATES_QUERY, (read_optional_text, read_optional_text))
        return (first, last) if first is not None and last is not None else None

    def _read_study_summary(self, uid: str) -> StudySummary:
        keywords = [keyword for keyword in _STUDY_KEYWORDS if keyword in self._keywords]
        query = f"SELECT COUNT(DISTINCT SeriesInstanceUID), {_build_summary_columns(keywords)} {_FROM_STUDY}"
        kinds = (read_integer, read_integer, read_integer, *_make_cell_readers(keywords))
        ((series, instances, size, *cells),) = read_rows(self._connection, query, kinds, (uid,))
        return StudySummary(
            uid=uid,
            series=series,
            instances=instances,
            size=size,
            values=_make_value_summaries(keywords, cells),
            modalities=self._read_modalities(uid),
            first=self._read_first_series(uid),
        )

    def _read_first_series(self, study: str) -> list[SeriesSummary]:
        keywords = [keyword for keyword in _SERIES_KEYWORDS if keyword in self._keywords]
        order = _ORDER_BY_SERIES_NUMBER if "SeriesNumber" in keywords else ""
        query = (
            f"SELECT SeriesInstanceUID, {_build_summary_columns(keywords)} {_FROM_STUDY}"
            f"GROUP BY SeriesInstanceUID ORDER BY {order}SeriesInstanceUID LIMIT {MAX_SERIES}"
        )
        kinds = (read_text, read_integer, read_integer, *_make_cell_readers(keywords))
        return [
            SeriesSummary(uid=uid, instances=instances, size=size, values=_make_value_summaries(keywords, cells))
            for uid, instances, size, *cells in read_rows(self._connection, query, kinds, (study,))
        ]

    def _read_modalities(self, study: str) -> list[str]:
        if "Modality" not in self._keywords:
            return []
        query = (
            f"SELECT DISTINCT IFNULL(Modality, '') FROM header WHERE StudyInstanceUID = ? AND {_HAS_FILES} ORDER BY 1"  # noqa: S608
        )
        return [modality for (modality,) in read_rows(self._connection, query, (read_value,), (study,))]


def _build_summary_columns(keywords: Sequence[str]) -> str:
    """Return SQL columns: the numbers of instances and bytes, and for each keyword a number of values and one value."""
    values = (
        f"{build_distinct_count_sql(keyword)}, MIN(IFNULL(\"{keyword}\", ''))"  # keywords are constants of this module
        for keyword in keywords
    )
    return ", ".join(["SUM(disposition = 'instance')", "SUM(size)", *values])


def _make_cell_readers(keywords: Sequence[str]) -> tuple[CellReader, ...]:
    """Return the cell readers of the columns that `_build_summary_columns` makes for keywords."""
    return (read_integer, read_value) * len(keywords)


def _make_value_summaries(keywords: Sequence[str], cells: Sequence[Any]) -> dict[str, ValueSummary]:
    """Return keyword -> ValueSummary, from the cells that `_make_cell_readers` has checked."""
    return {keyword: ValueSummary(*cells[2 * index : 2 * index + 2]) for index, keyword in enumerate(keywords)}
