"""The command `dicommap draft`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.drafted import print_draft
from dicommap.cli.findings import exit_by
from dicommap.cli.options import (
    DelimiterOption,
    FailOn,
    FailOnOption,
    InventoryPath,
    ProfileOption,
    ShowValues,
    keywords_in,
    not_stdout,
)
from dicommap.errors import UsageError
from dicommap.inventory import Inventory
from dicommap.model.profile import Profile
from dicommap.model.quotas import Quotas
from dicommap.model.staging import Staging
from dicommap.workflows.draft import draft
from dicommap.workflows.writing import require_new, write_pieces

InputUri = Annotated[
    str | None,
    typer.Option(
        "--input-s3-uri", metavar="URI", help="Where a local tree will be in S3; a source in S3 is where it is."
    ),
]
QuotaOption = Annotated[
    list[str] | None,
    typer.Option("--quota", metavar="NAME=NUMBER", help="What your account allows, such as files=20000; repeat it."),
]
StagingOption = Annotated[Staging | None, typer.Option("--staging", help="Which studies are copied to be imported.")]
StageUri = Annotated[
    str | None,
    typer.Option("--stage-uri", metavar="URI", help="Copy below this prefix what cannot be imported whole in place."),
]
LeaveOut = Annotated[bool, typer.Option("--leave-out", help="Write the package though some instances are in no job.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="PACKAGE", help="The directory to write.", callback=not_stdout)
]
Sheets = Annotated[list[Path] | None, typer.Option("--sheet", metavar="FILE", help="An edited sheet.")]
RulesFiles = Annotated[list[Path] | None, typer.Option("--rules", metavar="FILE", help="A rules file.")]
Harmonize = Annotated[
    list[str] | None,
    typer.Option(
        "--harmonize",
        metavar="KEYWORD",
        help="Where values differ in a study, or series, give all files the most frequent one; a tie is an error.",
    ),
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write the whole preview as an HTML page, too.", callback=not_stdout),
]
ByStudy = Annotated[bool, typer.Option("--by-study", help="Say of each study which edits changed what in it.")]
Forecast = Annotated[
    bool,
    typer.Option(
        "--forecast", help="List the files that are likely to become non-primary image sets, and what would cure it."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show the preview only; write no package.")]
DatastoreId = Annotated[str | None, typer.Option("--datastore-id", help="For the request.")]
DataAccessRoleArn = Annotated[str | None, typer.Option("--data-access-role-arn", help="For the request.")]
OutputUri = Annotated[str | None, typer.Option("--output-s3-uri", help="For the request.")]


def draft_command(
    inventory: InventoryPath,
    input_s3_uri: InputUri = None,
    output: Output = None,
    sheets: Sheets = None,
    delimiter: DelimiterOption = None,
    rules: RulesFiles = None,
    harmonize: Harmonize = None,
    profile: ProfileOption = None,
    quota: QuotaOption = None,
    staging: StagingOption = None,
    stage_uri: StageUri = None,
    leave_out: LeaveOut = False,
    html: Html = None,
    by_study: ByStudy = False,
    forecast: Forecast = False,
    dry_run: DryRun = False,
    datastore_id: DatastoreId = None,
    data_access_role_arn: DataAccessRoleArn = None,
    output_s3_uri: OutputUri = None,
    show_values: ShowValues = False,
    fail_on: FailOnOption = FailOn.ERROR,
) -> None:
    """Turn edits into override files, mappings and an import configuration, and write them as a package.

    An import job takes everything under its prefix, so that jobs are the largest folders that obey the quotas. What
    cannot be imported so, or only by cutting a study, is planned to be copied below --stage-uri where one is given.

    Edits come from sheets, rules and --harmonize, which may all be repeated. With any error nothing is written. On the
    terminal patient values are masked unless --show-values is given; the package holds them.
    """
    keywords = keywords_in(harmonize)
    has_edits = bool(sheets or rules or keywords)
    _require_call(output=output, dry_run=dry_run, is_enough=has_edits or (dry_run and forecast))
    if html is not None:
        # A package that is written already would make the second try fail as well.
        require_new(html)
    account = {"datastoreId": datastore_id, "dataAccessRoleArn": data_access_role_arn, "outputS3Uri": output_s3_uri}
    with Inventory.open(inventory) as opened:
        drafted = draft(
            opened,
            input_s3_uri=input_s3_uri,
            sheets=sheets or [],
            delimiter=delimiter.character if delimiter else None,
            rules=rules or [],
            harmonize=keywords,
            profile=Profile.of(profile or ()),
            quotas=Quotas.of(quota or ()),
            staging=staging,
            stage_uri=stage_uri,
            leave_out=leave_out,
            output=None if dry_run else output,
            account={name: value for name, value in account.items() if value},
            progress=True,
        )
    if html is not None:
        write_pieces(html, (drafted.preview_html(show_values=show_values),))
    print_draft(drafted, show_values=show_values, by_study=by_study, forecast=forecast)
    exit_by((found.severity for found in drafted.issues), fail_on)


def _require_call(*, output: Path | None, dry_run: bool, is_enough: bool) -> None:
    """Raise UsageError where nothing says what to do, or where to."""
    if output is None and not dry_run:
        raise UsageError("No package was named.", fix="Name its directory with -o, or only look with -n.")
    if not is_enough:
        raise UsageError(
            "No edits were named.",
            fix="Name a sheet with --sheet, rules with --rules, or a keyword with --harmonize; or see what would fall "
            "apart without any, with -n --forecast.",
        )
