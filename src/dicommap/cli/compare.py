"""The command `dicommap compare`, which lists the differences between two inventories."""

from __future__ import annotations

from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.compare import ComparisonRun, list_attribute_changes
from dicommap.cli.next_step import after_compare
from dicommap.cli.options import (
    add_choice_option,
    add_format_option,
    add_show_values_option,
    find_free_path,
    list_given_options,
    make_choice_converter,
    parse_output_path,
)
from dicommap.cli.output import (
    print_line,
    print_masked_note,
    print_next_step,
    print_omitted_count,
    print_table,
    write_to_stdout,
)
from dicommap.cli.terminal import add_output_options, can_show_progress
from dicommap.dicom.choices import to_choice
from dicommap.display.comparison_records import (
    build_attribute_change_record,
    build_attribute_change_row,
    build_instance_difference_record,
    build_series_difference_record,
    build_study_difference_record,
    flatten_difference_record,
)
from dicommap.display.comparison_report import (
    COUNT_COLUMNS,
    NO_DIFFERENCE,
    STUDY_COLUMNS,
    build_attribute_total_rows,
    build_change_kind_rows,
    build_count_rows,
    build_study_rows,
    count_differing_studies,
    list_side_facts,
)
from dicommap.display.csv_json import format_records
from dicommap.errors import UsageError
from dicommap.model.inventory_difference import InstanceDifference, SeriesDifference, StudyDifference
from dicommap.model.masking import Masker
from dicommap.writing.new_file import require_new_file, write_new_text_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicommap.api.compare import Comparison
    from dicommap.cli.parser import Parser
    from dicommap.display.inventory_records import Record
    from dicommap.model.inventory_difference import AttributeChangeCount

DESCRIPTION = """
List what differs between two inventories: studies, series and instances that are new, gone or changed, and attributes
that changed.

An instance is identified by its SOP Instance UID. It has changed if it belongs to another series, or if its file's path
relative to the root, its size, its ETag, a captured attribute or its further copies differ. Pixel data is not compared,
since a scan reads headers only. If only one inventory is of a data store, only series and attributes are compared,
without the transfer syntax. The exit status is 0 if there is no difference, 1 if there is one, and 2 if an
inventory cannot be read. Patient values are masked unless --show-values is given.
"""

EXAMPLES = """\
  dicommap compare before.db after.db
  dicommap compare original.db copy.db --fail-on gone --fail-on changed
  dicommap compare a.db b.db --ignore path --format csv > studies.csv
  dicommap compare a.db b.db --format html -o comparison.html"""

_STUDY_RANKS = ("StudyInstanceUID", "status", "changed", "new", "gone", "attributes", "before", "after", "other series")
"""The columns of the studies table, the most important first. On a narrow terminal, the last columns are hidden."""
ROWS_SHOWN = 20
"""Maximum number of rows of each table in the overview. With --level, or in a file, all differences are written."""


class DifferenceLevel(StrEnum):
    """The values of --level: the kinds of differing objects that can be listed."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"
    ATTRIBUTE = "attribute"


_COUNTS = ("before", "after", "changed", "new", "gone", "toOtherSeries", "fromOtherSeries")
_NO_ATTRIBUTE_DIFFERS = "No attribute differs in an instance that both inventories have."
_CHANGE_COLUMNS = ("keyword", "before", "after", "instances", "StudyInstanceUID", "SeriesInstanceUID")
_LEVEL_COLUMNS = {
    DifferenceLevel.STUDY: ("StudyInstanceUID", "status", *_COUNTS, "attributes"),
    DifferenceLevel.SERIES: ("StudyInstanceUID", "SeriesInstanceUID", "status", *_COUNTS, "attributes"),
    DifferenceLevel.INSTANCE: (
        "SOPInstanceUID",
        "status",
        "changes",
        "attributes",
        "before.path",
        "after.path",
        "StudyInstanceUID",
        "SeriesInstanceUID",
    ),
    DifferenceLevel.ATTRIBUTE: _CHANGE_COLUMNS,
}
"""Level -> the columns of the table that lists this level."""


class ComparisonFormat(StrEnum):
    """The formats in which a comparison is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"
    SVG = "svg"


class FailOnDifference(StrEnum):
    """The values of --fail-on: the differences that make the exit status 1."""

    ANY = "any"
    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    NEVER = "never"


def add_arguments(parser: Parser) -> None:
    """Add the arguments and options of `dicommap compare` to `parser`."""
    parser.add_argument("before", metavar="BEFORE", type=Path, help="The first inventory, that 'dicommap scan' wrote.")
    parser.add_argument("after", metavar="AFTER", type=Path, help="The second inventory.")
    add_choice_option(
        parser,
        "--level",
        kind=DifferenceLevel,
        text="What to list, one in each row. Without it, tables are an overview, and json, jsonl and csv have studies.",
    )
    add_format_option(parser, ComparisonFormat)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=parse_output_path,
        help="Write the results to this file, and print the tables.",
    )
    parser.add_argument(
        "--ignore",
        metavar="CHANGE",
        action="append",
        help="A change that does not count: path, size, etag, attributes, duplicates, or a keyword. May be repeated.",
    )
    add_show_values_option(parser)
    parser.add_argument(
        "--fail-on",
        type=make_choice_converter(FailOnDifference),
        choices=tuple(FailOnDifference),
        action="append",
        help="The differences that make the exit status 1; without it, any. May be repeated.",
    )
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap compare` with the parsed arguments, and return the exit status."""
    form, output = to_choice(ComparisonFormat, args.format, "format"), args.output
    fail_on = [to_choice(FailOnDifference, word, "difference") for word in args.fail_on or (FailOnDifference.ANY,)]
    level = None if args.level is None else to_choice(DifferenceLevel, args.level, "level")
    if output is not None:
        if form is ComparisonFormat.TABLE:
            raise UsageError("A table is printed, not written.", fix="Name another --format for the file.")
        require_new_file(output)
    prints_records = output is None and (form is not ComparisonFormat.TABLE or level is not None)
    progress = can_show_progress(prints_records=prints_records)
    comparing = ComparisonRun(args.before, args.after, ignore=args.ignore or (), progress=progress)
    masker = Masker(show_values=args.show_values)
    if form is ComparisonFormat.TABLE and level is not None:
        _print_level_table(comparing, level, masker)
    elif form is ComparisonFormat.TABLE:
        _print_comparison(_finish_comparison(comparing), masker)
        _print_next_step(comparing.result(), args)
    else:
        pieces = _format_results(comparing, level or DifferenceLevel.STUDY, form, masker)
        if output is None:
            write_to_stdout(pieces)
            if form is not ComparisonFormat.CSV or level is DifferenceLevel.ATTRIBUTE:  # other CSV has no values
                print_masked_note(masker, to_stderr=True)
        else:
            write_new_text_file(output, pieces)
            _print_comparison(comparing.result(), masker)
            print_line(f"File: {output}")
    return int(_has_failing_difference(comparing.result(), fail_on))


def _finish_comparison(comparing: ComparisonRun) -> Comparison:
    """Iterate over all differences, and return the result of the comparison."""
    for _ in comparing:
        pass
    return comparing.result()


def _print_next_step(result: Comparison, args: argparse.Namespace) -> None:
    if not result.is_same:
        options = tuple(list_given_options(args, only=("ignore", "fail_on", "show_values")))
        output = find_free_path("differences.csv")
        print_next_step(after_compare(str(args.before), str(args.after), output=output, options=options))


def _has_failing_difference(result: Comparison, fail_on: Iterable[FailOnDifference]) -> bool:
    """Return whether the inventories have a difference that --fail-on names."""
    counts = result.totals.instances
    has_changed = counts.changed or counts.to_other_series or counts.kinds
    differs = {
        FailOnDifference.ANY: not result.is_same,
        FailOnDifference.NEW: counts.new > 0,
        FailOnDifference.GONE: counts.gone > 0,
        FailOnDifference.CHANGED: bool(has_changed),
        FailOnDifference.NEVER: False,
    }
    return any(differs[word] for word in fail_on)


def _format_results(
    comparing: ComparisonRun, level: DifferenceLevel, form: ComparisonFormat, masker: Masker
) -> Iterator[str]:
    """Yield the text of the results in a format, piece by piece.

    Each record is formatted as soon as its difference is found, so not all records are in memory.
    """
    if form is ComparisonFormat.HTML:
        yield _finish_comparison(comparing).html(show_values=masker.show_values)
    elif form is ComparisonFormat.SVG:
        yield _finish_comparison(comparing).plot().svg
    elif level is DifferenceLevel.ATTRIBUTE:
        yield from format_records(
            _list_all_attribute_changes(comparing),
            form,
            record=lambda change: build_attribute_change_record(change, masker),
            row=lambda change: build_attribute_change_row(change, masker),
        )
    else:
        records = _build_records(comparing, level, masker)
        yield from format_records(records, form, record=lambda record: record, row=flatten_difference_record)


def _list_all_attribute_changes(comparing: ComparisonRun) -> Iterator[AttributeChangeCount]:
    return (change for difference in comparing for change in list_attribute_changes(difference))


def _build_records(comparing: ComparisonRun, level: DifferenceLevel, masker: Masker) -> Iterator[Record]:
    for difference in comparing:
        if level is DifferenceLevel.STUDY and isinstance(difference, StudyDifference):
            yield build_study_difference_record(difference)
        elif level is DifferenceLevel.SERIES and isinstance(difference, SeriesDifference):
            yield build_series_difference_record(difference)
        elif level is DifferenceLevel.INSTANCE and isinstance(difference, InstanceDifference):
            yield build_instance_difference_record(difference, masker)


def _print_level_table(comparing: ComparisonRun, level: DifferenceLevel, masker: Masker) -> None:
    """Print a table of all differing studies, series or instances, or of all changes of attributes."""
    rows: Iterator[Mapping[str, str]]
    if level is DifferenceLevel.ATTRIBUTE:
        rows = (build_attribute_change_row(change, masker) for change in _list_all_attribute_changes(comparing))
    else:
        rows = map(flatten_difference_record, _build_records(comparing, level, masker))
    columns = _LEVEL_COLUMNS[level]
    numbers = ("instances",) if level is DifferenceLevel.ATTRIBUTE else _COUNTS
    shown = masker if level is DifferenceLevel.ATTRIBUTE else None  # tables of other levels have no values to mask
    first = next(rows, None)
    if first is not None:
        cells = ([row[column] for column in columns] for row in chain([first], rows))
        print_table(columns, cells, numbers=numbers, masker=shown)
    elif comparing.result().is_same:
        print_line(NO_DIFFERENCE)
    else:  # only of the level `attribute`
        print_line(_NO_ATTRIBUTE_DIFFERS)


def _print_comparison(result: Comparison, masker: Masker) -> None:
    for name, text in list_side_facts(result.before, result.after):
        print_line(f"{name}: {text}")
    print_line()
    print_table(COUNT_COLUMNS, build_count_rows(result.totals), numbers=COUNT_COLUMNS[1:])
    if result.is_same:
        print_line(NO_DIFFERENCE)
        return
    kinds = list(build_change_kind_rows(result.totals))
    if kinds:
        print_line()
        print_table(("change", "instances", "meaning"), kinds, numbers=("instances",))
    if result.totals.attributes:
        print_line()
        rows = list(build_attribute_total_rows(result.totals))
        columns = ("attribute", "studies", "series", "instances")
        print_table(columns, rows[:ROWS_SHOWN], numbers=columns[1:])
        print_omitted_count(len(rows) - ROWS_SHOWN, "attribute")
        _print_attribute_changes(result.changes, masker)
    print_line()
    rows_of_studies = build_study_rows(result.first[:ROWS_SHOWN])
    print_table(STUDY_COLUMNS, rows_of_studies, numbers=STUDY_COLUMNS[2:-1], ranks=_STUDY_RANKS)
    print_omitted_count(count_differing_studies(result.totals) - ROWS_SHOWN, "study")


def _print_attribute_changes(changes: Sequence[AttributeChangeCount], masker: Masker) -> None:
    print_line()
    rows = [build_attribute_change_row(change, masker) for change in changes[:ROWS_SHOWN]]
    cells = ([row[column] for column in _CHANGE_COLUMNS] for row in rows)
    print_table(_CHANGE_COLUMNS, cells, numbers=("instances",))
    if len(changes) > ROWS_SHOWN:
        print_line("... and more; --level attribute lists all changes")
    print_masked_note(masker)
