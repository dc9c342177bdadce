"""The command `dicommap scan`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from dicommap.aws import Clients
from dicommap.cli.choices import FailOn, keywords_in, not_stdout
from dicommap.cli.console import print_line
from dicommap.cli.deferred import Deferred
from dicommap.cli.file_list import listed_paths
from dicommap.cli.findings import exit_by, print_issue_counts
from dicommap.errors import UsageError
from dicommap.inventory import Summary
from dicommap.render.text import byte_count, counted
from dicommap.workflows.scan import AUTO_JOBS, scan

if TYPE_CHECKING:
    import typer

    from dicommap.cli import aws_options as aws
    from dicommap.cli import options as shared
else:  # a call that is plainly right needs none of them
    typer, aws, shared = Deferred("typer"), Deferred("dicommap.cli.aws_options"), Deferred("dicommap.cli.options")


def scan_command(
    *,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...", help="Directories or files, or prefixes as in s3://bucket/prefix/.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="INVENTORY", help="Where the inventory goes.", callback=not_stdout)
    ],
    attributes: Annotated[
        list[str] | None,
        typer.Option("--attributes", metavar="KEYWORD", help="Capture this too; repeat it, or use commas."),
    ] = None,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Follow links to directories, but never in a loop.")
    ] = False,
    archives: Annotated[
        bool, typer.Option("--archives", help="Scan what is inside .zip, .tar, .tar.gz, .tar.bz2 and .tar.xz, too.")
    ] = False,
    files_from: Annotated[
        str | None,
        typer.Option(
            "--files-from", metavar="FILE", help="Scan only the files listed here, one on a line; '-' is stdin."
        ),
    ] = None,
    null: Annotated[bool, typer.Option("--null", "-0", help="The list's paths end with a NUL, not a line.")] = False,
    s3_inventory: Annotated[
        str | None,
        typer.Option(
            "--s3-inventory", metavar="MANIFEST", help="An S3 Inventory's manifest.json, instead of listing the bucket."
        ),
    ] = None,
    aws_profile: aws.AwsProfileOption = None,
    region: aws.RegionOption = None,
    endpoint_url: aws.EndpointUrlOption = None,
    no_sign_request: Annotated[
        bool, typer.Option("--no-sign-request", help="Read a public bucket without credentials.")
    ] = False,
    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", metavar="N", help="Processes that read; 0: one for each processor, if it pays."),
    ] = AUTO_JOBS,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Read all files, also those unchanged since the last scan.")
    ] = False,
    fail_on: shared.FailOnOption = FailOn.ERROR,
) -> None:
    """Walk trees of P10 files, read their headers and group them by study and series.

    Every path is in the inventory exactly once. Nothing is ever written to a source. Where INVENTORY is one already,
    or a scan into it was stopped, only files that are new or have another size or time are read, and objects in S3 that
    have another ETag.

    With --files-from the files of a list are scanned; their paths are relative to SOURCE, which is the current
    directory unless another is named.
    """
    if not sources and files_from is None:
        raise UsageError("No source was named.", fix="Name a directory.")
    if null and files_from is None:
        raise UsageError("--null is for a list of files.", fix="Name the list with --files-from.")
    with ExitStack() as stack:
        files = None if files_from is None else stack.enter_context(listed_paths(files_from, null=null))
        inventory = stack.enter_context(
            scan(
                *(sources or [os.curdir]),
                output=output,
                attributes=keywords_in(attributes),
                follow_links=follow_links,
                archives=archives,
                files=files,
                s3_inventory=s3_inventory,
                clients=Clients(
                    profile=aws_profile, region=region, endpoint_url=endpoint_url, unsigned=no_sign_request
                ),
                jobs=jobs,
                cache=not no_cache,
                progress=True,
            )
        )
        counts = inventory.summary()
    _print_summary(counts, output)
    exit_by((severity for _, severity in counts.issues), fail_on)


def _print_summary(counts: Summary, output: Path) -> None:
    parts = ((counts.studies, "study"), (counts.series, "series"), (counts.instances, "instance"))
    found = ", ".join(counted(count, noun) for count, noun in parts)
    print_line(f"{found} in {counted(counts.files, 'file')} ({byte_count(counts.size)})")
    if counts.unchanged:
        taken = counted(counts.unchanged, "unchanged file")
        print_line(f"Read {counted(counts.read, 'file')}; took {taken} from the scan before.")
    if counts.traffic.requests:
        print_line(_traffic(counts))
    others = [f"{count:,} {name}" for name, count in counts.dispositions.items() if name != "instance"]
    if others:
        print_line("Not instances: " + ", ".join(others))
    if counts.issues:
        print_issue_counts(counts.issues)
        print_line(f"See them with: dicommap show {output} --level issue")


def _traffic(counts: Summary) -> str:
    """Return a line on what went over the network; most objects should take one request."""
    requests, received, repeated = counts.traffic
    once = f"; {counts.read - repeated:,} of {counted(counts.read, 'file')} took one request" if counts.read else ""
    return f"Sent {counted(requests, 'request')} to S3 and received {byte_count(received)}{once}."
