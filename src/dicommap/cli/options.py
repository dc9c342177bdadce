"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.choices import STDOUT as STDOUT
from dicommap.cli.choices import Delimiter as Delimiter
from dicommap.cli.choices import FailOn as FailOn
from dicommap.cli.choices import Format as Format
from dicommap.cli.choices import keywords_in as keywords_in
from dicommap.cli.choices import not_stdout as not_stdout

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
