"""sheet(): make a sheet of the studies, series or instances of an inventory, for editing in a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, Literal

from dicommap.arguments import convert_arguments, make_type_error, to_integer, to_optional, to_path, to_text, to_texts
from dicommap.dicom.choices import make_unknown_choice_error
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
from dicommap.inventory.instance_values import iterate_instances, read_study_instances
from dicommap.inventory.inventory_argument import require_inventory
from dicommap.inventory.selection import FILE_KEYWORDS, HEADER_KEYWORDS, Selection, parse_uid_pattern
from dicommap.issues.wording import format_count
from dicommap.model.displayable import Displayable
from dicommap.model.instance_values import INSTANCE_NUMBER
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
    from dicommap.edits.sheet_rows import CarriedCells, SheetGroup
    from dicommap.inventory import Inventory
    from dicommap.issues import Issue
    from dicommap.model.instance_values import InstanceValues
    from dicommap.model.study import Target

_LEVELS = {"study": Level.STUDY, "series": Level.SERIES, "instance": Level.INSTANCE}
_ROWS = {Level.STUDY: "studies", Level.SERIES: "series", Level.INSTANCE: "instances"}
_TITLES = {Level.STUDY: "Studies", Level.SERIES: "Series", Level.INSTANCE: "Instances"}
MAX_UNASKED_INSTANCES = 10_000
"""Maximum number of rows of a sheet of instances for which the caller named no condition and no limit."""
_WORKBOOK_SUFFIX = ".xlsx"
_OTHER_FORMATS = frozenset({".xls", ".xlsb", ".xlsm", ".xltx", ".ods", ".fods", ".numbers", ".parquet", ".json"})
"""File name suffixes of other formats. A sheet is not written to a file with such a name."""


class Sheet(Displayable):
    """A sheet of the studies, series or instances of an open inventory. Each iteration yields its lines as CSV."""

    def __init__(
        self,
        inventory: Inventory,
        level: Level,
        keywords: Sequence[str],
        delimiter: str,
        selection: Selection,
    ) -> None:
        """Make a sheet of an inventory.

        Args:
            inventory: The open inventory.
            level: The level of the rows: study, series or instance.
            keywords: The keywords of the attributes that are columns.
            delimiter: The character between cells.
            selection: The conditions for rows, and their maximum number.

        """
        self._inventory = inventory
        self._level = level
        self._keywords = keywords
        self._delimiter = delimiter
        self._selection = selection
        self._patterns = search.parse_patterns(selection.where)
        self._carried_instances: Sequence[Target] | None = None
        """The instances with rows in the older sheet (`carry_over`); None if the rows are not instances."""
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
        """Write the sheet to a new Excel workbook, and return the number of rows."""
        from dicommap.edits.workbook_columns import describe_sheet_columns
        from dicommap.model.extras import require_extra
        from dicommap.writing.workbook_writer import WORKSHEET_ROWS, make_too_many_rows_error, write_new_workbook

        require_extra("excel")
        if self._has_all_rows() and self._count_all_groups() >= WORKSHEET_ROWS:
            raise make_too_many_rows_error()
        rows = format_sheet_rows(self._iterate_groups(), self._level, self._keywords, self._carried)
        return write_new_workbook(path, _TITLES[self._level], describe_sheet_columns(self._level, self._keywords), rows)

    def _carry_over(self, older: EditedSheet, issues: Iterable[Issue]) -> None:
        """Copy the edits of an older sheet that still apply into this sheet. `issues` are the older sheet's issues."""
        instances = partial(read_study_instances, self._inventory)
        carry_over = SheetCarryOver(older, issues, self._keywords, instances)
        for study in self._inventory.studies():
            carry_over.add_study(study)
        carry_over.add_unknown_row_issues()
        self._carried, self.carried = carry_over.cells, carry_over.cell_count
        self.issues = Issues(carry_over.issues)
        if self._level is Level.INSTANCE:
            self._carried_instances = carry_over.instances

    def _has_all_rows(self) -> bool:
        """Return whether the sheet has a row for each study, series or instance of the inventory."""
        return self._selection == Selection() and self._carried_instances is None

    def _count_all_groups(self) -> int:
        """Return the number of all studies, series or instances in the inventory, without the sheet's conditions."""
        numbers = self._inventory.summary()
        return {Level.STUDY: numbers.studies, Level.SERIES: numbers.series}.get(self._level, numbers.instances)

    def _iterate_groups(self) -> Iterator[SheetGroup]:
        """Yield the studies, series or instances that are rows of the sheet, at most `limit`."""
        return islice(self._iterate_selected_groups(), self._selection.limit)

    def _iterate_selected_groups(self) -> Iterator[SheetGroup]:
        """Yield the studies, series or instances that meet the conditions of the sheet. `limit` is ignored."""
        selection = Selection(studies=self._selection.studies, series=self._selection.series)
        if self._carried_instances is not None:
            return self._iterate_carried_instances(self._carried_instances)
        if self._level is Level.INSTANCE:
            return iterate_instances(self._inventory, replace(self._selection, limit=None))
        if self._level is Level.STUDY:
            studies = self._inventory.studies(selection)
            return search.find_studies(studies, self._patterns) if self._patterns else studies
        series = self._inventory.series(selection)
        return search.find_series(series, self._patterns) if self._patterns else series

    def _iterate_carried_instances(self, targets: Iterable[Target]) -> Iterator[InstanceValues]:
        """Yield the values of the instances that have rows in the older sheet, study by study."""
        for study, of_study in groupby(targets, key=lambda target: target.study_instance_uid):
            named = set(of_study)
            yield from (
                instance for instance in read_study_instances(self._inventory, study) if instance.target in named
            )

    def _build_report(self) -> Report:
        from dicommap.display.study_report import MAX_SHEET_ROWS, build_sheet_report

        total = self._count_all_groups() if self._has_all_rows() else sum(1 for _ in self._iterate_groups())
        first: list[SheetGroup] = list(islice(self._iterate_groups(), MAX_SHEET_ROWS))
        masker = make_repr_masker(unmasked=self._inventory._unmasked)
        return build_sheet_report(first, total, self._level.value, self._keywords, masker=masker)


@convert_arguments(
    columns=to_texts,
    studies=to_texts,
    series=to_texts,
    limit=to_optional(to_integer(minimum=1)),
    carry_over=to_optional(to_path),
    delimiter=to_text,
    encoding=to_optional(to_text),
)
def sheet(
    inventory: Inventory | StrPath,
    *,
    level: Literal["study", "series", "instance"] | None = None,
    columns: str | Sequence[str] = (),
    where: Mapping[str, str | Iterable[str]] | None = None,
    studies: str | Sequence[str] = (),
    series: str | Sequence[str] = (),
    limit: int | None = None,
    carry_over: StrPath | None = None,
    delimiter: str = ",",
    encoding: str | None = None,
) -> Sheet:
    """Return a sheet with a row for each study, series or instance and a column for each attribute.

    A sheet of instances is for selected instances: without `where`, `studies`, `series` or `limit`, it may have 10,000
    rows.

    Args:
        inventory: The open inventory, or the path of an inventory file.
        level: The level of the rows: "study", "series" or "instance". The default is that of `carry_over`, or "study".
        columns: Keywords of the attributes that are columns, or one keyword. The default is the columns of
            `carry_over`, or the level's usual columns.
        where: Keyword -> a pattern, or several patterns of which one must match, as in `Inventory.find`. Only matching
            studies, series or instances have a row. By default, all have a row. Instances can also be selected by
            SOPInstanceUID and InstanceNumber.
        studies: Only rows of these Study Instance UIDs. A UID may be shortened as tables show it: `1.3.6…0.133`.
        series: Only rows of these Series Instance UIDs. A UID may be shortened.
        limit: The maximum number of rows; by default, all rows are written.
        carry_over: The path of an edited sheet (a workbook or CSV) that is older than the last scan. The edits that
            still apply are copied to the new sheet. `Sheet.issues` names the other edits and the reasons. If its rows
            are instances, the new sheet has the rows of the same instances.
        delimiter: The character between cells of CSV: a comma, semicolon, tab or vertical bar.
        encoding: The encoding of `carry_over` if it is CSV: "utf-8", "latin-1" or "cp1252". The default is UTF-8, or
            UTF-16 with a byte order mark.

    Raises:
        AttributeNameError: The inventory does not contain an attribute of `columns` or `where`.
        DocumentError: `carry_over` cannot be read.
        UsageError: The level, delimiter or encoding is unknown, the level is not that of `carry_over`, both conditions
            and `carry_over` are given, or a sheet of instances would have more than 10,000 rows without a condition.

    """
    if level is not None and str(level) not in _LEVELS:
        raise make_unknown_choice_error("level", level, _LEVELS)
    require_delimiter(delimiter)
    given: object = {} if where is None else where
    if not isinstance(given, Mapping) or not all(isinstance(keyword, str) for keyword in given):
        raise make_type_error("where", where, "a dict of keyword and pattern, such as {'Modality': 'MR'}")
    if (where or studies or series or limit is not None) and carry_over is not None:
        raise UsageError(
            "An older sheet is carried over whole: its edits of rows that do not match would be lost.",
            fix="Leave out the conditions and the limit, or the older sheet.",
        )
    opened = require_inventory(inventory)
    if carry_over is None:
        selection = Selection(where=_make_pattern_lists(where or {}), studies=studies, series=series, limit=limit)
        if level == "instance" and selection == Selection():
            _require_few_instances(opened)
        return _make_sheet(opened, _LEVELS[level or "study"], columns, delimiter, selection)
    older, issues = _read_older_sheet(to_path("carry_over", carry_over), opened, encoding)
    if level is not None and _LEVELS[level] is not older.level:
        raise UsageError(
            f"The rows of {older.name} are {_ROWS[older.level]}.",
            fix=f"Leave the level out, or name the level {older.level.value}.",
        )
    known = (*opened.keywords, *([INSTANCE_NUMBER] if older.level is Level.INSTANCE else ()))
    captured = [column for column in older.header if column in known]
    made = _make_sheet(opened, older.level, columns or captured, delimiter, Selection())
    made._carry_over(older, issues)
    return made


def _make_sheet(
    inventory: Inventory, level: Level, columns: Sequence[str], delimiter: str, selection: Selection
) -> Sheet:
    """Return a sheet after checks of its conditions and columns. Raises AttributeNameError or UsageError."""
    known = {*search.UID_KEYWORDS, *((*HEADER_KEYWORDS, *FILE_KEYWORDS) if level is Level.INSTANCE else ())}
    for keyword in selection.where.keys() - known:
        queries.require_captured_keywords([keyword], inventory.keywords)
    for uid in (*selection.studies, *selection.series):
        parse_uid_pattern(uid)
    keywords = choose_sheet_columns(level, inventory.keywords, columns)
    return Sheet(inventory, level, keywords, delimiter, selection)


def _make_pattern_lists(where: Mapping[str, str | Iterable[str]]) -> dict[str, list[str]]:
    """Return the patterns of each keyword as a list. Raises UsageError if a pattern is not a text."""
    search.parse_patterns(where)
    return {keyword: [patterns] if isinstance(patterns, str) else list(patterns) for keyword, patterns in where.items()}


def _require_few_instances(inventory: Inventory) -> None:
    """Raise UsageError if a sheet of all instances would have too many rows."""
    count = inventory.summary().instances
    if count > MAX_UNASKED_INSTANCES:
        raise UsageError(
            f"The sheet would have {format_count(count, 'row')}, one for each instance. Without a condition, a sheet "
            f"of instances has at most {format_count(MAX_UNASKED_INSTANCES, 'row')}.",
            fix="Select instances with --where, --study or --series (where, studies, series), or name a number of rows "
            "with --limit.",
        )


def _read_older_sheet(path: Path, inventory: Inventory, encoding: str | None) -> tuple[EditedSheet, list[Issue]]:
    """Return the older sheet of `carry_over` and its issues. Raises DocumentError if it cannot be read."""
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

    def iterate_counted_lines() -> Iterator[str]:
        nonlocal count
        for line in lines:
            count += 1
            yield line

    write_new_text_file(path, iterate_counted_lines())
    return count - 1
