"""The application: its commands and their options, as typer has them."""

from __future__ import annotations

from typing import Annotated

import typer

from dicommap.cli.commands import Commands

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
