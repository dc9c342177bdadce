"""The command `dicommap submit`, which uploads override files and starts import jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.api.submit import SubmitResult, submit
from dicommap.cli.confirmation import add_yes_option, make_confirm_function
from dicommap.cli.next_step import NextStep, after_dry_run, make_explain_step
from dicommap.cli.options import (
    AWS_OPTIONS,
    add_aws_options,
    add_dry_run_option,
    add_fail_on_option,
    add_job_option,
    add_package_argument,
    add_rate_option,
    add_request_options,
    create_clients,
    list_given_options,
    make_count_parser,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_error,
    print_issues,
    print_job_event,
    print_line,
    print_next_step,
    print_table,
    write_to_stdout,
)
from dicommap.cli.package_next_step import after_package
from dicommap.cli.shell_words import make_path_word
from dicommap.cli.terminal import add_output_options
from dicommap.display.csv_json import format_json_lines
from dicommap.healthimaging.limits import CONCURRENT_JOBS, START_RATE
from dicommap.issues.wording import format_count
from dicommap.package.package_directory import PackageDirectory

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser

DESCRIPTION = """
Upload a package's override files and start its import jobs, each once however often this is run.

Before anything is sent the package is validated, the data store and buckets are checked, and the objects under the
jobs' prefixes are compared with the plan, as by 'dicommap validate --s3'. The state of each job is saved in
PACKAGE/submission after every step: a run that was stopped, killed or refused goes on from there. Options give the
members of the request that the package leaves open; those of the first submit are kept in the package, without
credentials, and later commands read them there.

Before the first of these requests, source roots, buckets, account, data store, role and counts are shown, and you are
asked; scripts give --yes.
"""

EXAMPLES = """\
  dicommap submit package --dry-run
  dicommap submit package --datastore-id ID --data-access-role-arn ARN \\
    --output-s3-uri s3://bucket/out/"""


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap submit` to `parser`."""
    add_package_argument(parser)
    add_dry_run_option(parser, "Print every request as JSON Lines; send nothing.")
    add_job_option(parser, "Submit")
    parser.add_argument(
        "--concurrent-jobs",
        metavar="N",
        type=make_count_parser("jobs"),
        default=CONCURRENT_JOBS,
        help="The account's quota of import jobs at the same time.",
    )
    add_rate_option(parser, "--start-rate", "StartDICOMImportJob", START_RATE)
    parser.add_argument(
        "--replace", action="store_true", help="Let override files replace other objects that have the same keys."
    )
    parser.add_argument(
        "--no-check", action="store_true", help="Do not compare the objects in S3 with the plan of the jobs."
    )
    add_yes_option(parser)
    add_fail_on_option(parser)
    request = parser.add_argument_group("Import job request")
    add_request_options(request)
    request.add_argument(
        "--input-owner-account-id", metavar="ID", help="The account that owns the input bucket, if it is not yours."
    )
    add_aws_options(parser)
    add_output_options(parser, pager=False)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap submit` with the parsed arguments, and return the exit status."""
    submitted = submit(
        args.package,
        datastore_id=args.datastore_id,
        data_access_role_arn=args.data_access_role_arn,
        output_s3_uri=args.output_s3_uri,
        input_owner_account_id=args.input_owner_account_id,
        jobs=args.job or (),
        concurrent_jobs=args.concurrent_jobs,
        start_rate=args.start_rate,
        replace=args.replace,
        check=not args.no_check,
        dry_run=args.dry_run,
        clients=create_clients(args),
        confirm=make_confirm_function(yes=args.yes),
        progress=True,
        on_step=print_job_event,
    )
    if submitted.is_dry:
        write_to_stdout(format_json_lines(dict(request) for request in submitted.requests))
        print_error(
            *map(str, submitted.issues), f"{format_count(len(submitted.requests), 'request')}. Nothing was sent."
        )
    else:
        _print_result(submitted)
    print_next_step(_choose_next_step(submitted, args), to_stderr=submitted.is_dry)
    return choose_exit_status((issue.severity for issue in submitted.issues), args.fail_on)


def _print_result(submitted: SubmitResult) -> None:
    print_issues(submitted.issues)
    if not submitted.ok:
        print_line("Nothing was sent.")
        return
    rows = [
        (submission.job, submission.state.value, submission.jobStatus or "", submission.jobId or "")
        for submission in submitted.submissions
    ]
    print_table(("job", "state", "status", "jobId"), rows)


def _choose_next_step(submitted: SubmitResult, args: argparse.Namespace) -> NextStep:
    package = str(submitted.package)
    codes = [issue.code for issue in submitted.issues.errors]
    if submitted.is_dry and submitted.requests:
        options = tuple(list_given_options(args, without={"dry_run"}))
        return after_dry_run("submit", package, codes=codes, options=options, missing=submitted.placeholders)
    options = tuple(list_given_options(args, only=AWS_OPTIONS))
    if codes and {*codes} != {"object.not-staged"}:
        return make_explain_step(codes)
    if codes:
        return NextStep(words=("stage", make_path_word(package), *options))
    return after_package(package, PackageDirectory(package).count_jobs(), options=options, is_staged=True)
