"""The command `dicommap draft`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import print_line, print_table
from dicommap.cli.findings import exit_by, print_issues
from dicommap.cli.options import (
    DelimiterOption,
    FailOn,
    FailOnOption,
    InventoryPath,
    ProfileOption,
    ShowValues,
    keywords_in,
)
from dicommap.errors import UsageError
from dicommap.inventory import Inventory
from dicommap.model.profile import Profile
from dicommap.render.accounts import account_lines
from dicommap.render.text import counted
from dicommap.workflows.draft import Draft, draft
from dicommap.workflows.writing import require_new, write_text

PREVIEWED = 50
"""Changes that are shown on the terminal; the package's preview.csv has all."""

ACCOUNTS_SHOWN = 50
"""Rules, and files of rows, of which is told on the terminal what became of them; the package's edits.csv has all."""


def draft_command(
    inventory: InventoryPath,
    input_s3_uri: Annotated[
        str, typer.Option("--input-s3-uri", metavar="URI", help="Where the scanned tree is, or will be: inputS3Uri.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PACKAGE", help="The directory to write.")
    ] = None,
    sheets: Annotated[list[Path] | None, typer.Option("--sheet", metavar="FILE", help="An edited sheet.")] = None,
    delimiter: DelimiterOption = None,
    rules: Annotated[list[Path] | None, typer.Option("--rules", metavar="FILE", help="A rules file.")] = None,
    harmonize: Annotated[
        list[str] | None,
        typer.Option(
            "--harmonize",
            metavar="KEYWORD",
            help="Where values differ in a study, or series, give all files the most frequent one; a tie is an error.",
        ),
    ] = None,
    profile: ProfileOption = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the whole preview as an HTML page, too.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Show the preview only; write no package.")] = False,
    datastore_id: Annotated[str | None, typer.Option("--datastore-id", help="For the request.")] = None,
    data_access_role_arn: Annotated[str | None, typer.Option("--data-access-role-arn", help="For the request.")] = None,
    output_s3_uri: Annotated[str | None, typer.Option("--output-s3-uri", help="For the request.")] = None,
    show_values: ShowValues = False,
    fail_on: FailOnOption = FailOn.ERROR,
) -> None:
    """Turn edits into override files, mappings and an import configuration, and write them as a package.

    Edits come from sheets, rules and --harmonize, which may all be repeated. With any error nothing is written. On the
    terminal patient values are masked unless --show-values is given; the package holds them.
    """
    if output is None and not dry_run:
        raise UsageError("No package was named.", fix="Name its directory with -o, or only look with -n.")
    keywords = keywords_in(harmonize)
    if not sheets and not rules and not keywords:
        raise UsageError(
            "No edits were named.", fix="Name a sheet with --sheet, rules with --rules, or a keyword with --harmonize."
        )
    if html is not None:
        # A package that is written already would make the second try fail as well.
        require_new(html)
    account = {
        "datastoreId": datastore_id,
        "dataAccessRoleArn": data_access_role_arn,
        "outputS3Uri": output_s3_uri,
    }
    with Inventory.open(inventory) as opened:
        drafted = draft(
            opened,
            input_s3_uri=input_s3_uri,
            sheets=sheets or [],
            delimiter=delimiter.character if delimiter else None,
            rules=rules or [],
            harmonize=keywords,
            profile=Profile.of(profile or ()),
            output=None if dry_run else output,
            account={name: value for name, value in account.items() if value},
            progress=True,
        )
    if html is not None:
        write_text(html, drafted.preview_html(show_values=show_values))
    print_draft(drafted, show_values=show_values)
    exit_by((found.severity for found in drafted.issues), fail_on)


def print_draft(drafted: Draft, *, show_values: bool) -> None:
    """Print a draft: its preview, its issues, and where the package is."""
    if drafted.changes:
        _print_preview(drafted, show_values=show_values)
    for line in islice(account_lines(drafted.accounts), ACCOUNTS_SHOWN):
        print_line(line)
    print_issues(drafted.issues)
    studies = sum(override.series_instance_uid is None for override in drafted.overrides)
    series = len(drafted.overrides) - studies
    sum_up = f"{counted(len(drafted.changes), 'change')} in {studies:,} study and {series:,} series overrides"
    if drafted.package is None:
        print_line(f"{sum_up} would be made. Nothing was written.")
    else:
        print_line(sum_up)
        print_line(f"Package: {drafted.package}")


def _print_preview(drafted: Draft, *, show_values: bool) -> None:
    rows = islice(drafted.preview(show_values=show_values), PREVIEWED)
    columns = ("StudyInstanceUID", "SeriesInstanceUID", "tag", "keyword", "before", "after", "because of")
    print_table(columns, (list(row.values()) for row in rows), masked=not show_values)
    rest = len(drafted.changes) - PREVIEWED
    if rest > 0:
        print_line(f"... and {counted(rest, 'more change')}")
