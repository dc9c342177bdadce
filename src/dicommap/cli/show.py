"""The command `dicommap show`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.cli.next_step import after_show
from dicommap.cli.options import Format, add_choice, add_format, add_inventory, add_show_values, suggest_path
from dicommap.cli.output import print_masked_note, print_next_step, print_table, write, write_issues
from dicommap.dicom.choices import unknown_choice
from dicommap.display.csv_json import record_lines
from dicommap.display.formatting import format_byte_count, truncate_text
from dicommap.display.inventory_records import (
    Record,
    build_file_record,
    build_instance_record,
    build_series_record,
    build_study_record,
    flatten_record,
)
from dicommap.inventory import Inventory
from dicommap.model.masking import Masker

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dicommap.cli.parser import Parser

DESCRIPTION = """
List what an inventory holds.

A table has the columns that people look for first; json, jsonl and csv have all captured attributes. Patient values
are masked unless --show-values is given.
"""

EXAMPLES = """\
  dicommap show inventory.db
  dicommap show inventory.db --level issue --format csv > issues.csv"""

CELL_LIMIT = 200
"""Maximum characters of a cell of a table, except for paths. The formats json, jsonl and csv have whole values."""


class ShowLevel(StrEnum):
    """The objects that can be listed, one in each row."""

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
}
_NUMBERS = ("series", "instances", "bytes", "InstanceNumber", "SeriesNumber")


def add_arguments(parser: Parser) -> None:
    """Add the command's argument and options."""
    add_inventory(parser)
    add_choice(parser, "--level", kind=ShowLevel, default=ShowLevel.STUDY, text="What to list.")
    add_format(parser)
    add_show_values(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit status."""
    with Inventory.open(args.inventory) as inventory:
        if args.level is ShowLevel.ISSUE:
            _print_issues(inventory, args.format)
            if args.format is Format.TABLE:
                _print_next_step(args, inventory)
            return 0
        masker = Masker(show_values=args.show_values)
        records = _read_records(inventory, args.level, masker)
        if args.format is Format.TABLE:
            columns = _choose_table_columns(inventory, args.level)
            rows = ([_format_cell(column, row) for column in columns] for row in map(flatten_record, records))
            print_table(columns, rows, numbers=_NUMBERS, masker=masker)
            _print_next_step(args, inventory)
        else:
            write(record_lines(records, args.format, record=lambda record: record, row=flatten_record))
            print_masked_note(masker, to_stderr=True)
    return 0


def _print_next_step(args: argparse.Namespace, inventory: Inventory) -> None:
    summary = inventory.summary()
    ranked = sorted(summary.issues, key=lambda item: -item[1].rank) if args.level is ShowLevel.ISSUE else ()
    step = after_show(
        str(args.inventory),
        level=args.level.value,
        codes=[code for code, _ in ranked],
        is_empty=not summary.studies,
        sheet=suggest_path("series.csv" if args.level is ShowLevel.SERIES else "studies.csv"),
    )
    print_next_step(step)


def _choose_table_columns(inventory: Inventory, level: ShowLevel) -> tuple[str, ...]:
    columns = _COLUMNS[level]
    if "path" in columns and len(inventory.sources) > 1:
        at = columns.index("path")
        return (*columns[:at], "source", *columns[at:])
    return columns


def _read_records(inventory: Inventory, level: ShowLevel, masker: Masker) -> Iterator[Record]:
    if level is ShowLevel.STUDY:
        return (build_study_record(study, masker=masker) for study in inventory.studies())
    if level is ShowLevel.SERIES:
        return (build_series_record(series, masker=masker) for series in inventory.series())
    if level is ShowLevel.INSTANCE:
        return (build_instance_record(instance, masker=masker) for instance in inventory.instances())
    if level is ShowLevel.FILE:
        return map(build_file_record, inventory.files())
    raise unknown_choice("level", level, ShowLevel)


def _print_issues(inventory: Inventory, form: Format) -> None:
    if form is not Format.TABLE:
        write_issues(inventory.issues(), form)
        return
    rows = ((issue.severity.value, issue.code, str(issue.location), issue.message) for issue in inventory.issues())
    print_table(("severity", "code", "location", "message"), rows)


def _format_cell(column: str, row: dict[str, str]) -> str:
    text = row.get(column, "")
    if column in ("path", "source"):
        return text
    return format_byte_count(int(text)) if column == "bytes" else truncate_text(text, CELL_LIMIT)
