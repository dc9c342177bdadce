"""The command `dicommap demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import print_line
from dicommap.cli.drafted import print_draft
from dicommap.cli.findings import exit_by, print_issue_counts, print_issues
from dicommap.cli.options import FailOn, not_stdout
from dicommap.render.text import counted
from dicommap.workflows.demo import INPUT_S3_URI, demo


def demo_command(
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Where the results go.", show_default=True, callback=not_stdout
        ),
    ] = Path("dicommap-demo"),
) -> None:
    """Do the whole job on the real P10 files that pydicom ships: scan, edit, draft, validate.

    The values shown are those of pydicom's public test files.
    """
    made = demo(output)
    counts = made.summary
    parts = ((counts.studies, "study"), (counts.series, "series"), (counts.instances, "instance"))
    print_line("Scanned: " + ", ".join(counted(count, noun) for count, noun in parts), style="bold")
    print_issue_counts(counts.issues)
    _heading(f"Edited: two cells of {made.edited_sheet.name}, and the rules in {made.rules.name}")
    _heading(f"Drafted for {INPUT_S3_URI}")
    print_draft(made.draft, show_values=True)
    _heading("Validated")
    print_issues(made.issues)
    exit_by((found.severity for found in (*made.draft.issues, *made.issues)), FailOn.ERROR)
    _heading("Look at")
    for path, what in (
        (made.package / "preview.csv", "what changes, and why"),
        (made.package / "jobs/0001/import-configuration.json", "for --import-configuration file://..."),
        (made.package / "jobs/0001/files", "what goes to the input prefix, beside the P10 files"),
        (made.inventory, "dicommap show " + str(made.inventory)),
    ):
        print_line(f"  {path}: {what}")


def _heading(line: str) -> None:
    print_line()
    print_line(line, style="bold")
