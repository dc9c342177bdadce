"""The command `dicommap sheet`."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import console, write
from dicommap.cli.options import InventoryPath
from dicommap.errors import DocumentError
from dicommap.inventory import Inventory
from dicommap.workflows.sheet import sheet


class SheetLevel(StrEnum):
    """What the rows are."""

    STUDY = "study"
    SERIES = "series"


def sheet_command(
    inventory: InventoryPath,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.csv", help="Where it goes; - for stdout.")],
    level: Annotated[SheetLevel, typer.Option("--level", help="A row for each of these.")] = SheetLevel.STUDY,
    columns: Annotated[
        list[str] | None,
        typer.Option("--columns", metavar="KEYWORD", help="Only these; may be repeated, or separated by commas."),
    ] = None,
) -> None:
    """Write an editable sheet: CSV with a row for each study or series, and current values in the cells.

    It holds patient values. Change cells in a spreadsheet, then give it to 'dicommap draft --sheet'. A cell such as
    '<2 different values>' stands where values differ inside; left alone it changes nothing.
    """
    keywords = [keyword for text in columns or [] for keyword in text.split(",") if keyword]
    with Inventory.open(inventory) as opened:
        lines = sheet(opened, level=level.value, columns=keywords)
        if str(output) == "-":
            write(lines)
            return
        count = _write_new(output, "".join(lines))
    console().print(f"{output}: {count} rows. Edit it, then: dicommap draft {inventory} --sheet {output} ...")


def _write_new(path: Path, text: str) -> int:
    """Write a file that must not exist yet: a sheet may hold somebody's work."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        os.link(partial, path)  # unlike a rename, fails where the name is taken
    except FileExistsError:
        raise DocumentError(
            f"{path.name} exists already; a sheet is never written over another file.", fix="Name another file."
        ) from None
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise DocumentError(f"{path.name} cannot be written: {reason}.", fix="Name another file.") from None
    finally:
        partial.unlink(missing_ok=True)
    return text.count("\r\n") - 1
