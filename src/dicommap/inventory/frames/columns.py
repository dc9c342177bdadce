"""The columns of a frame: their names, their types, and how SQLite makes each from the tables of an inventory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.model.tags import tag_of, vm_of, vrs_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class FrameLevel(StrEnum):
    """What the rows of a frame are."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"
    """A file each: instances and duplicates."""
    FILE = "file"
    ISSUE = "issue"


class Kind(StrEnum):
    """What the cells of a column are; the value is Arrow's name of the type."""

    TEXT = "string"
    WHOLE = "int64"
    NUMBER = "double"
    DATE = "date32[day]"
    TIME = "timestamp[ns, tz=UTC]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a frame."""

    name: str
    kind: Kind
    sql: str
    """An expression over the rows of its level; see `selection`."""
    optional: bool = False
    """Whether a cell may be null."""


KINDS = {
    **dict.fromkeys(("DA",), Kind.DATE),
    **dict.fromkeys(("IS", "SL", "SS", "SV", "UL", "US", "UV"), Kind.WHOLE),
    **dict.fromkeys(("DS", "FD", "FL"), Kind.NUMBER),
}
"""Value representations whose single values have a type; all others are text."""

_FUNCTIONS = {Kind.DATE: "frame_date", Kind.WHOLE: "frame_whole", Kind.NUMBER: "frame_number"}
_SUMMARISED = (FrameLevel.STUDY, FrameLevel.SERIES)


def columns_of(level: FrameLevel, keywords: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns of a level, for an inventory that captured these keywords."""
    fixed = tuple(_fixed(level))
    if level in (FrameLevel.FILE, FrameLevel.ISSUE):
        return fixed
    attributes = (
        column for keyword in keywords for column in attribute_columns(keyword, summarised=level in _SUMMARISED)
    )
    return (*fixed, *attributes)


def attribute_columns(keyword: str, *, summarised: bool, sql: str | None = None) -> Iterator[Column]:
    """Yield the columns of an attribute.

    It has one for its value; where that has a type, one with the text that stands in the files; and where a row is
    many files, one with the number of distinct values among them.
    """
    cell = sql or f'"{keyword}"'
    text = _decoded(cell)
    kind = kind_of(keyword)
    if kind is Kind.TEXT:
        yield Column(name=keyword, kind=kind, sql=text, optional=True)
    else:
        yield Column(name=keyword, kind=kind, sql=f"{_FUNCTIONS[kind]}({text})", optional=True)
        yield Column(name=f"{keyword}_text", kind=Kind.TEXT, sql=text, optional=True)
    if summarised:
        yield _whole(f"{keyword}_distinct", f'"{keyword}_distinct"')


def _decoded(cell: str) -> str:
    """Return the expression for a value as text, whether it is stored as text or, with undecodable bytes, as a BLOB."""
    # A function of ours only for those few cells: SQLite calls it through Python.
    return f"CASE typeof({cell}) WHEN 'blob' THEN frame_value({cell}) ELSE {cell} END"


def kind_of(keyword: str) -> Kind:
    """Return the type of an attribute's values; text where it can have several or its representation is not sure."""
    tag = tag_of(keyword)
    multiplicity = None if tag is None else vm_of(tag)
    if tag is None or multiplicity is None or multiplicity.high != 1:
        return Kind.TEXT
    vrs = vrs_of(tag)
    return KINDS.get(vrs[0], Kind.TEXT) if len(vrs) == 1 else Kind.TEXT


def _fixed(level: FrameLevel) -> Iterator[Column]:
    if level is FrameLevel.STUDY:
        yield from (_text("StudyInstanceUID"), _whole("series"))
        yield from (_whole("instances"), _whole("files"), _whole("bytes"))
    elif level is FrameLevel.SERIES:
        yield from (_text("StudyInstanceUID"), _text("SeriesInstanceUID"))
        yield from (_whole("instances"), _whole("files"), _whole("bytes"))
    elif level is FrameLevel.INSTANCE:
        yield from map(_text, ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"))
        yield from (_text(name, _decoded(name)) for name in ("SOPClassUID", "TransferSyntaxUID"))
        yield from attribute_columns("InstanceNumber", summarised=False, sql="f.InstanceNumber")
        yield from _file()
    elif level is FrameLevel.FILE:
        yield from _file()
    else:
        yield from _issue()


def _file() -> Iterator[Column]:
    yield _text("source", "frame_path(s.root)")
    yield _text("path", "frame_path(f.path)")
    yield _whole("bytes", "f.size")
    yield Column(name="mtime", kind=Kind.TIME, sql="f.mtime_ns")
    yield _text("disposition", "frame_disposition(f.disposition)")
    yield Column(name="etag", kind=Kind.TEXT, sql="NULLIF(f.etag, '')", optional=True)


def _issue() -> Iterator[Column]:
    yield from (_text("code", "i.code"), _text("severity", "frame_severity(i.severity)"))
    yield Column(name="source", kind=Kind.TEXT, sql="frame_path(s.root)", optional=True)
    yield Column(name="path", kind=Kind.TEXT, sql="frame_path(f.path)", optional=True)
    for name, member in (("StudyInstanceUID", "study"), ("SeriesInstanceUID", "series"), ("keyword", "keyword")):
        yield Column(name=name, kind=Kind.TEXT, sql=f"frame_location(i.location, '{member}')", optional=True)
    yield from (_text("location", "i.location"), _text("message", "i.message"))


def _text(name: str, sql: str | None = None) -> Column:
    return Column(name=name, kind=Kind.TEXT, sql=sql or name)


def _whole(name: str, sql: str | None = None) -> Column:
    return Column(name=name, kind=Kind.WHOLE, sql=sql or name)
