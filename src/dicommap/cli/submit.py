"""The command `dicommap submit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.aws_options import AwsProfileOption, EndpointUrlOption, RegionOption, clients_of
from dicommap.cli.confirmation import YesOption, asking
from dicommap.cli.console import print_error, print_line, print_table, write
from dicommap.cli.findings import exit_by, print_issues
from dicommap.cli.job_lines import tell_job
from dicommap.cli.options import FailOn, FailOnOption
from dicommap.model.healthimaging import CONCURRENT_JOBS
from dicommap.render.text import counted, json_lines
from dicommap.workflows.submit import Submitted, submit

PackagePath = Annotated[Path, typer.Argument(metavar="PACKAGE", help="The directory that 'dicommap draft' wrote.")]


def submit_command(
    package: PackagePath,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show every request as JSON Lines; send nothing.")
    ] = False,
    datastore_id: Annotated[str | None, typer.Option("--datastore-id", metavar="ID", help="Where to import.")] = None,
    data_access_role_arn: Annotated[
        str | None, typer.Option("--data-access-role-arn", metavar="ARN", help="The role that jobs read and write by.")
    ] = None,
    output_s3_uri: Annotated[
        str | None, typer.Option("--output-s3-uri", metavar="URI", help="Where jobs write their manifests.")
    ] = None,
    input_owner_account_id: Annotated[
        str | None,
        typer.Option(
            "--input-owner-account-id", metavar="ID", help="The account of an input bucket that is not yours."
        ),
    ] = None,
    jobs: Annotated[
        list[str] | None, typer.Option("--job", metavar="ID", help="Submit only this job; may be repeated.")
    ] = None,
    concurrent_jobs: Annotated[
        int, typer.Option("--concurrent-jobs", metavar="N", min=1, help="The account's quota of import jobs at once.")
    ] = CONCURRENT_JOBS,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let override files replace other objects that hold their keys.")
    ] = False,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not compare what lies in S3 with what jobs plan to find there.")
    ] = False,
    yes: YesOption = False,
    aws_profile: AwsProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointUrlOption = None,
    fail_on: FailOnOption = FailOn.ERROR,
) -> None:
    """Upload a package's override files and start its import jobs, each once however often this is run.

    Before anything is sent the package is validated, data store and buckets are looked at, and what lies under the
    jobs' prefixes is compared with what they plan to find there, as by 'dicommap validate --s3'. How far each job came
    is saved in PACKAGE/submission after every step: a run that was stopped, killed or refused goes on from there. The
    members of the request that the package leaves open are given by options; what the first submit was told is kept in
    the package, without credentials, and later commands have it from there.

    Before the first of these requests, source roots, buckets, account, data store, role and counts are shown, and you
    are asked; scripts give --yes.
    """
    submitted = submit(
        package,
        datastore_id=datastore_id,
        data_access_role_arn=data_access_role_arn,
        output_s3_uri=output_s3_uri,
        input_owner_account_id=input_owner_account_id,
        jobs=jobs or (),
        concurrent_jobs=concurrent_jobs,
        replace=replace,
        check=not no_check,
        dry_run=dry_run,
        clients=clients_of(aws_profile, region, endpoint_url),
        confirm=asking(yes=yes),
        progress=True,
        tell=tell_job,
    )
    if submitted.is_dry:
        write(json_lines(dict(request) for request in submitted.requests))
        print_error(*map(str, submitted.issues), f"{counted(len(submitted.requests), 'request')}. Nothing was sent.")
    else:
        _print(submitted)
    exit_by((found.severity for found in submitted.issues), fail_on)


def _print(submitted: Submitted) -> None:
    print_issues(submitted.issues)
    if not submitted.ok:
        print_line("Nothing was sent.")
        return
    rows = [(one.job, one.state.value, one.jobStatus or "", one.jobId or "") for one in submitted.submissions]
    print_table(("job", "state", "status", "jobId"), rows)
    print_line(f"Next: dicommap watch {submitted.package}")
