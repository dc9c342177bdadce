"""The command `dicommap schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from dicommap.checks.registry import schema_names, schema_text
from dicommap.cli.console import write


def schema_command(
    name: Annotated[str | None, typer.Argument(help="Which schema; without it their names are listed.")] = None,
) -> None:
    """Print a JSON Schema of a document that dicommap reads or writes."""
    if name is None:
        write(f"{known}\n" for known in schema_names())
    else:
        write([schema_text(name)])
