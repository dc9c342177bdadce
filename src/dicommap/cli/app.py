"""The application: its commands, and what happens to errors."""

from __future__ import annotations

import sys
import traceback
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from dicommap.cli.console import error_console
from dicommap.cli.demo import demo_command
from dicommap.cli.draft import draft_command
from dicommap.cli.explain import explain_command
from dicommap.cli.scan import scan_command
from dicommap.cli.schema import schema_command
from dicommap.cli.sheet import sheet_command
from dicommap.cli.show import show_command
from dicommap.cli.validate import validate_command
from dicommap.errors import DicommapError

if TYPE_CHECKING:
    from types import TracebackType

USAGE_STATUS = 2

app = typer.Typer(
    help="Author, validate and plan DICOM JSON metadata overrides for AWS HealthImaging imports.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Typer's own tracebacks would show local variables, and with them patient values.
    pretty_exceptions_enable=False,
)
app.command("demo")(demo_command)
app.command("scan")(scan_command)
app.command("show")(show_command)
app.command("sheet")(sheet_command)
app.command("draft")(draft_command)
app.command("validate")(validate_command)
app.command("schema")(schema_command)
app.command("explain")(explain_command)


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
    """Run the command line: exit status 0, 1 for findings, 2 for a wrong call or environment."""
    sys.excepthook = _report_fault
    try:
        app()
    except DicommapError as error:
        error_console().print(f"dicommap: {error.message}\n{error.fix}")
        sys.exit(USAGE_STATUS)


def _report_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell of a fault of our own without the exception's text, which may hold a patient value."""
    frames = "".join(f"  {frame.filename}:{frame.lineno} {frame.name}\n" for frame in traceback.extract_tb(trace))
    sys.stderr.write(f"dicommap: this is a fault of dicommap itself; please report it: {kind.__name__}\n{frames}")
