"""The command `dicommap explain`."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from dicommap.cli.next_step import after_explain
from dicommap.cli.output import print_line, print_next_step, print_table
from dicommap.errors import UnknownNameError
from dicommap.issues import CATALOGUE, find_code

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser

DESCRIPTION = "Explain what an issue code means and what to do about it."

EXAMPLES = "  dicommap explain p10.truncated"


def add_arguments(parser: Parser) -> None:
    """Add the command's argument."""
    parser.add_argument("code", metavar="[CODE]", nargs="?", help="The issue code. Without it all codes are listed.")


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit status."""
    code = args.code
    if code is None:
        rows = ((code_entry.name, code_entry.severity.value, code_entry.title) for code_entry in CATALOGUE.values())
        print_table(("code", "severity", "title"), rows)
        print_next_step(after_explain(None))
        return 0
    entry = find_code(code)
    if entry is None:
        close = difflib.get_close_matches(code, CATALOGUE, n=3)
        raise UnknownNameError(
            f"Unknown issue code '{code}'.",
            fix=f"Did you mean {', '.join(close)}?" if close else "'dicommap explain' lists all codes.",
        )
    print_line(f"{entry.name} ({entry.severity})", style="bold")
    for paragraph in (entry.title + ".", entry.explanation, f"What to do: {entry.fix}"):
        print_line(paragraph)
    print_next_step(after_explain(entry.name))
    return 0
