"""The report model: a title, counts, tables, facts and notes about one object."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class CellKind(Enum):
    """What the cells of a column hold."""

    TEXT = "text"
    WORD = "word"
    DATE = "date"
    SENTENCE = "sentence"
    UID = "uid"
    CODE = "code"
    NUMBER = "number"
    SEVERITY = "severity"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of rows."""

    name: str
    kind: CellKind = CellKind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class FactList:
    """Names and what they are, a line each."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row; with something inside it folds, in HTML, and `is_open` says how it starts."""

    cells: Sequence[str]
    inside: Sequence[Block] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A table of the first rows, and how many there are in all."""

    columns: Sequence[TableColumn]
    rows: Sequence[TableRow]
    total: int
    noun: str
    """What a row is of, in the singular."""
    heading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of plain text."""

    text: str


Block = FactList | ReportTable | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is shown of one object. Values in it are masked already: what renders it masks nothing."""

    title: str
    counts: Sequence[str] = ()
    subject: str = ""
    """The UID that it is of."""
    severities: Sequence[tuple[str, int]] = ()
    """Severities of findings with their numbers, the worst first."""
    blocks: Sequence[Block] = ()
