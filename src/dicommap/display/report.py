"""The classes of which a report consists: title, counts, tables, facts, notes and figures.

Other modules render them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.model.masking import Masker


class ColumnKind(Enum):
    """The kinds of text in the cells of a column. The kind of a column decides how its cells are shown."""

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
    """A column of a ReportTable: the heading, and the kind of text in the cells."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class FactList:
    """A list of facts about the object of a report. Each fact is a pair: a name and a text."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of a table. `details` are blocks inside the row. In HTML, they are folded unless `is_open` is True."""

    cells: Sequence[str]
    details: Sequence[Block] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A table of a report. It may have only the first rows; `total` is the number of all rows."""

    columns: Sequence[TableColumn]
    rows: Sequence[TableRow]
    total: int
    noun: str
    """The noun for one row in the singular, such as `study`."""
    heading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of plain text in a report."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A plot in a report.

    Text output does not show plots, so other blocks of the report must contain the same facts.
    """

    html: str
    """The HTML of the plot, made by the package `plots`. It is put into the page without escaping."""


Block = FactList | ReportTable | Note | Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The complete content that is shown about one object.

    The function that builds a report must mask the values. The functions that render it mask nothing.
    """

    title: str
    counts: Sequence[str] = ()
    subject: str = ""
    """The UID of the object; empty if it has no UID."""
    severities: Sequence[tuple[str, int]] = ()
    """Pairs of a severity and its number of issues, the highest severity first."""
    blocks: Sequence[Block] = ()


def build_masked_notes(masker: Masker) -> list[Note]:
    """Return a list with a note that explains the marks of masked values in a report, and how to see the values.

    The list is empty if no value was masked.
    """
    return [Note(text=f"{masker.explain_marks()} dicommap.show_values(True) shows values.")] if masker.example else []
