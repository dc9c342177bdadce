"""sheet(): make a sheet of the studies or series of an inventory, for editing in a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Literal

from dicommap.arguments import convert_arguments, optional, to_path, to_text, to_texts, type_error
from dicommap.dicom.choices import unknown_choice
from dicommap.dicom.printable_text import make_printable
from dicommap.display.issue_report import Issues
from dicommap.edits.csv_reader import require_delimiter
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.sheet_carry_over import SheetCarryOver
from dicommap.edits.sheet_rows import choose_sheet_columns, format_sheet_lines, format_sheet_rows
from dicommap.edits.table_formats import require_encoding
from dicommap.edits.table_reader import CsvSettings
from dicommap.errors import DocumentError, UsageError
from dicommap.healthimaging.levels import Level
from dicommap.inventory import queries, search
from dicommap.inventory.inventory_argument import require_inventory
from dicommap.model.displayable import Displayable
from dicommap.model.masking import make_repr_masker
from dicommap.package.document_reader import read_document
from dicommap.reading.document_limits import TABLE_LIMIT
from dicommap.writing.new_file import write_new_text_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from _typeshed import StrPath

    from dicommap.display.report import Report
    from dicommap.edits.edited_sheet import EditedSheet
    from dicommap.edits.sheet_rows import CarriedCells
    from dicommap.edits.shell_patterns import ShellPatterns
    from dicommap.inventory import Inventory
    from dicommap.issues import Issue
    from dicommap.model.study import Series, Study

_LEVELS = {"study": Level.STUDY, "series": Level.SERIES}
_WORKBOOK_SUFFIX = ".xlsx"
_OTHER_FORMATS = frozenset({".xls", ".xlsb", ".xlsm", ".xltx", ".ods", ".fods", ".numbers", ".parquet", ".json"})
"""File name suffixes of other formats. A sheet is not written to a file with such a name."""


class Sheet(Displayable):
    """A sheet of the studies or series of an open inventory. Each iteration yields its lines as CSV."""

    def __init__(
        self,
        inventory: Inventory,
        level: Level,
        keywords: Sequence[str],
        delimiter: str,
        patterns: Mapping[str, ShellPatterns],
    ) -> None:
        """Make a sheet of an inventory.

        Args:
            inventory: The open inventory.
            level: The level of the rows: study or series.
            keywords: The keywords of the attributes that are columns.
            delimiter: The character between cells.
            patterns: Keyword -> the patterns that the values of a row must match.

        """
        self._inventory = inventory
        self._level = level
        self._keywords = keywords
        self._delimiter = delimiter
        self._patterns = patterns
        self._carried: CarriedCells = {}
        self.carried = 0
        """Number of cells that have an edit of the older sheet (`carry_over`)."""
        self.issues = Issues()
        """The issues of the older sheet (`carry_over`). They name its edits that no longer apply, and the reasons."""

    def __iter__(self) -> Iterator[str]:
        return format_sheet_lines(self._iterate_groups(), self._level, self._keywords, self._delimiter, self._carried)

    def save(self, path: StrPath) -> int:
        """Write the sheet to a new file, and return the number of rows. An existing file is never overwritten.

        Args:
            path: The path of the new file. If it ends in .xlsx, a workbook is written, otherwise CSV.

        Raises:
            DocumentError: The file exists or cannot be written, or the rows do not fit in a workbook.
            MissingExtraError: A workbook needs the extra `excel`, which is not installed.
            UsageError: The path has the suffix of another format, such as .ods.

        """
        file = to_path("path", path)
        suffix = file.suffix.lower()
        if suffix in _OTHER_FORMATS:
            raise UsageError(
                f"A sheet cannot be written as {suffix}.",
                fix="Name a file that ends in .xlsx or .csv; any spreadsheet opens it.",
            )
        return self._save_workbook(file) if suffix == _WORKBOOK_SUFFIX else write_sheet(file, self)

    def _save_workbook(self, path: Path) -> int:
        from dicommap.edits.sheet_workbook import describe_sheet_columns
        from dicommap.model.extras import require_extra
        from dicommap.writing.workbook_writer import WORKSHEET_ROWS, make_too_many_rows_error, write_new_workbook

        require_extra("excel")
        if not self._patterns and self._count_groups() >= WORKSHEET_ROWS:
            raise make_too_many_rows_error()
        title = "Studies" if self._level is Level.STUDY else "Series"
        rows = format_sheet_rows(self._iterate_groups(), self._level, self._keywords, self._carried)
        return write_new_workbook(path, title, describe_sheet_columns(self._level, self._keywords), rows)

    def _carry_over(self, older: EditedSheet, issues: Iterable[Issue]) -> None:
        """Copy the edits of an older sheet that still apply into this sheet. `issues` are the older sheet's issues."""
        carry_over = SheetCarryOver(older, issues, self._keywords)
        for study in self._inventory.studies():
            carry_over.add_study(study)
        carry_over.finish()
        self._carried, self.carried = carry_over.cells, carry_over.count
        self.issues = Issues(carry_over.issues)

    def _count_groups(self) -> int:
        numbers = self._inventory.summary()
        return numbers.studies if self._level is Level.STUDY else numbers.series

    def _iterate_groups(self) -> Iterator[Study] | Iterator[Series]:
        if self._level is Level.STUDY:
            studies = self._inventory.studies()
            return search.find_studies(studies, self._patterns) if self._patterns else studies
        if self._patterns:
            return search.find_series(self._inventory.studies(), self._patterns)
        return self._inventory.series()

    def _build_report(self) -> Report:
        from dicommap.display.study_report import MAX_SHEET_ROWS, build_sheet_report

        total = sum(1 for _ in self._iterate_groups()) if self._patterns else self._count_groups()
        first: list[Study | Series] = list(islice(self._iterate_groups(), MAX_SHEET_ROWS))
        masker = make_repr_masker(unmasked=self._inventory._unmasked)
        return build_sheet_report(first, total, self._level.value, self._keywords, masker=masker)


@convert_arguments(columns=to_texts, carry_over=optional(to_path), delimiter=to_text, encoding=optional(to_text))
def sheet(
    inventory: Inventory | StrPath,
    *,
    level: Literal["study", "series"] | None = None,
    columns: str | Sequence[str] = (),
    where: Mapping[str, str | Iterable[str]] | None = None,
    carry_over: StrPath | None = None,
    delimiter: str = ",",
    encoding: str | None = None,
) -> Sheet:
    """Return a sheet with a row for each study or series and a column for each attribute.

    Args:
        inventory: The open inventory, or the path of an inventory file.
        level: The level of the rows: "study" or "series". The default is that of `carry_over`, or "study".
        columns: Keywords of the attributes that are columns, or one keyword. The default is the columns of
            `carry_over`, or the level's usual columns.
        where: Keyword -> a pattern, or several patterns of which one must match, as in `Inventory.find`. Only matching
            studies or series have a row. By default, all have a row.
        carry_over: The path of an edited sheet (a workbook or CSV) that is older than the last scan. The edits that
            still apply are copied to the new sheet. `Sheet.issues` names the other edits and the reasons.
        delimiter: The character between cells of CSV: a comma, semicolon, tab or vertical bar.
        encoding: The encoding of `carry_over` if it is CSV: "utf-8", "latin-1" or "cp1252". The default is UTF-8, or
            UTF-16 with a byte order mark.

    Raises:
        AttributeNameError: The inventory does not contain an attribute of `columns` or `where`.
        DocumentError: `carry_over` cannot be read.
        UsageError: The level, delimiter or encoding is unknown, the level is not that of `carry_over`, or both
            `where` and `carry_over` are given.

    """
    if level is not None and str(level) not in _LEVELS:
        raise unknown_choice("level", level, _LEVELS)
    require_delimiter(delimiter)
    given: object = {} if where is None else where
    if not isinstance(given, Mapping) or not all(isinstance(keyword, str) for keyword in given):
        raise type_error("where", where, "a dict of keyword and pattern, such as {'Modality': 'MR'}")
    if where and carry_over is not None:
        raise UsageError(
            "An older sheet is carried over whole: its edits of rows that do not match would be lost.",
            fix="Leave out the patterns, or the older sheet.",
        )
    opened = require_inventory(inventory)
    if carry_over is None:
        return _make_sheet(opened, _LEVELS[level or "study"], columns, delimiter, where)
    older, issues = _read_older_sheet(to_path("carry_over", carry_over), opened, encoding)
    older_level = Level.SERIES if "SeriesInstanceUID" in older.header else Level.STUDY
    if level is not None and _LEVELS[level] is not older_level:
        raise UsageError(
            f"The rows of {older.name} are {older_level.value if older_level is Level.SERIES else 'studies'}.",
            fix=f"Leave the level out, or name the level {older_level.value}.",
        )
    captured = [column for column in older.header if column in opened.keywords]
    made = _make_sheet(opened, older_level, columns or captured, delimiter, where)
    made._carry_over(older, issues)
    return made


def _make_sheet(
    inventory: Inventory,
    level: Level,
    columns: Sequence[str],
    delimiter: str,
    where: Mapping[str, str | Iterable[str]] | None,
) -> Sheet:
    for keyword in (where or {}).keys() - {*search.UID_KEYWORDS}:
        queries.require_captured_keywords([keyword], inventory.keywords)
    keywords = choose_sheet_columns(level, inventory.keywords, columns)
    return Sheet(inventory, level, keywords, delimiter, search.parse_patterns(where or {}))


def _read_older_sheet(path: Path, inventory: Inventory, encoding: str | None) -> tuple[EditedSheet, list[Issue]]:
    settings = CsvSettings(encoding=None if encoding is None else require_encoding(encoding))
    name = make_printable(path.name)
    older, issues = read_sheet(name, read_document(path, TABLE_LIMIT.bytes), inventory.keywords, settings)
    if older is None:
        raise DocumentError(
            f"{issues[0].location}: {issues[0].message}", fix=f"'dicommap explain {issues[0].code}' says what to do."
        )
    return older, issues


def write_sheet(path: Path, lines: Iterable[str]) -> int:
    """Write the lines of a sheet to a new CSV file, and return the number of rows; the header does not count.

    An existing file is never overwritten. Raises DocumentError if the file exists or cannot be written.
    """
    count = 0

    def counted() -> Iterator[str]:
        nonlocal count
        for line in lines:
            count += 1
            yield line

    write_new_text_file(path, counted())
    return count - 1
