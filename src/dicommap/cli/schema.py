"""The command `dicommap schema`, which prints the JSON Schema of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.cli.output import write_to_stdout
from dicommap.validation.schema_registry import list_schema_names, read_schema_text

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser

DESCRIPTION = "Print a JSON Schema of a document that dicommap reads or writes."

EXAMPLES = "  dicommap schema import-configuration"


def add_arguments(parser: Parser) -> None:
    """Add the argument of `dicommap schema` to `parser`."""
    parser.add_argument("name", metavar="[NAME]", nargs="?", help="The schema. Without it the names are listed.")


def run(args: argparse.Namespace) -> int:
    """Run `dicommap schema` with the parsed arguments, and return the exit status."""
    if args.name is None:
        write_to_stdout(f"{known}\n" for known in list_schema_names())
    else:
        write_to_stdout([read_schema_text(args.name)])
    return 0
