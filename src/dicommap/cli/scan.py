"""The command `dicommap scan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import console, counting
from dicommap.cli.findings import exit_by, print_issue_counts
from dicommap.cli.options import FailOn, FailOnOption
from dicommap.render.text import byte_count
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
    keywords = [keyword for text in attributes or [] for keyword in text.split(",") if keyword]
    with (
        counting("files") as progress,
        scan(*sources, output=output, attributes=keywords, follow_links=follow_links, progress=progress) as inventory,
    ):
        counts = inventory.summary()
    out = console()
    out.print(
        f"{counts.studies:,} studies, {counts.series:,} series, {counts.instances:,} instances"
        f" in {counts.files:,} files ({byte_count(counts.size)})"
    )
    others = [f"{count:,} {name}" for name, count in counts.dispositions.items() if name != "instance"]
    if others:
        out.print("Not instances: " + ", ".join(others))
    if counts.issues:
        print_issue_counts(counts.issues)
        out.print(f"See them with: dicommap show {output} --level issue")
    exit_by((severity for _, severity in counts.issues), fail_on)
