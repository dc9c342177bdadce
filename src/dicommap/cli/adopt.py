"""The command `dicommap adopt`, which saves import jobs that were started without `submit` in a package."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date
from typing import TYPE_CHECKING

from dicommap.api.adopt import AdoptResult, adopt
from dicommap.cli.next_step import JOB_ID, NextStep, make_explain_step
from dicommap.cli.options import (
    AWS_OPTIONS,
    Format,
    add_aws_options,
    add_dry_run_option,
    add_fail_on_option,
    add_format_option,
    add_job_option,
    add_package_argument,
    add_rate_option,
    add_request_options,
    create_clients,
    list_given_options,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_issues,
    print_job_event,
    print_line,
    print_next_step,
    print_table,
    print_text,
    write_to_stdout,
)
from dicommap.cli.package_next_step import after_package
from dicommap.cli.shell_words import make_path_word
from dicommap.cli.terminal import add_output_options
from dicommap.display.adoption_report import ADOPTION_COLUMNS, build_adoption_cells, build_adoption_record
from dicommap.display.csv_json import format_records
from dicommap.display.outcome_records import flatten_outcome_record
from dicommap.errors import UsageError
from dicommap.healthimaging.limits import GET_RATE
from dicommap.issues.wording import format_count
from dicommap.model.job_adoption import AdoptionResult
from dicommap.package.package_directory import PackageDirectory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dicommap.cli.parser import Parser

DESCRIPTION = """
Take over import jobs that somebody started without 'dicommap submit', such as in the AWS console, with the AWS CLI, the
CDK or an own program. 'dicommap watch' and 'dicommap reconcile' then handle them like jobs that were submitted.

A job is adopted only if its data store, role, outputS3Uri and importConfiguration are those of the package's request
with the same inputS3Uri, and if the override files in S3 are those of the package. What the request leaves open is
taken from the job. A job without its importConfiguration is refused: AWS SDKs from before May 2026 leave it out. If one
of several named jobs is refused, none is adopted. Nothing is uploaded or started.
"""

EXAMPLES = """\
  dicommap adopt package --find --datastore-id ID
  dicommap adopt package JOBID --datastore-id ID"""

MAX_IDS = 5
"""Maximum number of job ids in the suggested next command. If there are more, the command has --all instead."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments and options of `dicommap adopt` to `parser`."""
    add_package_argument(parser)
    parser.add_argument("job_ids", metavar="[JOBID...]", nargs="*", help="The ids that AWS gave the import jobs.")
    parser.add_argument(
        "--find",
        action="store_true",
        help="List the jobs of the data store that import a prefix of the package; adopt none.",
    )
    parser.add_argument(
        "--all", action="store_true", help="Adopt all jobs that --find lists as fitting, if only one fits a job."
    )
    parser.add_argument(
        "--since",
        metavar="DATE",
        type=_parse_date,
        help="For --find and --all: request only the jobs that were submitted on this day (UTC) or later, such as "
        "2026-11-01. The default is all jobs that AWS lists, which are those of the last 90 days.",
    )
    add_dry_run_option(parser, "Compare the jobs; save nothing.")
    add_job_option(parser, "Compare with")
    parser.add_argument(
        "--no-check", action="store_true", help="Do not compare the override files in S3 with those of the package."
    )
    add_format_option(parser)
    add_fail_on_option(parser)
    request = parser.add_argument_group("Import job request")
    add_request_options(request)
    request.add_argument(
        "--input-owner-account-id", metavar="ID", help="The account that owns the input bucket, if it is not yours."
    )
    aws = add_aws_options(parser)
    add_rate_option(aws, "--get-rate", "GetDICOMImportJob", GET_RATE)
    add_output_options(parser, pager=False)


def _parse_date(word: str) -> date:
    """Convert a word of the command line to a date. Raises ArgumentTypeError if it is not a date."""
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise ArgumentTypeError(f"'{word}' is not a date such as 2026-11-01") from None


def run(args: argparse.Namespace) -> int:
    """Run `dicommap adopt` with the parsed arguments, and return the exit status."""
    if args.all and args.find:
        raise UsageError(
            "--find only lists jobs, and --all adopts those that --find lists as fitting.",
            fix="Run the command with --find first, then again with --all in its place.",
        )
    if args.since is not None and not (args.find or args.all):
        raise UsageError("--since is for --find and --all.", fix="Leave it out: the named jobs are requested.")
    if args.all and args.job_ids:
        raise UsageError("--all names the jobs to adopt itself.", fix="Leave out the job ids, or leave out --all.")
    adopted = _adopt(args, [], find=args.find or args.all)
    if args.all and adopted.ok and adopted.adoptable:
        adopted = _adopt(args, adopted.adoptable, find=False)
    if args.format is Format.TABLE:
        _print_result(adopted, is_dry=args.dry_run)
        print_next_step(_choose_next_step(adopted, args))
    else:
        records = map(build_adoption_record, adopted.jobs)
        write_to_stdout(format_records(records, args.format, record=lambda record: record, row=flatten_outcome_record))
        print_issues(adopted.issues, stderr=True)
    return choose_exit_status((issue.severity for issue in adopted.issues), args.fail_on)


def _adopt(args: argparse.Namespace, job_ids: Sequence[str], *, find: bool) -> AdoptResult:
    return adopt(
        args.package,
        job_ids or args.job_ids,
        find=find,
        since=args.since if find else None,
        datastore_id=args.datastore_id,
        data_access_role_arn=args.data_access_role_arn,
        output_s3_uri=args.output_s3_uri,
        input_owner_account_id=args.input_owner_account_id,
        jobs=args.job or (),
        check=not args.no_check,
        dry_run=args.dry_run,
        get_rate=args.get_rate,
        clients=create_clients(args),
        progress=True,
        on_step=print_job_event,
    )


def _print_result(adopted: AdoptResult, *, is_dry: bool) -> None:
    if adopted.jobs:
        print_table(ADOPTION_COLUMNS, map(build_adoption_cells, adopted.jobs))
    print_issues(adopted.issues)
    if adopted.is_search and adopted.ok:
        if not adopted.jobs:
            print_line("None of these jobs imports a prefix of the package.")
        requested = format_count(adopted.requested, "job")
        print_text(f"{requested} requested, of {adopted.listed:,} that the data store lists for the last 90 days.")
    elif not adopted.is_search and (not adopted.ok or is_dry):
        print_line("No job was adopted.")


def _choose_next_step(adopted: AdoptResult, args: argparse.Namespace) -> NextStep:
    package, codes = str(adopted.package), [issue.code for issue in adopted.issues.errors]
    if codes:
        return make_explain_step(codes)
    if adopted.is_search:
        return _choose_step_after_find(adopted, args)
    if args.dry_run:
        options = tuple(list_given_options(args, without={"dry_run"}))
        return NextStep(words=("adopt", make_path_word(package), *args.job_ids, *options))
    options = tuple(list_given_options(args, only=AWS_OPTIONS))
    return after_package(package, PackageDirectory(package).count_jobs(), options=options)


def _choose_step_after_find(found: AdoptResult, args: argparse.Namespace) -> NextStep:
    """Return the next step after a search for jobs: the command that adopts a job, or a sentence if no job fits."""
    fits = any(job.result is AdoptionResult.FITS for job in found.jobs)
    if not fits:
        return NextStep(sentence="No job is left to adopt.")
    ids: Sequence[str] = found.adoptable or (JOB_ID,)  # if several jobs fit, the user chooses one
    left_out = {"find", "all", "format"}
    if len(ids) > MAX_IDS:
        ids = ("--all",)
    else:
        left_out.add("since")
    options = tuple(list_given_options(args, without=left_out))
    return NextStep(words=("adopt", make_path_word(found.package), *ids, *options))
