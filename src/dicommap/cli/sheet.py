"""The command `dicommap sheet`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import print_line, write
from dicommap.cli.options import Delimiter, DelimiterOption, InventoryPath, keywords_in
from dicommap.inventory import Inventory
from dicommap.render.text import counted
from dicommap.workflows.sheet import sheet, write_sheet


class SheetLevel(StrEnum):
    """What the rows are."""

    STUDY = "study"
    SERIES = "series"


def sheet_command(
    inventory: InventoryPath,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.csv", help="Where it goes; - for stdout.")],
    level: Annotated[SheetLevel, typer.Option("--level", help="A row for each of these.")] = SheetLevel.STUDY,
    delimiter: DelimiterOption = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--columns", metavar="KEYWORD", help="Only these; may be repeated, or separated by commas."),
    ] = None,
) -> None:
    """Write an editable sheet: CSV with a row for each study or series, and current values in the cells.

    It holds patient values. Change cells in a spreadsheet, then give it to 'dicommap draft --sheet'. A cell such as
    '<2 different values>' stands where values differ inside; left alone it changes nothing. Between cells stands a tab
    in a FILE.tsv and a comma in any other, unless --delimiter says otherwise.
    """
    if delimiter is None:
        delimiter = Delimiter.TAB if output.suffix.lower() == ".tsv" else Delimiter.COMMA
    with Inventory.open(inventory) as opened:
        lines = sheet(opened, level=level.value, columns=keywords_in(columns), delimiter=delimiter.character)
        if str(output) == "-":
            write(lines)
            return
        count = write_sheet(output, lines)
    rows = counted(count, "row")
    print_line(f"{output}: {rows}. Edit it, then: dicommap draft {inventory} --sheet {output} ...")
