"""The command `dicommap scan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import counting, print_line
from dicommap.cli.findings import exit_by, print_issue_counts
from dicommap.cli.options import FailOn, FailOnOption, keywords_in
from dicommap.render.text import byte_count, counted
from dicommap.workflows.scan import scan


def scan_command(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Directories or files to scan.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="INVENTORY", help="Where the inventory goes.")],
    attributes: Annotated[
        list[str] | None,
        typer.Option("--attributes", metavar="KEYWORD", help="Capture this too; repeat it, or use commas."),
    ] = None,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Follow links to directories, but never in a loop.")
    ] = False,
    fail_on: FailOnOption = FailOn.ERROR,
) -> None:
    """Walk trees of P10 files, read their headers and group them by study and series.

    Every path is in the inventory exactly once. Nothing is ever written to a source.
    """
    keywords = keywords_in(attributes)
    with (
        counting("files") as progress,
        scan(*sources, output=output, attributes=keywords, follow_links=follow_links, progress=progress) as inventory,
    ):
        counts = inventory.summary()
    parts = ((counts.studies, "study"), (counts.series, "series"), (counts.instances, "instance"))
    found = ", ".join(counted(count, noun) for count, noun in parts)
    print_line(f"{found} in {counted(counts.files, 'file')} ({byte_count(counts.size)})")
    others = [f"{count:,} {name}" for name, count in counts.dispositions.items() if name != "instance"]
    if others:
        print_line("Not instances: " + ", ".join(others))
    if counts.issues:
        print_issue_counts(counts.issues)
        print_line(f"See them with: dicommap show {output} --level issue")
    exit_by((severity for _, severity in counts.issues), fail_on)
