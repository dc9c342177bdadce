"""The names and types of a frame's columns, and functions that convert DICOM texts to typed cells."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of, vm_of, vrs_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class FrameLevel(StrEnum):
    """The kind of item in each row of a frame (a table of an inventory): a study, series, instance, file or issue."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"
    """A file that is an instance, or a duplicate of an instance."""
    FILE = "file"
    ISSUE = "issue"


class CellType(StrEnum):
    """The type of a column of a frame (table). The value of each member is the type's name in Arrow."""

    TEXT = "string"
    INTEGER = "int64"
    NUMBER = "double"
    DATE = "date32[day]"
    TIME = "timestamp[ns, tz=UTC]"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColumn:
    """One column of a frame, which is a table with the studies, series, instances, files or issues of an inventory."""

    name: str
    kind: CellType
    sql: str
    """The SQL expression for a cell. It uses the tables and names that `frame_queries` defines."""
    is_nullable: bool = False
    """Whether a cell may be null."""


VR_CELL_TYPES = {
    **dict.fromkeys(("DA",), CellType.DATE),
    **dict.fromkeys(("IS", "SL", "SS", "SV", "UL", "US", "UV"), CellType.INTEGER),
    **dict.fromkeys(("DS", "FD", "FL"), CellType.NUMBER),
}
"""VR -> type of the column for an attribute with a single value. All other columns are text."""

_SQL_FUNCTIONS = {CellType.DATE: "frame_date", CellType.INTEGER: "frame_whole", CellType.NUMBER: "frame_number"}
_SUMMARY_LEVELS = (FrameLevel.STUDY, FrameLevel.SERIES)


def list_frame_columns(level: FrameLevel, keywords: tuple[str, ...]) -> tuple[FrameColumn, ...]:
    """Return the columns of a frame. `keywords` are the keywords of the captured attributes."""
    fixed = tuple(_iterate_fixed_columns(level))
    if level in (FrameLevel.FILE, FrameLevel.ISSUE):
        return fixed
    attributes = (
        column
        for keyword in keywords
        for column in iterate_attribute_columns(keyword, summarised=level in _SUMMARY_LEVELS)
    )
    return (*fixed, *attributes)


def iterate_attribute_columns(keyword: str, *, summarised: bool, sql: str | None = None) -> Iterator[FrameColumn]:
    """Yield the columns of an attribute.

    The column `KEYWORD` has the value. If this column is not text, the column `KEYWORD_text` has the value as text.

    Args:
        keyword: The keyword of the attribute.
        summarised: Whether a row summarises many files. If so, `KEYWORD_distinct` has the number of distinct values.
        sql: The SQL expression for the value. By default, it is the SQL column with the name `keyword`.
    """
    cell = sql or f'"{keyword}"'
    text = _build_decoded_value_sql(cell)
    kind = cell_type_of(keyword)
    if kind is CellType.TEXT:
        yield FrameColumn(name=keyword, kind=kind, sql=text, is_nullable=True)
    else:
        yield FrameColumn(name=keyword, kind=kind, sql=f"{_SQL_FUNCTIONS[kind]}({text})", is_nullable=True)
        yield FrameColumn(name=f"{keyword}_text", kind=CellType.TEXT, sql=text, is_nullable=True)
    if summarised:
        yield _make_integer_column(f"{keyword}_distinct", f'"{keyword}_distinct"')


def _build_decoded_value_sql(cell: str) -> str:
    """Return an SQL expression for the text of a cell. It decodes BLOBs, which are values with undecodable bytes."""
    # The Python function is slow, so SQLite calls it only for the few cells that need it.
    return f"CASE typeof({cell}) WHEN 'blob' THEN frame_value({cell}) ELSE {cell} END"


def cell_type_of(keyword: str) -> CellType:
    """Return the column type of an attribute: TEXT if it may have several values or VRs (PS3.6 table 6-1)."""
    tag = tag_of(keyword)
    multiplicity = None if tag is None else vm_of(tag)
    if tag is None or multiplicity is None or multiplicity.high != 1:
        return CellType.TEXT
    vrs = vrs_of(tag)
    return VR_CELL_TYPES.get(vrs[0], CellType.TEXT) if len(vrs) == 1 else CellType.TEXT


def _iterate_fixed_columns(level: FrameLevel) -> Iterator[FrameColumn]:
    if level is FrameLevel.STUDY:
        yield from (_make_text_column("StudyInstanceUID"), _make_integer_column("series"))
        yield from (_make_integer_column("instances"), _make_integer_column("files"), _make_integer_column("bytes"))
    elif level is FrameLevel.SERIES:
        yield from (_make_text_column("StudyInstanceUID"), _make_text_column("SeriesInstanceUID"))
        yield from (_make_integer_column("instances"), _make_integer_column("files"), _make_integer_column("bytes"))
    elif level is FrameLevel.INSTANCE:
        yield from map(_make_text_column, ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"))
        yield from (
            _make_text_column(name, _build_decoded_value_sql(name)) for name in ("SOPClassUID", "TransferSyntaxUID")
        )
        yield from iterate_attribute_columns("InstanceNumber", summarised=False, sql="f.InstanceNumber")
        yield from _iterate_file_columns()
    elif level is FrameLevel.FILE:
        yield from _iterate_file_columns()
    else:
        yield from _iterate_issue_columns()


def _iterate_file_columns() -> Iterator[FrameColumn]:
    yield _make_text_column("source", "frame_path(s.root)")
    yield _make_text_column("path", "frame_path(f.path)")
    yield _make_integer_column("bytes", "f.size")
    yield FrameColumn(name="mtime", kind=CellType.TIME, sql="f.mtime_ns")
    yield _make_text_column("disposition", "frame_disposition(f.disposition)")
    yield FrameColumn(name="etag", kind=CellType.TEXT, sql="NULLIF(f.etag, '')", is_nullable=True)


def _iterate_issue_columns() -> Iterator[FrameColumn]:
    yield from (_make_text_column("code", "i.code"), _make_text_column("severity", "frame_severity(i.severity)"))
    yield FrameColumn(name="source", kind=CellType.TEXT, sql="frame_path(s.root)", is_nullable=True)
    yield FrameColumn(name="path", kind=CellType.TEXT, sql="frame_path(f.path)", is_nullable=True)
    for name, member in (("StudyInstanceUID", "study"), ("SeriesInstanceUID", "series"), ("keyword", "keyword")):
        yield FrameColumn(
            name=name, kind=CellType.TEXT, sql=f"frame_location(i.location, '{member}')", is_nullable=True
        )
    yield from (_make_text_column("location", "i.location"), _make_text_column("message", "i.message"))


def _make_text_column(name: str, sql: str | None = None) -> FrameColumn:
    return FrameColumn(name=name, kind=CellType.TEXT, sql=sql or name)


def _make_integer_column(name: str, sql: str | None = None) -> FrameColumn:
    return FrameColumn(name=name, kind=CellType.INTEGER, sql=sql or name)


_DATE = re.compile(r"[0-9]{8}")
_INTEGER = re.compile(r" *[+-]?[0-9]{1,19} *")
_NUMBER = re.compile(r" *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]+)? *")
_INT64 = range(-(2**63), 2**63)


def parse_date(text: str) -> str | None:
    """Convert a DA value (YYYYMMDD, PS3.5 section 6.2) to YYYY-MM-DD. Return None if it is not a valid date."""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        return None


def parse_integer(text: str) -> int | None:
    """Convert the text of an integer, such as an IS value, to an int. Return None if it is not a 64-bit integer."""
    if _INTEGER.fullmatch(text) is None:
        return None
    number = int(text)
    return number if number in _INT64 else None


def parse_number(text: str) -> float | None:
    """Convert the text of a DS, FL or FD value to a float. Return None if it is not a finite number."""
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None
