"""IAM policies for import jobs: the data access role and whoever submits the jobs.

Source: "Setting up" and "Cross-service confused deputy prevention" of the developer guide, the managed policy
AWSHealthImagingFullAccess, and the service authorization reference of AWS HealthImaging and Amazon S3.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicommap.healthimaging.s3_uri import S3Uri

SERVICE_PRINCIPAL = "medical-imaging.amazonaws.com"
PREFIX_LIMIT = 10
"""Prefixes of a bucket that a policy names before it names the folder that they share: policies have a size limit."""
_IAM_ESCAPES = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})
"""What a policy takes for a wildcard or a variable -> how it writes the character (IAM user guide, "Variables")."""
_ARN_PARTS = 6

IamPolicy = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArnParts:
    """What is known of the account; a name in angle brackets stands for what is not."""

    partition: str = "aws"
    account: str = "<account>"
    region: str = "<region>"
    datastore: str = "<datastoreId>"
    role_arn: str = "<dataAccessRoleArn>"

    @classmethod
    def of(cls, *, role_arn: str | None, datastore: str | None, region: str | None) -> ArnParts:
        """Return what a role's ARN, a data store and a region tell of an account."""
        parts = (role_arn or "").split(":", _ARN_PARTS - 1)
        told = {"partition": parts[1], "account": parts[4]} if len(parts) == _ARN_PARTS else {}
        told |= {"role_arn": role_arn} if role_arn else {}
        told |= {"datastore": datastore} if datastore else {}
        return cls(**told, **({"region": region} if region else {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPrefixes:
    """Where jobs read and write."""

    inputs: Sequence[S3Uri]
    outputs: Sequence[S3Uri]
    overrides: Sequence[S3Uri]
    """Prefixes that override files are put under."""


def build_role_permissions(account: ArnParts, places: JobPrefixes) -> IamPolicy:
    """Return what the role of the jobs has to be allowed."""
    everywhere = [*places.inputs, *places.outputs]
    return _build_policy(
        _build_allow_statement("ListBuckets", ["s3:ListBucket"], _build_bucket_arns(account, everywhere)),
        _build_allow_statement("ReadInput", ["s3:GetObject"], _build_object_arns(account, places.inputs)),
        _build_allow_statement("WriteManifests", ["s3:PutObject"], _build_object_arns(account, places.outputs)),
    )


def build_role_trust(account: ArnParts) -> IamPolicy:
    """Return who may take the role on: HealthImaging, for data stores of this account and region only."""
    source = f"arn:{account.partition}:medical-imaging:{account.region}:{account.account}:datastore/*"
    condition = {
        "ArnLike": {"aws:SourceArn": source},
        "StringEquals": {"aws:SourceAccount": account.account},
    }
    statement = {
        "Sid": "HealthImaging",
        "Effect": "Allow",
        "Principal": {"Service": SERVICE_PRINCIPAL},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    return _build_policy(statement)


def build_submitter_permissions(account: ArnParts, places: JobPrefixes) -> IamPolicy:
    """Return what whoever submits, watches and reconciles has to be allowed."""
    datastore = (
        f"arn:{account.partition}:medical-imaging:{account.region}:{account.account}:datastore/{account.datastore}"
    )
    jobs = ("StartDICOMImportJob", "GetDICOMImportJob", "ListDICOMImportJobs", "GetDatastore")
    pass_role = _build_allow_statement("PassRole", ["iam:PassRole"], [account.role_arn])
    pass_role["Condition"] = {"StringEquals": {"iam:PassedToService": SERVICE_PRINCIPAL}}
    everywhere = [*places.inputs, *places.outputs]
    # GetObject on override files is for comparing one that is there already.
    written = [
        _build_allow_statement(
            "PutOverrides", ["s3:GetObject", "s3:PutObject"], _build_object_arns(account, places.overrides)
        )
    ]
    return _build_policy(
        _build_allow_statement("ImportJobs", [f"medical-imaging:{job}" for job in jobs], [datastore]),
        pass_role,
        _build_allow_statement("LookAtBuckets", ["s3:ListBucket"], _build_bucket_arns(account, everywhere)),
        *(written if places.overrides else ()),
        _build_allow_statement("ReadManifests", ["s3:GetObject"], _build_object_arns(account, places.outputs)),
    )


def _build_policy(*statements: dict[str, Any]) -> IamPolicy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _build_allow_statement(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _build_bucket_arns(account: ArnParts, uris: Iterable[S3Uri]) -> list[str]:
    return [f"arn:{account.partition}:s3:::{bucket}" for bucket in sorted({uri.bucket for uri in uris})]


def _build_object_arns(account: ArnParts, uris: Iterable[S3Uri]) -> list[str]:
    found: dict[str, set[str]] = {}
    for uri in uris:
        found.setdefault(uri.bucket, set()).add(uri.prefix)
    return [
        f"arn:{account.partition}:s3:::{bucket}/{prefix.translate(_IAM_ESCAPES)}*"
        for bucket, prefixes in sorted(found.items())
        for prefix in _shorten_prefixes(prefixes)
    ]


def _shorten_prefixes(prefixes: set[str]) -> list[str]:
    """Return prefixes without those that another one takes in; the folder that all share where they are many."""
    outer: list[str] = []
    for prefix in sorted(prefixes):
        if not outer or not prefix.startswith(outer[-1]):
            outer.append(prefix)
    if len(outer) <= PREFIX_LIMIT:
        return outer
    first, last = outer[0].split("/"), outer[-1].split("/")
    # What the first and the last in order begin with, all between them do.
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first[:-1], last, strict=False))
    return ["".join(f"{segment}/" for segment, _ in same)]
