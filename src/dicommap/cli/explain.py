"""The command `dicommap explain`, which explains issue codes."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from dicommap.cli.next_step import after_explain
from dicommap.cli.output import print_heading, print_line, print_next_step, print_table, print_text
from dicommap.cli.terminal import add_output_options
from dicommap.errors import UnknownNameError
from dicommap.issues import CATALOGUE, find_issue_code

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser
    from dicommap.issues import IssueCode

DESCRIPTION = "Explain what an issue code means and what to do about it."

_MARK = re.compile(r"\[(DOC|MODEL|INF|NOT DOC)\b[^\]]*\]")
_LEGEND = (
    "[DOC PAGE]: AWS says so on this page of its developer guide. [INF]: inferred; it may be wrong. [NOT DOC]: AWS "
    "does not document it."
)

EXAMPLES = """\
  dicommap explain p10.truncated
  dicommap explain p10.truncated mapping.missing-file"""


def add_arguments(parser: Parser) -> None:
    """Add the arguments and options of `dicommap explain` to `parser`."""
    parser.add_argument(
        "code", metavar="[CODE...]", nargs="*", default=[], help="Issue codes. Without them all codes are listed."
    )
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap explain` with the parsed arguments, and return the exit status."""
    if not args.code:
        rows = ((entry.name, entry.severity.value, entry.title) for entry in CATALOGUE.values())
        print_table(("code", "severity", "title"), rows)
        print_next_step(after_explain(None))
        return 0
    entries = [_require_known_code(code) for code in args.code]  # an unknown code raises before anything is printed
    for number, entry in enumerate(entries):
        if number:
            print_line()
        print_heading(f"{entry.name} ({entry.severity})")
        for paragraph in (entry.title + ".", entry.explanation, f"What to do: {entry.fix}"):
            print_text(paragraph)
    if any(_MARK.search(f"{entry.explanation} {entry.fix}") for entry in entries):
        print_line()
        print_text(_LEGEND)
    print_next_step(after_explain(entries[-1].name))
    return 0


def _require_known_code(code: str) -> IssueCode:
    entry = find_issue_code(code)
    if entry is None:
        close = difflib.get_close_matches(code.lower(), CATALOGUE, n=3)
        raise UnknownNameError(
            f"Unknown issue code '{code}'.",
            fix=f"Did you mean {', '.join(close)}?" if close else "'dicommap explain' lists all codes.",
        )
    return entry
