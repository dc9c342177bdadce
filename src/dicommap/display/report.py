"""The report model: a title, counts, tables, facts, notes and figures about one object."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.model.masking import Masker


class CellKind(Enum):
    """The kind of text in the cells of a column, which decides how the cells are drawn."""

    TEXT = "text"
    WORD = "word"
    DATE = "date"
    SENTENCE = "sentence"
    UID = "uid"
    PATH = "path"
    CODE = "code"
    NUMBER = "number"
    SEVERITY = "severity"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table."""

    name: str
    kind: CellKind = CellKind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class FactList:
    """Facts about the reported object. Each line has a fact's name and its text."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of a table. In HTML a row with blocks `details` can be folded; it starts unfolded if `is_open`."""

    cells: Sequence[str]
    details: Sequence[Block] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A table with the first rows, and the number of all rows."""

    columns: Sequence[TableColumn]
    rows: Sequence[TableRow]
    total: int
    noun: str
    """The noun for one row, in the singular."""
    heading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of plain text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A plot. HTML shows it; text leaves it out, so the same facts must be in other blocks, too."""

    html: str
    """Complete and escaped HTML, as the package `plots` makes it."""


Block = FactList | ReportTable | Note | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The complete content that is shown about one object. Its values are masked already; the renderers do not mask."""

    title: str
    counts: Sequence[str] = ()
    subject: str = ""
    """The UID of the object."""
    severities: Sequence[tuple[str, int]] = ()
    """Severities of issues with their counts, the most severe first."""
    blocks: Sequence[Block] = ()


def build_masked_notes(masker: Masker) -> list[Note]:
    """Return a note that explains the marks in a report and how to see values; no note if nothing was masked."""
    return [Note(text=f"{masker.explain()} dicommap.show_values(True) shows values.")] if masker.example else []
