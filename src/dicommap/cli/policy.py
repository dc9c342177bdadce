"""The command `dicommap policy`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import print_error, write
from dicommap.model.strict_json import dump_json
from dicommap.workflows.policy import policy


class Part(StrEnum):
    """One of the policies, or all."""

    ALL = "all"
    ROLE_PERMISSIONS = "role-permissions"
    ROLE_TRUST = "role-trust"
    CALLER = "caller"


_MEMBERS = {Part.ROLE_PERMISSIONS: "rolePermissions", Part.ROLE_TRUST: "roleTrust", Part.CALLER: "caller"}


def policy_command(
    package: Annotated[Path, typer.Argument(metavar="PACKAGE", help="The directory that 'dicommap draft' wrote.")],
    part: Annotated[Part, typer.Option("--part", help="Print one policy alone, as IAM takes it.")] = Part.ALL,
    datastore_id: Annotated[str | None, typer.Option("--datastore-id", metavar="ID", help="Where to import.")] = None,
    data_access_role_arn: Annotated[
        str | None, typer.Option("--data-access-role-arn", metavar="ARN", help="The role that jobs read and write by.")
    ] = None,
    output_s3_uri: Annotated[
        str | None, typer.Option("--output-s3-uri", metavar="URI", help="Where jobs write their manifests.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", metavar="REGION", help="The data store's region.")] = None,
) -> None:
    """Print the IAM policies that a package's import jobs need, as JSON; nothing is sent.

    rolePermissions and roleTrust are for the role that jobs read and write by, caller is for whoever submits, watches
    and reconciles. What is not known has its name in angle brackets.
    """
    policies = policy(
        package,
        datastore_id=datastore_id,
        data_access_role_arn=data_access_role_arn,
        output_s3_uri=output_s3_uri,
        region=region,
    )
    text = dump_json(policies if part is Part.ALL else policies[_MEMBERS[part]])
    write([text])
    if "<" in text:
        print_error("What stands in angle brackets is not known: give it with options.")
