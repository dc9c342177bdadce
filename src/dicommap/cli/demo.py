"""The command `dicommap demo`, which shows the main steps with sample files of pydicom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.demo import INPUT_S3_URI, demo
from dicommap.cli.draft import print_draft
from dicommap.cli.options import FailOn, parse_output_path
from dicommap.cli.output import (
    choose_exit_status,
    print_heading,
    print_issue_counts,
    print_issues,
    print_line,
    print_next_step,
)
from dicommap.cli.package_next_step import after_package
from dicommap.cli.shell_words import make_path_word, quote_word
from dicommap.cli.terminal import add_output_options
from dicommap.issues.wording import format_count
from dicommap.package.package_directory import PackageDirectory

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser

DESCRIPTION = """
Do the whole job on the real P10 files that pydicom ships: scan, edit, draft, validate.

The values shown are those of pydicom's public test files.
"""

EXAMPLES = "  dicommap demo"

DEMO_WIDTH = 80
"""Maximum number of characters of a line of the results if they go to a pipe or file."""


def add_arguments(parser: Parser) -> None:
    """Add the options of `dicommap demo` to `parser`."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=parse_output_path,
        default=Path("dicommap-demo"),
        help="The directory to write the results to.",
    )
    add_output_options(parser, pager=False)
    parser.set_defaults(pipe_width=DEMO_WIDTH)  # people read the demo's results also in files, such as a log of make


def run(args: argparse.Namespace) -> int:
    """Run `dicommap demo` with the parsed arguments, and return the exit status."""
    made = demo(args.output)
    counts = made.summary
    parts = ((counts.studies, "study"), (counts.series, "series"), (counts.instances, "instance"))
    print_heading("Scanned: " + ", ".join(format_count(count, noun) for count, noun in parts))
    print_issue_counts(counts.issues)
    _print_section_heading(f"Edited: two cells of {made.edited_sheet.name}, and the rules in {made.rules.name}")
    _print_section_heading(f"Drafted for {INPUT_S3_URI}")
    print_draft(made.draft, show_values=True)
    _print_section_heading("Validated")
    print_issues(made.issues)
    status = choose_exit_status((issue.severity for issue in (*made.draft.issues, *made.issues)), FailOn.ERROR)
    if status:
        return status
    _print_section_heading("Look at")
    for path, description in (
        (made.package / "preview.csv", "what changes, and why"),
        (made.package / "jobs/0001/import-configuration.json", "what tells the import job of the override files"),
        (made.package / "jobs/0001/files", "the override files, which go to the input prefix beside the P10 files"),
        (made.inventory, f"the inventory: dicommap show {quote_word(make_path_word(made.inventory))}"),
    ):
        print_line(f"  {path}")
        print_line(f"    {description}")
    print_next_step(after_package(str(made.package), PackageDirectory(made.package).count_jobs()))
    return 0


def _print_section_heading(line: str) -> None:
    print_line()
    print_heading(line)
