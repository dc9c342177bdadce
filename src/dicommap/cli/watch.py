"""The command `dicommap watch`, which polls import jobs until they have ended."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.watch import WatchResult, watch
from dicommap.cli.next_step import NextStep, after_fhir_watch, make_explain_step
from dicommap.cli.options import (
    AWS_OPTIONS,
    STDOUT,
    add_aws_options,
    add_fail_on_option,
    add_rate_option,
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
)
from dicommap.cli.package_next_step import after_package
from dicommap.cli.terminal import add_output_options
from dicommap.display.submission_report import COMPLETED_NOTE
from dicommap.errors import DocumentError, os_error_reason
from dicommap.healthimaging.limits import GET_RATE
from dicommap.healthimaging.service_messages import mask_service_message
from dicommap.issues.wording import format_count
from dicommap.package.package_directory import PackageDirectory
from dicommap.reading import read_stream
from dicommap.reading.document_limits import EVENTS_LIMIT

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser
    from dicommap.model.submission import Submission

DESCRIPTION = """
Follow import jobs until all have ended: those of a package, and FHIR import jobs of HealthLake beside them.

The answers of the service are saved in PACKAGE/submission. The exit status is 1 if a job failed. A job that is
COMPLETED may have failed files: 'dicommap reconcile' reads its job manifests.

With --event no job is polled. The file has import-job events of EventBridge: one JSON object, an array, or JSON Lines;
messages of SQS or SNS that hold an event are read, too. Events may be repeated and in any order. Then the service is
asked about each job that has ended; if it does not answer, the state says that it is from an event.
"""

EXAMPLES = """\
  dicommap watch package
  dicommap watch package --event event.json
  dicommap watch --fhir-job DATASTORE/JOB"""


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap watch` to `parser`."""
    parser.add_argument(
        "package", metavar="[PACKAGE]", nargs="?", type=Path, help="A package that 'dicommap submit' submits."
    )
    parser.add_argument(
        "--fhir-job",
        metavar="DATASTORE/JOB",
        action="append",
        help="An import job of HealthLake. May be repeated.",
    )
    parser.add_argument(
        "--event",
        metavar="FILE",
        help="Do not poll: read the jobs' states from a file of EventBridge events, or from stdin with '-'.",
    )
    parser.add_argument(
        "--no-confirm",
        action="store_true",
        help="With --event: do not ask the service about the jobs that have ended.",
    )
    parser.add_argument("--once", action="store_true", help="Look at each job once, and wait for none.")
    add_rate_option(parser, "--get-rate", "GetDICOMImportJob", GET_RATE)
    add_fail_on_option(parser)
    add_aws_options(parser)
    add_output_options(parser, pager=False)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap watch` with the parsed arguments, and return the exit status."""
    watched = watch(
        args.package,
        fhir_jobs=args.fhir_job or (),
        events=_choose_events_input(args.event),
        confirm=not args.no_confirm,
        once=args.once,
        get_rate=args.get_rate,
        clients=create_clients(args),
        progress=True,
        on_step=print_job_event,
    )
    _print_result(watched)
    print_next_step(_choose_next_step(watched, args))
    return choose_exit_status((issue.severity for issue in watched.issues), args.fail_on)


def _print_result(watched: WatchResult) -> None:
    print_issues(watched.issues)
    rows = [
        (
            submission.job,
            _format_status(submission),
            submission.jobId or "",
            _mask_message(submission.message),
        )
        for submission in watched.submissions
    ]
    rows += [
        (f"{job.service} {job.datastore}", job.status, job.job, _mask_message(job.message)) for job in watched.others
    ]
    print_table(("job", "status", "jobId", "message"), rows)
    if any(submission.jobStatus == "COMPLETED" for submission in watched.submissions):
        print_text(COMPLETED_NOTE)
    if watched.unsubmitted:
        print_line(f"{format_count(watched.unsubmitted, 'job')} not submitted yet")


def _choose_next_step(watched: WatchResult, args: argparse.Namespace) -> NextStep:
    options = tuple(list_given_options(args, only=AWS_OPTIONS))
    if watched.package is None:
        is_running = any(job.ending is None for job in watched.others)
        return after_fhir_watch(args.fhir_job, is_running=is_running, options=options)
    unusable = [issue.code for issue in watched.issues.errors if issue.code != "watch.failed"]
    if unusable:
        return make_explain_step(unusable)
    return after_package(str(watched.package), PackageDirectory(watched.package).count_jobs(), options=options)


def _choose_events_input(name: str | None) -> Path | bytes | None:
    """Return the file of --event, or the bytes of stdin for `-`. Raises DocumentError if stdin is too large."""
    if name != STDOUT:
        return None if name is None else Path(name)
    try:
        return read_stream(sys.stdin.buffer, EVENTS_LIMIT.bytes)
    except OSError as error:
        raise DocumentError(f"stdin cannot be read: {os_error_reason(error)}.", fix="Name a file.") from None


def _format_status(submission: Submission) -> str:
    status = submission.jobStatus or submission.state.value
    return status if submission.statusSource is None else f"{status} (event)"


def _mask_message(message: str | None) -> str:
    """Return a message of the service, in which words that may be patient values are masked; empty for None.

    The files in the directory PACKAGE/submission have the unmasked message.
    """
    return mask_service_message(message or "", show_values=False)
