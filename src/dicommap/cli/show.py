"""The command `dicommap show`, which lists the content of an inventory."""

from __future__ import annotations

from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from dicommap.cli.next_step import PATTERN, after_show
from dicommap.cli.options import (
    Format,
    add_choice_option,
    add_format_option,
    add_inventory_argument,
    add_show_values_option,
    find_free_path,
    make_choice_converter,
    parse_conditions,
    parse_whole_number,
    split_keywords,
)
from dicommap.cli.output import (
    print_issue_groups,
    print_line,
    print_masked_note,
    print_next_step,
    print_table,
    write_to_stdout,
)
from dicommap.cli.parser import format_suggestion
from dicommap.cli.terminal import add_output_options
from dicommap.dicom.choices import to_choice
from dicommap.dicom.dictionary import TAG_BY_KEYWORD
from dicommap.display.csv_json import format_records
from dicommap.display.formatting import format_byte_count, truncate_text
from dicommap.display.inventory_records import (
    build_file_record,
    build_instance_record,
    build_series_record,
    build_study_record,
    flatten_issue_record,
    flatten_record,
    select_columns,
)
from dicommap.display.record_order import RecordOrder
from dicommap.errors import UsageError
from dicommap.inventory import Inventory
from dicommap.inventory.selection import Selection
from dicommap.issues import CATALOGUE, Severity
from dicommap.issues.wording import format_count, make_plural
from dicommap.model.masking import UNMASKED_KEYWORDS, Masker, find_marks

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dicommap.cli.parser import Parser
    from dicommap.display.inventory_records import Record

DESCRIPTION = """
List what an inventory holds.

A table has the columns that people look for first, one line for each row, and as many columns as the terminal has room
for. UIDs are shortened in the middle, so that they still differ; --study and --series accept them so. json, jsonl and
csv have whole UIDs and all captured attributes. Patient values are masked unless --show-values is given.

Issues are grouped by their code, the most severe first. With --code or --severity and another level, the rows that have
such issues are listed.
"""

EXAMPLES = """\
  dicommap show inventory.db --where Modality=MR --where PatientID='98*'
  dicommap show inventory.db --level series --study 1.3.6…0.133
  dicommap show inventory.db --sort -bytes --limit 10
  dicommap show inventory.db --level issue --format csv > issues.csv"""

CELL_LIMIT = 200
"""Maximum number of characters of a table cell that is not a path. The other formats have whole values."""


class ShowLevel(StrEnum):
    """The values of --level: the kinds of objects that can be listed."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"
    FILE = "file"
    ISSUE = "issue"


_COLUMNS = {
    ShowLevel.STUDY: (
        "StudyInstanceUID",
        "PatientID",
        "StudyDate",
        "AccessionNumber",
        "StudyDescription",
        "Modality",
        "series",
        "instances",
        "bytes",
    ),
    ShowLevel.SERIES: (
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "Modality",
        "SeriesNumber",
        "SeriesDescription",
        "instances",
        "bytes",
    ),
    ShowLevel.INSTANCE: ("SOPInstanceUID", "InstanceNumber", "TransferSyntaxUID", "disposition", "bytes", "path"),
    ShowLevel.FILE: ("disposition", "bytes", "path"),
    ShowLevel.ISSUE: ("severity", "code", "location", "message"),
}
_FIELDS = {
    ShowLevel.STUDY: ("StudyInstanceUID", "series", "instances", "files", "bytes"),
    ShowLevel.SERIES: ("StudyInstanceUID", "SeriesInstanceUID", "instances", "files", "bytes"),
    ShowLevel.INSTANCE: (
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "SOPInstanceUID",
        "SOPClassUID",
        "TransferSyntaxUID",
        "InstanceNumber",
        "disposition",
        "bytes",
        "source",
        "path",
        "etag",
    ),
    ShowLevel.FILE: ("source", "path", "bytes", "disposition", "etag"),
    ShowLevel.ISSUE: ("severity", "code", "location", "message"),
}
"""Level -> all columns that a list of this level can have. Studies and series also have the captured attributes."""
_RANKS = {
    ShowLevel.STUDY: (
        "StudyInstanceUID",
        "PatientID",
        "Modality",
        "instances",
        "StudyDescription",
        "StudyDate",
        "series",
        "AccessionNumber",
    ),
    ShowLevel.SERIES: (
        "SeriesInstanceUID",
        "StudyInstanceUID",
        "Modality",
        "SeriesDescription",
        "instances",
        "SeriesNumber",
    ),
    ShowLevel.INSTANCE: ("SOPInstanceUID", "path", "InstanceNumber", "disposition", "bytes"),
    ShowLevel.FILE: ("path", "disposition"),
    ShowLevel.ISSUE: ("code", "location", "severity"),
}
"""Level -> its columns, the most important first. On a narrow terminal, the last columns are hidden."""
_NUMBERS = ("series", "instances", "files", "bytes", "InstanceNumber", "SeriesNumber")
_PATHS = ("path", "source", "location", "message")


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap show` to `parser`."""
    add_inventory_argument(parser)
    add_choice_option(parser, "--level", kind=ShowLevel, default=ShowLevel.STUDY, text="What to list.")
    add_format_option(parser)
    add_show_values_option(parser)
    rows = parser.add_argument_group("Rows and columns")
    rows.add_argument(
        "--where",
        metavar="KEYWORD=PATTERN",
        action="append",
        help="List rows with a file whose value matches the pattern, as in rules: 'Modality=MR', 'PatientID=98*'. "
        "Repeat it for more conditions; patterns of one keyword are alternatives.",
    )
    rows.add_argument(
        "--study", metavar="UID", action="append", help="Only this study. The UID may be shortened: 1.2.3…4.5."
    )
    rows.add_argument("--series", metavar="UID", action="append", help="Only this series. The UID may be shortened.")
    rows.add_argument("--code", metavar="CODE", action="append", help="Only issues with this code. May be repeated.")
    rows.add_argument(
        "--severity",
        type=make_choice_converter(Severity),
        choices=tuple(Severity),
        action="append",
        help="Only issues with this severity. May be repeated.",
    )
    rows.add_argument(
        "--columns", metavar="COLUMN", action="append", help="Only these columns. Repeat it, or use commas."
    )
    rows.add_argument(
        "--sort",
        metavar="COLUMN",
        action="append",
        help="Sort by this column, or with a dash before it, in descending order. Repeat it, or use commas. Holds the "
        "selected rows in memory, with --limit only so many.",
    )
    rows.add_argument(
        "--limit",
        metavar="N",
        type=parse_whole_number,
        help="List the first N rows only; of issues, the first N of each code.",
    )
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap show` with the parsed arguments, and return the exit status."""
    level = to_choice(ShowLevel, args.level, "level")
    form = to_choice(Format, args.format, "format")
    with Inventory.open(args.inventory) as inventory:
        columns = _require_known_columns(split_keywords(args.columns), inventory, level)
        order = RecordOrder.from_words(split_keywords(args.sort))
        _require_known_columns(order.columns, inventory, level)
        selection = _parse_selection(args, is_sorted=bool(order))
        if level is ShowLevel.ISSUE and form is Format.TABLE and not (columns or order):
            _print_issues(inventory, selection, args)
            return 0
        masker = Masker(show_values=args.show_values)
        records = _read_records(inventory, level, selection, order, args.limit, masker)
        flatten = flatten_issue_record if level is ShowLevel.ISSUE else flatten_record
        if form is Format.TABLE:
            columns = columns or _choose_default_columns(inventory, level, args)
            _print_records(map(flatten, records), columns, level, args, masker)
        else:
            selected = (select_columns(record, columns) for record in islice(records, args.limit))
            marks: list[str] = []
            listed = _iterate_and_collect_mark(selected, marks)
            lines = format_records(
                listed, form, record=lambda record: record, row=lambda row: _select_cells(flatten(row), columns)
            )
            write_to_stdout(lines)
            if marks and masker.example:
                masker.example = marks[0]  # the note quotes this mark as an example, so it must be in the output
                print_masked_note(masker, to_stderr=True)
    return 0


def _iterate_and_collect_mark(records: Iterable[Record], marks: list[str]) -> Iterator[Record]:
    """Yield the records unchanged, and add the first mark of a masked value to `marks`, which is empty at first.

    The explanation below the list names this mark.
    """
    for record in records:
        if not marks:
            marks += islice(find_marks(str(record)), 1)
        yield record


def _select_cells(row: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Return a row with only `columns`, in the order of `columns`. If `columns` is empty, return the row unchanged."""
    return {column: row[column] for column in columns if column in row} if columns else row


def _print_next_step(args: argparse.Namespace, codes: Sequence[str] = (), *, is_empty: bool = False) -> None:
    """Print the next command. `codes` are the codes of the listed issues, the most severe first."""
    sheet = find_free_path({"series": "series.csv", "instance": "instances.csv"}.get(args.level.value, "studies.csv"))
    step = after_show(
        str(args.inventory),
        level=args.level.value,
        codes=list(codes),
        is_empty=is_empty,
        has_conditions=_has_conditions(args),
        where=_list_conditions_to_repeat(args),
        sheet=sheet,
    )
    print_next_step(step)


def _list_conditions_to_repeat(args: argparse.Namespace) -> list[str]:
    """Return the conditions of --where for the next command. A pattern for a masked attribute becomes a placeholder."""
    conditions = [condition.partition("=") for condition in args.where or ()]
    return [
        f"{keyword}={pattern if args.show_values or keyword in UNMASKED_KEYWORDS else PATTERN}"
        for keyword, _, pattern in conditions
    ]


def _require_known_columns(names: Sequence[str], inventory: Inventory, level: ShowLevel) -> tuple[str, ...]:
    """Check names of columns, and return them as a tuple. Raises UsageError if the level has no column of this name."""
    known = _FIELDS[level] + (inventory.keywords if level in (ShowLevel.STUDY, ShowLevel.SERIES) else ())
    for name in names:
        if name not in known:
            is_level_of_files = level not in (ShowLevel.STUDY, ShowLevel.SERIES)
            advice = "" if is_level_of_files or name not in TAG_BY_KEYWORD else "Scan again with --attributes for it."
            raise UsageError(
                f"Level {level} has no column '{name}'.",
                fix=" ".join(filter(None, [advice or format_suggestion(name, known), f"Known: {', '.join(known)}."])),
            )
    return tuple(names)


def _parse_selection(args: argparse.Namespace, *, is_sorted: bool) -> Selection:
    """Return the selection of rows that the options describe.

    It selects one row more than --limit, so that the caller sees whether rows are left out. If the rows are sorted,
    the selection has no limit.
    """
    if args.limit is not None and args.limit < 1:
        raise UsageError("--limit is 1 or more.", fix="Name the number of rows, or leave out --limit.")
    codes = split_keywords(args.code)
    for code in codes:
        if code not in CATALOGUE:
            raise UsageError(
                f"Unknown issue code '{code}'.",
                fix=format_suggestion(code, CATALOGUE) or "'dicommap explain' lists all codes.",
            )
    return Selection(
        where=parse_conditions(args.where),
        studies=split_keywords(args.study),
        series=split_keywords(args.series),
        codes=codes,
        severities=args.severity or (),
        limit=None if is_sorted or args.limit is None else args.limit + 1,
    )


def _choose_default_columns(inventory: Inventory, level: ShowLevel, args: argparse.Namespace) -> tuple[str, ...]:
    columns = _COLUMNS[level]
    if "path" in columns and len(inventory.sources) > 1:
        at = columns.index("path")
        columns = (*columns[:at], "source", *columns[at:])
    if level is ShowLevel.SERIES and len(args.study or ()) == 1:
        columns = columns[1:]  # without StudyInstanceUID, because the user has just named the study
    return columns


def _read_records(
    inventory: Inventory,
    level: ShowLevel,
    selection: Selection,
    order: RecordOrder,
    limit: int | None,
    masker: Masker,
) -> Iterator[Record]:
    """Yield the records of the selected rows, sorted by `order` if it has columns."""
    items, build = _choose_list_and_record_functions(inventory, level)
    flatten = flatten_issue_record if level is ShowLevel.ISSUE else flatten_record
    rows: Iterable[Any] = items(selection)
    if order:
        unmasked = Masker(show_values=True)
        first = None if limit is None else limit + 1
        rows = order.sort(rows, lambda row: flatten(build(row, masker=unmasked)), first)
    return (build(row, masker=masker) for row in rows)


def _choose_list_and_record_functions(
    inventory: Inventory, level: ShowLevel
) -> tuple[Callable[[Selection], Iterable[Any]], Callable[..., Record]]:
    """Return two functions for a level: the first yields the selected items, the second builds an item's record."""
    if level is ShowLevel.STUDY:
        return inventory.studies, build_study_record
    if level is ShowLevel.SERIES:
        return inventory.series, build_series_record
    if level is ShowLevel.INSTANCE:
        return inventory.instances, build_instance_record
    if level is ShowLevel.FILE:
        return inventory.files, lambda row, *, masker: build_file_record(row)
    return inventory.issues, lambda row, *, masker: row.to_dict()


def _print_records(
    rows: Iterator[dict[str, str]],
    columns: Sequence[str],
    level: ShowLevel,
    args: argparse.Namespace,
    masker: Masker,
) -> None:
    first = next(rows, None)
    if first is None:
        print_line(f"No {make_plural(level.value)}{' match' if _has_conditions(args) else ''}.")
        _print_next_step(args, is_empty=True)
        return
    cells = ([_format_cell(column, row) for column in columns] for row in islice(chain([first], rows), args.limit))
    print_table(columns, cells, numbers=_NUMBERS, ranks=_RANKS[level], masker=masker)
    if args.limit is not None and next(rows, None) is not None:
        print_line(f"The first {format_count(args.limit, level.value)}; there are more.")
    _print_next_step(args)


def _print_issues(inventory: Inventory, selection: Selection, args: argparse.Namespace) -> None:
    """Print the issues in groups. At most --limit issues of a group are listed, and the others are counted."""
    groups = inventory.issue_groups(selection)
    print_issue_groups(groups, limit=args.limit)
    if not groups:
        print_line("No issues match." if _has_conditions(args) else "No issues.")
    _print_next_step(args, [group.code for group in groups], is_empty=_has_conditions(args))


def _has_conditions(args: argparse.Namespace) -> bool:
    return any((args.where, args.study, args.series, args.code, args.severity))


def _format_cell(column: str, row: dict[str, str]) -> str:
    text = row.get(column, "")
    if column in _PATHS:
        return text
    return format_byte_count(int(text)) if column == "bytes" else truncate_text(text, CELL_LIMIT)
