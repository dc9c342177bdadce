"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
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


def keywords_in(texts: Sequence[str] | None) -> list[str]:
    """Return the keywords of an option that may be repeated, or separated by commas."""
    return [keyword for text in texts or () for part in text.split(",") if (keyword := part.strip())]


class Delimiter(StrEnum):
    """What stands between the cells of a sheet."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"
    BAR = "bar"

    @property
    def character(self) -> str:
        """Return the character itself."""
        return {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}[self.value]


DelimiterOption = Annotated[Delimiter | None, typer.Option("--delimiter", help="What stands between cells.")]
InventoryPath = Annotated[Path, typer.Argument(metavar="INVENTORY", help="The file that 'dicommap scan' wrote.")]
ProfileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="SETTING",
        help="How to settle what AWS does not document: 'strict', or MEMBER=VALUE such as dataSet=array; repeat it.",
    ),
]
FailOnOption = Annotated[
    FailOn, typer.Option("--fail-on", help="The least severity that makes the exit status 1.", show_default=True)
]
ShowValues = Annotated[bool, typer.Option("--show-values", help="Show patient values instead of masking them.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.", show_default=True)]
