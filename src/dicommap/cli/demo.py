"""The command `dicommap demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import console
from dicommap.cli.draft import print_draft
from dicommap.cli.findings import exit_by, print_issue_counts, print_issues
from dicommap.cli.options import FailOn
from dicommap.workflows.demo import INPUT_S3_URI, demo


def demo_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the results go.", show_default=True)
    ] = Path("dicommap-demo"),
) -> None:
    """Do the whole job on the real P10 files that pydicom ships: scan, edit, draft, validate.

    The values shown are those of pydicom's public test files.
    """
    made = demo(output)
    out = console()
    counts = made.summary
    out.print(f"Scanned: {counts.studies} studies, {counts.series} series, {counts.instances} instances", style="bold")
    print_issue_counts(counts.issues)
    out.print(f"\nEdited: two cells of {made.edited_sheet.name}, and the rules in {made.rules.name}", style="bold")
    out.print(f"\nDrafted for {INPUT_S3_URI}", style="bold")
    print_draft(made.draft, show_values=True)
    out.print("\nValidated", style="bold")
    print_issues(made.issues)
    exit_by((found.severity for found in (*made.draft.issues, *made.issues)), FailOn.ERROR)
    out.print("\nLook at", style="bold")
    for path, what in (
        (made.package / "preview.csv", "what changes, and why"),
        (made.package / "jobs/0001/import-configuration.json", "for --import-configuration file://..."),
        (made.package / "jobs/0001/files", "what goes to the input prefix, beside the P10 files"),
        (made.inventory, "dicommap show " + str(made.inventory)),
    ):
        out.print(f"  {path}: {what}")
