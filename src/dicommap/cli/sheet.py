"""The command `dicommap sheet`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.sheet import sheet, write_sheet
from dicommap.cli.next_step import after_sheet
from dicommap.cli.options import (
    STDOUT,
    Delimiter,
    add_choice,
    add_delimiter,
    add_inventory,
    add_keywords,
    list_given_options,
    split_keywords,
)
from dicommap.cli.output import print_line, print_next_step, write
from dicommap.inventory import Inventory
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser

DESCRIPTION = """
Write an editable sheet: CSV with a row for each study or series, and current values in the cells.

It holds patient values. Change cells in a spreadsheet, then give it to 'dicommap draft --sheet'. A cell such as
'<2 different values>' means that files of the study or series have different values; if it is left alone, nothing
changes. Cells are separated by tabs in a FILE.tsv and by commas in any other file, unless --delimiter is given.
"""

EXAMPLES = "  dicommap sheet inventory.db -o studies.csv --columns PatientID,StudyDate"


class SheetLevel(StrEnum):
    """The objects that a sheet can list, one in each row."""

    STUDY = "study"
    SERIES = "series"


def add_arguments(parser: Parser) -> None:
    """Add the command's argument and options."""
    add_inventory(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE.csv",
        type=Path,
        required=True,
        help="The file to write; '-' is standard output.",
    )
    add_choice(parser, "--level", kind=SheetLevel, default=SheetLevel.STUDY, text="What each row is.")
    add_delimiter(parser)
    add_keywords(parser, "--columns", "Write only these columns.")


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit status."""
    output = args.output
    delimiter = args.delimiter or (Delimiter.TAB if output.suffix.lower() == ".tsv" else Delimiter.COMMA)
    with Inventory.open(args.inventory) as inventory:
        lines = sheet(
            inventory, level=args.level.value, columns=split_keywords(args.columns), delimiter=delimiter.character
        )
        if str(output) == STDOUT:
            write(lines)
            return 0
        count = write_sheet(output, lines)
    print_line(f"{output}: {format_count(count, 'row')}")
    options = tuple(list_given_options(args, only={"delimiter"}))
    print_next_step(after_sheet(str(args.inventory), str(output), options=options))
    return 0
