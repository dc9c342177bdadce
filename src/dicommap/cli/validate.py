"""The command `dicommap validate`."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dicommap.cli.aws_options import AwsProfileOption, EndpointUrlOption, RegionOption, clients_of
from dicommap.cli.console import print_line
from dicommap.cli.findings import exit_by, print_issues, write_issues
from dicommap.cli.options import FailOn, FailOnOption, Format, FormatOption, ProfileOption
from dicommap.errors import AwsError
from dicommap.inventory import Inventory
from dicommap.issues import Severity, has_error
from dicommap.model.choices import choice_of
from dicommap.model.profile import Profile
from dicommap.package.planned import PlannedPackage
from dicommap.render.text import counted
from dicommap.workflows.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dicommap.aws import Clients
    from dicommap.issues import Issue
    from dicommap.render.findings import Issues


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
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="ROOT",
            help="A directory or S3 prefix that files of a package may be sent from; may be repeated.",
        ),
    ] = None,
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
    not be there before they are submitted. Where AWS gives no answer at all the exit status is 2, after all that was
    found without it.
    """
    settled = Profile.of(profile) if profile else None
    clients = clients_of(aws_profile, region, endpoint_url) if s3 else None
    with Inventory.open(inventory) if inventory is not None else nullcontext() as opened:

        def check(path: Path, s3: Clients | None) -> Issues:
            return validate(
                path,
                inventory=opened,
                input_s3_uri=input_s3_uri,
                files=files,
                profile=settled,
                sources=sources,
                s3=s3,
                progress=True,
            )

        found, unanswered = _checked(paths, clients, check)
    _print(found, form)
    if unanswered is not None:  # it is no finding: packages may be as they ought to be
        raise unanswered
    if s3 and form is Format.TABLE and not has_error(found):
        _print_proved(paths, alone=not any(one.severity is Severity.WARNING for one in found))
    exit_by((one.severity for one in found), fail_on)


def _checked(
    paths: Iterable[Path], clients: Clients | None, check: Callable[[Path, Clients | None], Issues]
) -> tuple[list[Issue], AwsError | None]:
    """Return what is found of all paths, and why S3 was not asked any more where nobody answered."""
    found: list[Issue] = []
    unanswered = None
    for path in paths:
        try:
            found += check(path, clients)
        except AwsError as error:
            found += error.found
            unanswered, clients = error, None
    return found, unanswered


def _print(found: Sequence[Issue], form: Format) -> None:
    if choice_of(Format, form, "format") is not Format.TABLE:
        write_issues(found, form)
        return
    print_issues(found)
    counts = Counter(one.severity for one in found)
    print_line(", ".join(counted(counts[severity], severity.value) for severity in reversed(Severity)))


def _print_proved(packages: list[Path], *, alone: bool) -> None:
    """Say of each package what was found in S3."""
    for path in packages:
        jobs = PlannedPackage(path).plan.jobs
        objects = counted(sum(job.sourceFiles for job in jobs), "object")
        rest = ", and nothing else" if alone else ""
        print_line(f"{path.name}: S3 holds the {objects} that {counted(len(jobs), 'job')} will read{rest}.")
