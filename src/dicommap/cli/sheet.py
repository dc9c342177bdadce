"""The command `dicommap sheet`, which writes a sheet of studies, series or instances for editing."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.sheet import MAX_UNASKED_INSTANCES, sheet
from dicommap.cli.next_step import after_sheet
from dicommap.cli.options import (
    STDOUT,
    Delimiter,
    add_choice_option,
    add_delimiter_option,
    add_fail_on_option,
    add_inventory_argument,
    add_keyword_option,
    list_given_options,
    parse_conditions,
    parse_whole_number,
    split_keywords,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_issues,
    print_line,
    print_next_step,
    write_to_stdout,
)
from dicommap.edits.table_formats import TextEncoding
from dicommap.errors import UsageError
from dicommap.inventory import Inventory
from dicommap.inventory.selection import Selection
from dicommap.issues.wording import format_count, join_names

if TYPE_CHECKING:
    import argparse

    from dicommap.api.sheet import Sheet
    from dicommap.cli.parser import Parser

DESCRIPTION = """
Write an editable sheet with a row for each study, series or instance, and current values in the cells.

A FILE.xlsx is a workbook: cells are text, keys are locked, notes have the limits of values. Any other file is CSV, with
tabs in a FILE.tsv. It holds patient values. Change cells in a spreadsheet, then give it to 'dicommap draft --sheet'. A
cell such as '<2 different values>' means that files of the row have different values; if it is left alone, nothing
changes. An empty cell empties the attribute, and '<remove>' removes it, which 'draft' does only with --updates. After a
new scan, --carry-over writes a new sheet with the edits of an older one that still apply.
"""

EXAMPLES = """\
  dicommap sheet inventory.db -o studies.xlsx
  dicommap sheet inventory.db -o studies.csv --columns PatientID,StudyDate
  dicommap sheet inventory.db -o series.xlsx --level series --where Modality=MR
  dicommap sheet inventory.db -o images.csv --level instance --study 1.3.6…0.133
  dicommap sheet inventory.db -o new.xlsx --carry-over studies.xlsx"""


class SheetLevel(StrEnum):
    """The values of --level: the kinds of objects that a sheet can list."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap sheet` to `parser`."""
    add_inventory_argument(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        required=True,
        help="The file to write: FILE.xlsx or FILE.csv; '-' is standard output, as CSV.",
    )
    add_choice_option(
        parser, "--level", kind=SheetLevel, text="What each row is; by default a study, or as in --carry-over."
    )
    add_delimiter_option(parser)
    add_keyword_option(parser, "--columns", "Write only these columns.")
    parser.add_argument(
        "--where",
        metavar="KEYWORD=PATTERN",
        action="append",
        help="Write only rows with a matching value, such as StudyDate=2024*. Repeat it as in 'dicommap show'.",
    )
    parser.add_argument("--study", metavar="UID", action="append", help="Only this study. The UID may be shortened.")
    parser.add_argument("--series", metavar="UID", action="append", help="Only this series. The UID may be shortened.")
    parser.add_argument(
        "--limit",
        metavar="N",
        type=parse_whole_number,
        help=f"Write the first N rows only. Needed for over {MAX_UNASKED_INSTANCES:,} instances without a condition.",
    )
    parser.add_argument(
        "--carry-over", metavar="OLD", type=Path, help="An older sheet whose edits are kept if they still apply."
    )
    add_choice_option(
        parser, "--encoding", kind=TextEncoding, text="The encoding of --carry-over, if it is CSV but not UTF-8."
    )
    add_fail_on_option(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap sheet` with the parsed arguments, and return the exit status."""
    output = args.output
    suffix = output.suffix.lower()
    if args.delimiter is not None and suffix == ".xlsx":
        raise UsageError("A workbook has no delimiter.", fix="Leave --delimiter out, or write CSV.")
    delimiter = args.delimiter or (Delimiter.TAB if suffix == ".tsv" else Delimiter.COMMA)
    with Inventory.open(args.inventory) as inventory:
        made = _make_sheet(inventory, args, delimiter)
        if str(output) == STDOUT:
            write_to_stdout(made)
            print_issues(made.issues, stderr=True)
            return choose_exit_status((issue.severity for issue in made.issues), args.fail_on)
        count = made.save(output)
    if args.carry_over is not None:
        _print_carried_edits(made, args.carry_over)
    print_line(f"{output}: {format_count(count, 'row')}")
    options = tuple(list_given_options(args, only={"delimiter"}))
    print_next_step(after_sheet(str(args.inventory), str(output), options=options))
    return choose_exit_status((issue.severity for issue in made.issues), args.fail_on)


def _make_sheet(inventory: Inventory, args: argparse.Namespace, delimiter: Delimiter) -> Sheet:
    """Return the sheet that the options describe. Raise UsageError if no study meets the conditions."""
    where, studies, series = parse_conditions(args.where), split_keywords(args.study), split_keywords(args.series)
    made = sheet(
        inventory,
        level=args.level.value if args.level is not None else None,
        columns=split_keywords(args.columns),
        where=where,
        studies=studies,
        series=series,
        limit=args.limit,
        carry_over=args.carry_over,
        delimiter=delimiter.character,
        encoding=args.encoding,
    )
    if args.where or args.study or args.series:
        _require_matching_study(inventory, Selection(where=where, studies=studies, series=series, limit=1))
    return made


def _require_matching_study(inventory: Inventory, selection: Selection) -> None:
    """Raise UsageError if no study meets the conditions, so that the sheet would have no row."""
    if next(iter(inventory.studies(selection)), None) is not None:
        return
    if selection.studies or selection.series:
        raise UsageError(
            "No study or series meets all conditions, so the sheet would have no row.",
            fix="'dicommap show INVENTORY' with the same conditions and --level lists what there is.",
        )
    keywords = ",".join(selection.where)
    raise UsageError(
        f"No study matches --where for {join_names(list(selection.where))}, so the sheet would have no row.",
        fix=f"'dicommap show INVENTORY --columns StudyInstanceUID,{keywords}' lists the values.",
    )


def _print_carried_edits(made: Sheet, older: Path) -> None:
    """Print the issues of the older sheet, and how many of its edits were copied to the new sheet."""
    print_issues(made.issues)
    not_carried = sum(issue.code == "sheet.not-carried-over" for issue in made.issues)
    rest = f", {not_carried:,} not" if not_carried else ""
    print_line(f"{older}: {format_count(made.carried, 'edit')} carried over{rest}")
