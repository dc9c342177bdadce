"""The application: its commands, and what happens to errors."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dicommap.cli.commands import Commands
from dicommap.cli.endings import ended

app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    help="Author, validate and plan DICOM JSON metadata overrides for AWS HealthImaging imports.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Typer's own tracebacks would show local variables, and with them patient values.
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"dicommap {version('dicommap')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and end with its exit status.

    0: nothing was found at or above --fail-on. 1: something was. 2: the call or the machine is wrong. 3: dicommap
    itself is. A run that a signal stops ends with 128 and the signal's number: 130 for Ctrl-C, 143 for SIGTERM, 141
    where the reader of a pipe has gone.
    """
    sys.exit(ended(app))
