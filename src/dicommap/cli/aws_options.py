"""Options of all commands that call AWS, as boto3's users expect them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dicommap.aws import Clients

AwsProfileOption = Annotated[
    str | None,
    typer.Option("--aws-profile", metavar="NAME", help="Profile of AWS credentials; else as boto3 finds them."),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", metavar="REGION", help="AWS region; else as boto3 finds it.")
]
EndpointUrlOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        metavar="URL",
        help="Of every service alike; AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL_MEDICAL_IMAGING name them apart.",
    ),
]


def clients_of(aws_profile: str | None, region: str | None, endpoint_url: str | None) -> Clients:
    """Return the clients that the three options ask for; nothing is opened before one is used."""
    from dicommap.aws import Clients

    return Clients(profile=aws_profile, region=region, endpoint_url=endpoint_url)
