"""The table of commands with their summaries, the parser of one command, and the parser of the whole program."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from dicommap.cli.parser import Parser, format_suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicommap.errors import UsageError

COMMANDS = {
    "demo": "Do the whole job on the files that pydicom ships.",
    "scan": "Read headers and group them by study and series.",
    "show": "List what an inventory holds.",
    "compare": "List what differs between two inventories.",
    "sheet": "Write an editable sheet of studies or series.",
    "draft": "Turn edits into a package of overrides.",
    "validate": "List everything that is wrong with documents.",
    "stage": "Copy the files of staged jobs to their prefixes.",
    "policy": "Print the permissions that import jobs need.",
    "submit": "Upload override files and start import jobs.",
    "adopt": "Take over import jobs that others started.",
    "watch": "Follow import jobs until they have ended.",
    "reconcile": "List one outcome for every planned instance.",
    "verify": "Compare stored image sets with the overrides.",
    "update": "Change stored image sets, and take changes back.",
    "promote": "Make image sets primary that conflict.",
    "audit": "List who changed what, when and why in a package.",
    "probe": "Ask a test data store what AWS leaves open.",
    "fhir": "Write the studies as FHIR ImagingStudy resources.",
    "schema": "Print a JSON Schema of a document.",
    "explain": "Explain an issue code and what to do about it.",
    "completion": "Print a script that completes commands in a shell.",
}
"""Name of a command -> its summary, in the order of the workflow.

Each command has a module in `dicommap.cli` with the same name. The module has DESCRIPTION (the text of its help),
EXAMPLES (shell commands, or an empty text), `add_arguments(parser)`, and `run(args)`, which returns the exit status.
The module is imported only when `CommandParser.load_command` is called.
"""


_STATUSES = "Exit status: 0 after success, 2 after an error of the call or the machine, 3 after a fault of dicommap."
_FAIL_ON_STATUSES = (
    "Exit status: 0 after success, 1 if an issue has the severity of --fail-on or a higher one, 2 after an error of "
    "the call or the machine, 3 after a fault of dicommap."
)


class CommandParser(Parser):
    """The parser of one command. Its options are added when the parser is first used, because this imports a module."""

    def __init__(self, prog: str, **options: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(prog, **options)
        self.name = prog.rpartition(" ")[2]
        self._is_filled = False

    def load_command(self) -> None:
        """Import the command's module, and let it add its arguments to the parser. A second call does nothing."""
        if self._is_filled:
            return
        self._is_filled = True
        module = import_module(f"dicommap.cli.{self.name}")
        self.description = module.DESCRIPTION
        self.set_defaults(run=module.run)
        module.add_arguments(self)
        has_fail_on = "--fail-on" in self._option_string_actions
        examples = f"Examples:\n{module.EXAMPLES}\n\n" if module.EXAMPLES else ""
        has_own_text = "exit status" in " ".join(module.DESCRIPTION.split()).lower()
        self.epilog = examples + ("" if has_own_text else _FAIL_ON_STATUSES if has_fail_on else _STATUSES)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the words after the command's name. Return the arguments, and an empty list, which argparse expects."""
        self.load_command()
        return super().parse_known_args(args, namespace)

    def make_unknown_option_error(self, name: str) -> UsageError:
        """Return the error for an unknown option. If other commands have the option, its message names them."""
        owners = _find_commands_with_option(name)
        if not owners:
            return super().make_unknown_option_error(name)
        return self.make_usage_error(
            f"'{self.prog}' has no option {name}.",
            format_suggestion(name, self._option_string_actions, similarity=0.8),
            f"{name} is an option of {_join_command_names(owners)}.",
        )


class RootParser(Parser):
    """The parser of the whole program. The first word that is not an option names the command.

    Args:
        names: The commands for which parsers are created. Creating all parsers is slow. So if the user has named a
            command, only that command's parser is created.

    """

    def __init__(self, names: Iterable[str] = COMMANDS) -> None:
        super().__init__(
            "dicommap",
            description="Author, validate and plan DICOM JSON metadata overrides for AWS HealthImaging imports.",
        )
        self.add_argument(
            "--version", action=_VersionAction, nargs=0, default=argparse.SUPPRESS, help="Print the version and exit."
        )
        self.immediate.add("--version")
        commands = self.add_subparsers(
            title="Commands", dest="command", metavar="COMMAND", required=True, parser_class=CommandParser
        )
        for name in names:
            commands.add_parser(name, help=COMMANDS[name])
        self.commands: dict[str, CommandParser] = commands.choices

    def format_usage_line(self) -> str:
        """Return the usage text of the program."""
        return "dicommap COMMAND [OPTIONS] [ARGUMENTS]"

    def make_unknown_option_error(self, name: str) -> UsageError:
        """Return the error for an option before the command's name that the program itself does not have."""
        owners = _find_commands_with_option(name)
        if not owners:
            return super().make_unknown_option_error(name)
        return self.make_usage_error(
            f"Option {name} stands before the command.", f"Write it after the command's name: dicommap COMMAND {name}."
        )


class _VersionAction(argparse.Action):
    """The argparse action of --version: it prints the version and ends the run.

    argparse's own action needs the version when the parser is created. To read the version is slow, so this action
    reads it only if --version is used.
    """

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        sys.stdout.write(f"dicommap {version('dicommap')}\n")
        parser.exit()


def _find_commands_with_option(option: str) -> list[str]:
    """Return the names of the commands that have an option. This imports all command modules."""
    parsers = RootParser().commands
    for parser in parsers.values():
        parser.load_command()
    return [name for name, parser in parsers.items() if option in parser._option_string_actions]


def _join_command_names(commands: Sequence[str]) -> str:
    from dicommap.issues.wording import join_names  # imported here because only a wrong call needs it

    return join_names(f"'dicommap {name}'" for name in commands)
