"""The command `dicommap explain`."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from dicommap.cli.console import print_line, print_table
from dicommap.errors import UnknownNameError
from dicommap.issues import CATALOGUE, explain


def explain_command(
    code: Annotated[str | None, typer.Argument(help="Which issue code; without it all are listed.")] = None,
) -> None:
    """Say what an issue code means and what to do about it."""
    if code is None:
        print_table(
            ("code", "severity", "title"), ((one.name, one.severity.value, one.title) for one in CATALOGUE.values())
        )
        return
    entry = explain(code)
    if entry is None:
        close = difflib.get_close_matches(code, CATALOGUE, n=3)
        raise UnknownNameError(
            f"There is no issue code {code or 'of that name'}.",
            fix=f"Did you mean {', '.join(close)}?" if close else "'dicommap explain' lists them.",
        )
    print_line(f"{entry.name} ({entry.severity})", style="bold")
    for paragraph in (entry.title + ".", entry.explanation, f"What to do: {entry.fix}"):
        print_line(paragraph)
