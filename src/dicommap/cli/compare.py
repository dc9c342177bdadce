"""The command `dicommap compare`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.compare import ComparisonRun, list_attribute_changes
from dicommap.cli.next_step import after_compare
from dicommap.cli.options import (
    add_choice,
    add_format,
    add_show_values,
    convert_to,
    list_given_options,
    output_path,
    suggest_path,
)
from dicommap.cli.output import print_line, print_masked_note, print_next_step, print_table, write
from dicommap.dicom.choices import choice_of
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
    build_count_rows,
    build_kind_rows,
    build_study_rows,
    count_differing,
    describe_sides,
)
from dicommap.display.csv_json import record_lines
from dicommap.errors import UsageError
from dicommap.issues.wording import format_count
from dicommap.model.inventory_difference import InstanceDifference, SeriesDifference, StudyDifference
from dicommap.model.masking import Masker
from dicommap.writing.new_file import require_new_file, write_new_text_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.api.compare import Comparison
    from dicommap.cli.parser import Parser
    from dicommap.display.inventory_records import Record
    from dicommap.model.inventory_difference import AttributeChangeCount

DESCRIPTION = """
List what differs between two inventories: studies, series and instances that are new, gone or changed, and attributes
that changed.

An instance is identified by its SOP Instance UID. It has changed if it belongs to another series, or if its file's path
relative to the root, its size, its ETag, a captured attribute or its further copies differ. Pixel data is not compared,
since a scan reads headers only. The exit status is 0 if there is no difference, 1 if there is one, and 2 if an
inventory cannot be read. Patient values are masked unless --show-values is given.
"""

EXAMPLES = """\
  dicommap compare before.db after.db
  dicommap compare original.db copy.db --fail-on gone --fail-on changed
  dicommap compare a.db b.db --ignore path --format csv > studies.csv
  dicommap compare a.db b.db --format html -o comparison.html"""

ROWS_SHOWN = 20
"""Maximum rows of each table. The formats json, jsonl and csv have all differences."""


class DifferenceLevel(StrEnum):
    """The objects that can be listed, one in each row."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"
    ATTRIBUTE = "attribute"


class ComparisonFormat(StrEnum):
    """The formats in which a comparison is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"
    SVG = "svg"


class FailOnDifference(StrEnum):
    """The differences that make the exit status 1."""

    ANY = "any"
    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    NEVER = "never"


def add_arguments(parser: Parser) -> None:
    """Add the command's arguments and options."""
    parser.add_argument("before", metavar="BEFORE", type=Path, help="The first inventory, that 'dicommap scan' wrote.")
    parser.add_argument("after", metavar="AFTER", type=Path, help="The second inventory.")
    add_choice(
        parser,
        "--level",
        kind=DifferenceLevel,
        default=DifferenceLevel.STUDY,
        text="What to list in json, jsonl and csv.",
    )
    add_format(parser, ComparisonFormat)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=output_path,
        help="Write the results to this file, and print the tables.",
    )
    parser.add_argument(
        "--ignore",
        metavar="CHANGE",
        action="append",
        help="A change that does not count: path, size, etag, attributes, duplicates, or a keyword. May be repeated.",
    )
    add_show_values(parser)
    parser.add_argument(
        "--fail-on",
        type=convert_to(FailOnDifference),
        choices=tuple(FailOnDifference),
        action="append",
        help="The differences that make the exit status 1; without it, any. May be repeated.",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit status."""
    form, output = choice_of(ComparisonFormat, args.format, "format"), args.output
    fail_on = [choice_of(FailOnDifference, word, "difference") for word in args.fail_on or (FailOnDifference.ANY,)]
    level = choice_of(DifferenceLevel, args.level, "level")
    if output is not None:
        if form is ComparisonFormat.TABLE:
            raise UsageError("A table is printed, not written.", fix="Name another --format for the file.")
        require_new_file(output)
    comparing = ComparisonRun(args.before, args.after, ignore=args.ignore or (), progress=True)
    masker = Masker(show_values=args.show_values)
    if form in (ComparisonFormat.TABLE, ComparisonFormat.HTML, ComparisonFormat.SVG):
        for _ in comparing:
            pass
        pieces = _draw_page(comparing.result(), form, show_values=args.show_values)
    else:
        pieces = _format_records(comparing, level, form, masker)
    if output is not None:
        write_new_text_file(output, pieces)
    elif form is not ComparisonFormat.TABLE:
        write(pieces)
        print_masked_note(masker, to_stderr=True)
    result = comparing.result()
    if output is not None or form is ComparisonFormat.TABLE:
        _print_comparison(result, masker)
        if output is None and not result.is_same:
            options = tuple(list_given_options(args, only=("ignore", "fail_on", "show_values")))
            step = after_compare(
                str(args.before), str(args.after), output=suggest_path("differences.csv"), options=options
            )
            print_next_step(step)
    return int(_has_failed(result, fail_on))


def _draw_page(result: Comparison, form: ComparisonFormat, *, show_values: bool) -> Iterator[str]:
    if form is ComparisonFormat.HTML:
        yield result.html(show_values=show_values)
    elif form is ComparisonFormat.SVG:
        yield result.plot().svg


def _has_failed(result: Comparison, fail_on: Iterable[FailOnDifference]) -> bool:
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


def _format_records(
    comparing: ComparisonRun, level: DifferenceLevel, form: ComparisonFormat, masker: Masker
) -> Iterator[str]:
    """Yield the records of a level in a format, while the inventories are compared."""
    if level is DifferenceLevel.ATTRIBUTE:
        changes = (change for difference in comparing for change in list_attribute_changes(difference))
        return record_lines(
            changes,
            form,
            record=lambda change: build_attribute_change_record(change, masker),
            row=lambda change: build_attribute_change_row(change, masker),
        )
    records = _build_records(comparing, level, masker)
    return record_lines(records, form, record=lambda record: record, row=flatten_difference_record)


def _build_records(comparing: ComparisonRun, level: DifferenceLevel, masker: Masker) -> Iterator[Record]:
    for difference in comparing:
        if level is DifferenceLevel.STUDY and isinstance(difference, StudyDifference):
            yield build_study_difference_record(difference)
        elif level is DifferenceLevel.SERIES and isinstance(difference, SeriesDifference):
            yield build_series_difference_record(difference)
        elif level is DifferenceLevel.INSTANCE and isinstance(difference, InstanceDifference):
            yield build_instance_difference_record(difference, masker)


def _print_comparison(result: Comparison, masker: Masker) -> None:
    for name, text in describe_sides(result.before, result.after):
        print_line(f"{name}: {text}")
    print_line()
    print_table(COUNT_COLUMNS, build_count_rows(result.totals), numbers=COUNT_COLUMNS[1:])
    if result.is_same:
        print_line(NO_DIFFERENCE)
        return
    kinds = list(build_kind_rows(result.totals))
    if kinds:
        print_line()
        print_table(("change", "instances", "meaning"), kinds, numbers=("instances",))
    if result.totals.attributes:
        print_line()
        rows = list(build_attribute_total_rows(result.totals))
        columns = ("attribute", "studies", "series", "instances")
        print_table(columns, rows[:ROWS_SHOWN], numbers=columns[1:])
        _print_omitted_count(len(rows) - ROWS_SHOWN, "attribute")
        _print_changes(result.changes, masker)
    print_line()
    print_table(STUDY_COLUMNS, build_study_rows(result.first[:ROWS_SHOWN]), numbers=STUDY_COLUMNS[2:-1])
    _print_omitted_count(count_differing(result.totals) - ROWS_SHOWN, "study")


def _print_changes(changes: Sequence[AttributeChangeCount], masker: Masker) -> None:
    print_line()
    rows = [build_attribute_change_row(change, masker) for change in changes[:ROWS_SHOWN]]
    columns = ("keyword", "before", "after", "instances", "StudyInstanceUID", "SeriesInstanceUID")
    print_table(columns, ([row[column] for column in columns] for row in rows), numbers=("instances",))
    if len(changes) > ROWS_SHOWN:
        print_line("... and more; --level attribute --format csv lists all changes")
    print_masked_note(masker)


def _print_omitted_count(rest: int, noun: str) -> None:
    if rest > 0:
        print_line(f"... and {format_count(rest, f'more {noun}')}")
