"""The command `dicommap watch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.aws_options import AwsProfileOption, EndpointUrlOption, RegionOption, clients_of
from dicommap.cli.console import print_line, print_table
from dicommap.cli.findings import exit_by, print_issues
from dicommap.cli.job_lines import tell_job
from dicommap.cli.options import FailOn, FailOnOption
from dicommap.model.service_words import shown_words
from dicommap.model.submission import SubmissionState
from dicommap.render.submission_screen import NOT_SUCCESS
from dicommap.render.text import counted
from dicommap.workflows.watch import Watched, watch


def watch_command(
    package: Annotated[
        Path | None, typer.Argument(metavar="PACKAGE", help="A package that 'dicommap submit' submits.")
    ] = None,
    fhir_jobs: Annotated[
        list[str] | None,
        typer.Option("--fhir-job", metavar="DATASTORE/JOB", help="An import job of HealthLake; may be repeated."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look at each job once, and wait for none.")] = False,
    aws_profile: AwsProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointUrlOption = None,
    fail_on: FailOnOption = FailOn.ERROR,
) -> None:
    """Follow import jobs until all have ended: those of a package, and FHIR import jobs of HealthLake beside them.

    What the service says is saved in PACKAGE/submission. The exit status is 1 where a job failed. That a job is
    COMPLETED says nothing of its files: their manifests do.
    """
    watched = watch(
        package,
        fhir_jobs=fhir_jobs or (),
        once=once,
        clients=clients_of(aws_profile, region, endpoint_url),
        progress=True,
        tell=tell_job,
    )
    _print(watched)
    exit_by((found.severity for found in watched.issues), fail_on)


def _print(watched: Watched) -> None:
    print_issues(watched.issues)
    rows = [
        (one.job, one.jobStatus or one.state.value, one.jobId or "", _words(one.message)) for one in watched.submissions
    ]
    rows += [(f"{one.service} {one.datastore}", one.status, one.job, _words(one.message)) for one in watched.others]
    print_table(("job", "status", "jobId", "message"), rows)
    if any(one.jobStatus == "COMPLETED" for one in watched.submissions):
        print_line(NOT_SUCCESS)
    if watched.unsubmitted:
        print_line(f"{counted(watched.unsubmitted, 'job')} not submitted yet: dicommap submit {watched.package}")
    elif watched.submissions and all(one.state is SubmissionState.ENDED for one in watched.submissions):
        print_line(f"Next: dicommap reconcile {watched.package}")


def _words(message: str | None) -> str:
    """Return the service's words, which may repeat what is in a file; all of them are in PACKAGE/submission."""
    return shown_words(message or "", show_values=False)
