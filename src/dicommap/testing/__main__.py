"""The command `python -m dicommap.testing`, which runs the stand-in in its own process until it is stopped."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from dicommap.aws import Clients
from dicommap.errors import DicommapError
from dicommap.healthimaging.limits import CONCURRENT_JOBS
from dicommap.testing.behaviour import Behaviour
from dicommap.testing.faults import FAULT_KINDS, Fault
from dicommap.testing.service import ImportJobService


def main() -> int:
    """Start the stand-in and print its URL on one line. Wait for SIGINT or SIGTERM, and return the exit status."""
    options = _make_parser().parse_args()
    behaviour = Behaviour(
        advance=options.advance, throttling=not options.no_throttling, concurrent_jobs=options.concurrent_jobs
    )
    try:
        behaviour = behaviour.with_settings(options.set)
        service = ImportJobService(options.s3_endpoint, behaviour=behaviour, port=options.port)
        for text in options.fault:
            service.add_fault(Fault.parse(text))
    except DicommapError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.s3_endpoint and not _has_credentials():
        sys.stderr.write(
            "No AWS credentials were found: jobs cannot read from S3 and fail. Set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY for this process.\n"
        )
    stop_signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
    with service:
        sys.stdout.write(f"{service.url}\n")
        sys.stdout.flush()
        signal.sigwait(stop_signals)
    return 0


def _has_credentials() -> bool:
    """Return whether boto3 finds AWS credentials for this process. Jobs use them for S3."""
    from botocore.exceptions import BotoCoreError

    # The stand-in works on loopback only. So boto3 must not ask the metadata service of a machine of EC2.
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    try:
        return Clients().session.get_credentials() is not None
    except BotoCoreError:
        return False


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dicommap.testing",
        description="A stand-in for AWS HealthImaging's import jobs and image sets on loopback, for tests. "
        "It is not the service.",
    )
    parser.add_argument("--s3-endpoint", metavar="URL", help="the S3 server that jobs read from and write to")
    parser.add_argument("--port", type=int, default=0, help="the port; 0 for any free port")
    parser.add_argument(
        "--advance",
        choices=("poll", "call"),
        default="poll",
        help="what advances a job: each poll, or a call of advance",
    )
    parser.add_argument("--no-throttling", action="store_true", help="accept any number of calls per second")
    parser.add_argument(
        "--concurrent-jobs", type=int, default=CONCURRENT_JOBS, metavar="N", help="jobs that may run at the same time"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of Behaviour, such as import_configuration=dropped, ignored_attributes=PatientID,PatientName, "
        "or answers.dataSet=array; may be repeated",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND[,operation=NAME][,times=N|always][,after=N][,match=TEXT][,message=TEXT]",
        help=f"simulate a fault; may be repeated. KIND is one of {', '.join(FAULT_KINDS)}",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
