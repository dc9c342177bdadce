"""The command `dicommap stage`, which copies the files of staged jobs to their S3 prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.api.stage import StageResult, stage
from dicommap.api.validate import validate
from dicommap.cli.confirmation import add_yes_option, make_confirm_function
from dicommap.cli.next_step import NextStep, after_dry_run, make_explain_step
from dicommap.cli.options import (
    AWS_OPTIONS,
    add_aws_options,
    add_dry_run_option,
    add_fail_on_option,
    add_job_option,
    add_package_argument,
    create_clients,
    list_given_options,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_error,
    print_issues,
    print_line,
    print_next_step,
    print_omitted_count,
    print_table,
    write_to_stdout,
)
from dicommap.cli.package_next_step import after_package
from dicommap.cli.terminal import add_output_options
from dicommap.display.csv_json import format_json_lines
from dicommap.display.formatting import format_byte_count
from dicommap.issues import Severity
from dicommap.issues.wording import format_count
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.staging_copies import list_staging_copies

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dicommap.cli.parser import Parser

DESCRIPTION = """
Copy the files of a package's staged jobs to the prefixes of these jobs, and verify the copies.

Files in S3 are copied by S3 itself, local ones uploaded. If a run was stopped, run it again and it goes on: copies that
are there are left as they are, and nothing is ever written over another object.

Before anything is sent, source roots, buckets, account and counts are shown, and you are asked. Only files below these
roots are sent, and only those that are the instances that the package names. Scripts name the roots with --source and
give --yes.
"""

EXAMPLES = """\
  dicommap stage package --dry-run
  dicommap stage package --source /data/export --yes"""

JOBS_SHOWN = 50


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap stage` to `parser`."""
    add_package_argument(parser)
    add_dry_run_option(parser, "Print every copy as JSON Lines; send nothing.")
    add_job_option(parser, "Stage")
    parser.add_argument(
        "--source",
        metavar="ROOT",
        action="append",
        help="A directory or S3 prefix that files may be sent from. May be repeated. Without it you are asked.",
    )
    add_yes_option(parser)
    add_fail_on_option(parser)
    add_aws_options(parser)
    add_output_options(parser, pager=False)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap stage` with the parsed arguments, and return the exit status."""
    if args.dry_run:
        return _run_dry_stage(args)
    staged = stage(
        args.package,
        sources=args.source or (),
        jobs=args.job or (),
        clients=create_clients(args),
        confirm=make_confirm_function(yes=args.yes, roots_named=bool(args.source)),
        progress=True,
    )
    _print_result(staged)
    print_next_step(_choose_next_step(staged, args))
    return choose_exit_status((issue.severity for issue in staged.issues), args.fail_on)


def _run_dry_stage(args: argparse.Namespace) -> int:
    """Print planned copies as lines of JSON, then errors and warnings of the package. Return the exit status."""
    count = 0

    def count_and_yield_copies() -> Iterator[dict[str, object]]:
        nonlocal count
        for copy in list_staging_copies(args.package, jobs=args.job or ()):
            count += 1
            yield dict(copy)

    write_to_stdout(format_json_lines(count_and_yield_copies()))
    issues = [issue for issue in validate(args.package, sources=args.source) if issue.severity is not Severity.NOTE]
    print_issues(issues, stderr=True)
    print_error(f"{format_count(count, 'copy')}. Nothing was sent.")
    codes = [issue.code for issue in issues if issue.severity is Severity.ERROR]
    options = tuple(list_given_options(args, without={"dry_run"}))
    if count:
        step = after_dry_run("stage", str(args.package), codes=codes, options=options)
    else:
        step = make_explain_step(codes) if codes else _choose_step_after_copies(args)
    print_next_step(step, to_stderr=True)
    return choose_exit_status((issue.severity for issue in issues), args.fail_on)


def _print_result(staged: StageResult) -> None:
    if not staged.jobs:
        print_issues(staged.issues)
        print_line("No job of the package is staged." if staged.ok else "Nothing was copied.")
        return
    rows = [
        (job.id, job.uri, f"{job.copied:,}", f"{job.existing:,}", f"{job.missing:,}", format_byte_count(job.bytes))
        for job in staged.jobs[:JOBS_SHOWN]
    ]
    columns = ("job", "inputS3Uri", "copied", "there before", "missing", "size")
    print_table(columns, rows, numbers=columns[2:])
    print_omitted_count(len(staged.jobs) - JOBS_SHOWN, "job")
    print_issues(staged.issues)


def _choose_next_step(staged: StageResult, args: argparse.Namespace) -> NextStep:
    codes = [issue.code for issue in staged.issues.errors]
    return make_explain_step(codes) if codes else _choose_step_after_copies(args)


def _choose_step_after_copies(args: argparse.Namespace) -> NextStep:
    """Return the next step after files of the chosen jobs were copied: stage the other jobs, or submit the package."""
    options = tuple(list_given_options(args, only=AWS_OPTIONS))
    job_counts = PackageDirectory(args.package).count_jobs()
    is_staged = not args.job or job_counts.to_stage <= len(set(args.job))
    return after_package(str(args.package), job_counts, options=options, is_staged=is_staged)
