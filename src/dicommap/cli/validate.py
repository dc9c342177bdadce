"""The command `dicommap validate`, which lists the issues of packages and documents."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.validate import validate
from dicommap.cli.next_step import NextStep, after_package, after_rules, explain_codes
from dicommap.cli.options import (
    AWS_OPTIONS,
    Format,
    add_assume,
    add_aws_options,
    add_fail_on,
    add_format,
    choose_assumptions,
    create_clients,
    list_given_options,
)
from dicommap.cli.output import choose_exit_status, print_issues, print_line, print_next_step, write_issues
from dicommap.cli.terminal import add_output_options
from dicommap.dicom.choices import choice_of
from dicommap.errors import AwsError, DicommapError, UsageError
from dicommap.inventory import Inventory
from dicommap.issues import Severity, has_errors
from dicommap.issues.wording import format_count
from dicommap.package.package_directory import PackageDirectory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from dicommap.aws import Clients
    from dicommap.cli.parser import Parser
    from dicommap.display.issue_report import Issues
    from dicommap.issues import Issue

DESCRIPTION = """
Check packages and documents, whoever wrote them, and list everything that is wrong.

With --s3, every object of a package's jobs has to be in S3 with its size, and nothing else; override files need not be
there before they are submitted. If AWS gives no answer at all, the exit status is 2, after all issues that were found
without it.
"""

EXAMPLES = """\
  dicommap validate package --inventory inventory.db
  dicommap validate import-configuration.json --input-s3-uri s3://bucket/in/"""


def add_arguments(parser: Parser) -> None:
    """Add the command's argument and options to its parser."""
    parser.add_argument(
        "paths",
        metavar="PATH...",
        nargs="+",
        type=Path,
        help="Packages, import configurations, requests, override files or rules files.",
    )
    parser.add_argument(
        "-i",
        "--inventory",
        metavar="INVENTORY",
        type=Path,
        help="Look up the studies and series of mappings in this inventory.",
    )
    parser.add_argument("--input-s3-uri", metavar="URI", help="Check the paths of mappings as keys under this prefix.")
    parser.add_argument("--files", metavar="DIR", type=Path, help="The directory that will be uploaded to inputS3Uri.")
    add_assume(parser)
    parser.add_argument(
        "--source",
        metavar="ROOT",
        action="append",
        help="A directory or S3 prefix that files of a package may be sent from. May be repeated.",
    )
    add_format(parser)
    add_fail_on(parser)
    aws = add_aws_options(parser)
    aws.add_argument(
        "--s3",
        action="store_true",
        help="Compare a package with the objects in S3 under the prefixes of its jobs, too.",
    )
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit status."""
    assumptions = choose_assumptions(args.assume) if args.assume else None
    if not args.s3:
        _refuse_aws_options(args)
    clients = create_clients(args) if args.s3 else None
    with Inventory.open(args.inventory) if args.inventory is not None else nullcontext() as inventory:

        def check(path: Path, s3: Clients | None) -> Issues:
            return validate(
                path,
                inventory=inventory,
                input_s3_uri=args.input_s3_uri,
                files=args.files,
                assumptions=assumptions,
                sources=args.source,
                s3=s3,
                progress=True,
            )

        issues, unanswered = _check_paths(args.paths, clients, check)
    _print_issues(issues, args.format)
    if unanswered is not None:  # not an issue, because the packages may be correct
        raise unanswered
    if args.s3 and args.format is Format.TABLE and not has_errors(issues):
        _print_s3_match(args.paths, alone=not any(issue.severity is Severity.WARNING for issue in issues))
    if args.format is Format.TABLE:
        print_next_step(_choose_next_step(args, issues))
    return choose_exit_status((issue.severity for issue in issues), args.fail_on)


def _refuse_aws_options(args: argparse.Namespace) -> None:
    """Raise UsageError if an AWS option is used without --s3, because it would have no effect."""
    for name, value in (("--profile", args.profile), ("--region", args.region), ("--endpoint-url", args.endpoint_url)):
        if value is not None:
            raise UsageError(
                f"{name} has no effect without --s3.",
                fix="Add --s3 to compare a package with S3. Assumptions about AWS are given by --assume.",
            )


def _check_paths(
    paths: Iterable[Path], clients: Clients | None, check: Callable[[Path, Clients | None], Issues]
) -> tuple[list[Issue], AwsError | None]:
    """Return the issues of all paths, and the AwsError that was raised; None if no AwsError was raised.

    After an AwsError, the remaining paths are checked without S3.
    """
    issues: list[Issue] = []
    unanswered = None
    for path in paths:
        try:
            issues += check(path, clients)
        except AwsError as error:
            issues += error.issues
            unanswered, clients = error, None
    return issues, unanswered


def _print_issues(issues: Sequence[Issue], form: Format) -> None:
    if choice_of(Format, form, "format") is not Format.TABLE:
        write_issues(issues, form)
        return
    print_issues(issues)
    counts = Counter(issue.severity for issue in issues)
    print_line(", ".join(format_count(counts[severity], severity.value) for severity in reversed(Severity)))


def _choose_next_step(args: argparse.Namespace, issues: Sequence[Issue]) -> NextStep:
    codes = [issue.code for issue in issues if issue.severity is Severity.ERROR]
    if codes:
        return explain_codes(codes)
    path = args.paths[0]
    if len(args.paths) > 1:  # each path would need a different next step
        return NextStep()
    if path.is_dir():
        with suppress(DicommapError):  # a saved state that cannot be read must not end a validation without errors
            options = tuple(list_given_options(args, only=AWS_OPTIONS))
            progress = PackageDirectory(path).count_progress()
            return after_package(str(path), progress, options=options, is_staged=args.s3)
    return after_rules(str(path)) if path.suffix.lower() == ".toml" else NextStep()


def _print_s3_match(packages: list[Path], *, alone: bool) -> None:
    """Print a line for each package: all objects of its jobs are in S3, and how many they are.

    Args:
        packages: The package directories.
        alone: Whether no other objects are under the prefixes of the jobs.
    """
    for path in packages:
        jobs = PackageDirectory(path).plan.jobs
        objects = format_count(sum(job.sourceFiles for job in jobs), "object")
        rest = ", and nothing else" if alone else ""
        print_line(f"{path.name}: S3 holds the {objects} that {format_count(len(jobs), 'job')} will read{rest}.")
