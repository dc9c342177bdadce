"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FailOn(StrEnum):
    """The least severity that makes the exit status 1."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"


class Format(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


InventoryPath = Annotated[Path, typer.Argument(metavar="INVENTORY", help="The file that 'dicommap scan' wrote.")]
FailOnOption = Annotated[
    FailOn, typer.Option("--fail-on", help="The least severity that makes the exit status 1.", show_default=True)
]
ShowValues = Annotated[bool, typer.Option("--show-values", help="Show patient values instead of masking them.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.", show_default=True)]
