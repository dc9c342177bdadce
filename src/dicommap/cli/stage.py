"""The command `dicommap stage`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dicommap.cli.aws_options import AwsProfileOption, EndpointUrlOption, RegionOption, clients_of
from dicommap.cli.confirmation import SourceRootsOption, YesOption, asking
from dicommap.cli.console import print_error, print_line, print_table, write
from dicommap.cli.findings import exit_by, print_issues
from dicommap.cli.options import FailOn, FailOnOption
from dicommap.issues import Severity
from dicommap.render.text import byte_count, counted, json_lines
from dicommap.workflows.planned_copies import planned_copies
from dicommap.workflows.stage import Staged, stage
from dicommap.workflows.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

JOBS_SHOWN = 50


def stage_command(
    package: Annotated[Path, typer.Argument(metavar="PACKAGE", help="The directory that 'dicommap draft' wrote.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show every copy as JSON Lines; send nothing.")
    ] = False,
    jobs: Annotated[
        list[str] | None, typer.Option("--job", metavar="ID", help="Stage only this job; may be repeated.")
    ] = None,
    sources: SourceRootsOption = None,
    yes: YesOption = False,
    aws_profile: AwsProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointUrlOption = None,
    fail_on: FailOnOption = FailOn.ERROR,
) -> None:
    """Copy what the staged jobs of a package are to import under their prefixes, and verify the copies.

    Files in S3 are copied by S3 itself, local ones uploaded. A run that was stopped is run again and goes on: copies
    that are there are left as they are, and nothing is ever written over another object.

    Before anything is sent, source roots, buckets, account and counts are shown, and you are asked. Only files below
    these roots are sent, and only those that are the instances that the package names. Scripts name the roots with
    --source and give --yes.
    """
    if dry_run:
        _show(package, jobs or (), sources or (), fail_on)
        return
    staged = stage(
        package,
        sources=sources or (),
        jobs=jobs or (),
        clients=clients_of(aws_profile, region, endpoint_url),
        confirm=asking(yes=yes, roots_named=bool(sources)),
        progress=True,
    )
    _print(staged)
    exit_by((found.severity for found in staged.issues), fail_on)


def _show(package: Path, jobs: Sequence[str], sources: Sequence[str], fail_on: FailOn) -> None:
    """Print every copy, and the errors and warnings of the package: with an error nothing would be sent."""
    count = 0

    def records() -> Iterator[dict[str, object]]:
        nonlocal count
        for copy in planned_copies(package, jobs=jobs):
            count += 1
            yield dict(copy)

    write(json_lines(records()))
    found = [one for one in validate(package, sources=sources or None) if one.severity is not Severity.NOTE]
    print_error(*map(str, found), f"{counted(count, 'copy')}. Nothing was sent.")
    exit_by((one.severity for one in found), fail_on)


def _print(staged: Staged) -> None:
    if not staged.jobs:
        print_issues(staged.issues)
        print_line("No job of the package is staged." if staged.ok else "Nothing was copied.")
        return
    rows = [
        (job.id, job.uri, f"{job.copied:,}", f"{job.there:,}", f"{job.missing:,}", byte_count(job.bytes))
        for job in staged.jobs[:JOBS_SHOWN]
    ]
    columns = ("job", "inputS3Uri", "copied", "there before", "missing", "size")
    print_table(columns, rows, numbers=columns[2:])
    rest = len(staged.jobs) - JOBS_SHOWN
    if rest > 0:
        print_line(f"... and {counted(rest, 'more job')}")
    print_issues(staged.issues)
    if staged.ok:
        print_line(f"Next: dicommap submit {staged.package}")
