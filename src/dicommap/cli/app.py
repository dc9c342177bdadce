"""The application: its commands, and what happens to errors."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from dicommap.cli.demo import demo_command
from dicommap.cli.draft import draft_command
from dicommap.cli.endings import ended, passing
from dicommap.cli.explain import explain_command
from dicommap.cli.scan import scan_command
from dicommap.cli.schema import schema_command
from dicommap.cli.sheet import sheet_command
from dicommap.cli.show import show_command
from dicommap.cli.validate import validate_command

app = typer.Typer(
    help="Author, validate and plan DICOM JSON metadata overrides for AWS HealthImaging imports.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Typer's own tracebacks would show local variables, and with them patient values.
    pretty_exceptions_enable=False,
)
for _name, _command in (
    ("demo", demo_command),
    ("scan", scan_command),
    ("show", show_command),
    ("sheet", sheet_command),
    ("draft", draft_command),
    ("validate", validate_command),
    ("schema", schema_command),
    ("explain", explain_command),
):
    app.command(_name)(passing(_command))


def _version(asked: bool) -> None:
    if asked:
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
