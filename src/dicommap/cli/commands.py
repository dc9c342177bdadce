"""The commands by name, each imported when it is run: `dicommap --help` needs none of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, ParamSpec

import typer
from typer.core import TyperCommand, TyperGroup

from dicommap.cli.endings import Passing

if TYPE_CHECKING:
    from typer._click.core import Command, Context

_Parameters = ParamSpec("_Parameters")

SUMMARIES = {
    "demo": "Do the whole job on the files that pydicom ships.",
    "scan": "Read headers and group them by study and series.",
    "show": "List what an inventory holds.",
    "sheet": "Write an editable sheet of studies or series.",
    "draft": "Turn edits into a package of overrides.",
    "validate": "List everything that is wrong with documents.",
    "stage": "Copy what staged jobs are to import.",
    "policy": "Print the permissions that import jobs need.",
    "submit": "Upload override files and start import jobs.",
    "watch": "Follow import jobs until they have ended.",
    "reconcile": "Account for every planned instance.",
    "fhir": "Write the studies as FHIR ImagingStudy resources.",
    "schema": "Print a JSON Schema of a document.",
    "explain": "Say what an issue code means.",
}
"""Name -> what it does, in one line of a terminal. A command is the function NAME_command of the module of its name."""


def passing(command: Callable[_Parameters, None]) -> Callable[_Parameters, None]:
    """Let everything that a command raises, but for its exit status, come to `ended`."""

    @wraps(command)
    def run(*arguments: _Parameters.args, **options: _Parameters.kwargs) -> None:
        try:
            command(*arguments, **options)
        except typer.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  it goes on, to `ended`
            raise Passing(error) from None

    return run


class _Named(TyperCommand):
    """A command that is known by its name and first line; to run it, the real one is imported."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: Context | None = None,
        **extra: Any,  # noqa: ANN401
    ) -> Context:
        """Return the context of the real command, which goes on with it."""
        return _imported(self.name or "").make_context(info_name, args, parent, **extra)


class Commands(TyperGroup):
    """The application's commands."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Return the names in the order of the work."""
        return list(SUMMARIES)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return a command by its name, not imported yet."""
        if cmd_name not in SUMMARIES:
            return None
        return _Named(name=cmd_name, help=SUMMARIES[cmd_name], callback=None)


def _imported(name: str) -> Command:
    function = getattr(import_module(f"dicommap.cli.{name}"), f"{name}_command")
    alone = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    alone.command(name)(passing(function))
    return typer.main.get_command(alone)
