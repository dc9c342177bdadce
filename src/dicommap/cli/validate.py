"""The command `dicommap validate`."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.aws_options import AwsProfileOption, EndpointUrlOption, RegionOption, clients_of
from dicommap.cli.console import print_line
from dicommap.cli.findings import exit_by, print_issues, write_issues
from dicommap.cli.options import FailOn, FailOnOption, Format, FormatOption, ProfileOption
from dicommap.inventory import Inventory
from dicommap.issues import Severity
from dicommap.model.profile import Profile
from dicommap.package.planned import PlannedPackage
from dicommap.render.text import counted
from dicommap.workflows.validate import validate


def validate_command(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Packages, import configurations, requests, override or rules files."),
    ],
    inventory: Annotated[
        Path | None, typer.Option("--inventory", "-i", help="Look the mappings' studies and series up in it.")
    ] = None,
    input_s3_uri: Annotated[
        str | None, typer.Option("--input-s3-uri", metavar="URI", help="Check paths as keys under it.")
    ] = None,
    files: Annotated[
        Path | None, typer.Option("--files", metavar="DIR", help="What will be uploaded to inputS3Uri.")
    ] = None,
    profile: ProfileOption = None,
    s3: Annotated[
        bool, typer.Option("--s3", help="Compare a package with what lies in S3 under the prefixes of its jobs, too.")
    ] = False,
    form: FormatOption = Format.TABLE,
    fail_on: FailOnOption = FailOn.ERROR,
    aws_profile: AwsProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointUrlOption = None,
) -> None:
    """Check packages and documents, whoever wrote them, and list everything that is wrong.

    With --s3, every object of a package's jobs has to be in S3 with its size, and nothing else; override files need
    not be there before they are submitted.
    """
    settled = Profile.of(profile) if profile else None
    clients = clients_of(aws_profile, region, endpoint_url) if s3 else None
    with Inventory.open(inventory) if inventory is not None else nullcontext() as opened:
        found = [
            issue
            for path in paths
            for issue in validate(
                path,
                inventory=opened,
                input_s3_uri=input_s3_uri,
                files=files,
                profile=settled,
                s3=clients,
                progress=True,
            )
        ]
    if form is Format.TABLE:
        print_issues(found)
        counts = Counter(one.severity for one in found)
        print_line(", ".join(counted(counts[severity], severity.value) for severity in reversed(Severity)))
        if s3 and not counts[Severity.ERROR]:
            _print_proved(paths, alone=not counts[Severity.WARNING])
    else:
        write_issues(found, form)
    exit_by((one.severity for one in found), fail_on)


def _print_proved(packages: list[Path], *, alone: bool) -> None:
    """Say of each package what was found in S3."""
    for path in packages:
        jobs = PlannedPackage(path).plan.jobs
        objects = counted(sum(job.sourceFiles for job in jobs), "object")
        rest = ", and nothing else" if alone else ""
        print_line(f"{path.name}: S3 holds the {objects} that {counted(len(jobs), 'job')} will read{rest}.")
