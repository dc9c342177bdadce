"""Build the IAM policies for import jobs: for the data access role, the caller, and the owner of an input bucket.

Source: "Setting up" and "Cross-service confused deputy prevention" of the developer guide, the managed policy
AWSHealthImagingFullAccess, and the service authorization reference of AWS HealthImaging and Amazon S3.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.healthimaging.s3_uri import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SERVICE_PRINCIPAL = "medical-imaging.amazonaws.com"
PREFIX_LIMIT = 10
"""Maximum number of prefixes of a bucket in a policy. If there are more, the folder that contains all of them is used.

The reason is that the size of an IAM policy is limited.
"""
_IAM_ESCAPES = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})
"""Wildcard or variable character -> its escape in a policy (IAM user guide, "Variables")."""
_ARN_PARTS = 6
_JOB_ACTIONS = ("StartDICOMImportJob", "GetDICOMImportJob", "ListDICOMImportJobs", "GetDatastore")

IamPolicy = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArnParts:
    """The parts of ARNs (names of AWS resources) that policies use: partition, account, region and data store.

    An unknown part has a placeholder such as `<account>`.
    """

    partition: str = "aws"
    account: str = "<account>"
    region: str = "<region>"
    datastore: str = "<datastoreId>"
    role_arn: str = "<dataAccessRoleArn>"

    @classmethod
    def from_settings(cls, *, role_arn: str | None, datastore: str | None, region: str | None) -> ArnParts:
        """Return the ArnParts for the settings of an import job.

        Args:
            role_arn: The ARN of the data access role. The partition and the account are taken from it. None if unknown.
            datastore: The id of the data store; None if unknown.
            region: The AWS region; None if unknown.

        """
        parts = (role_arn or "").split(":", _ARN_PARTS - 1)
        known = {"partition": parts[1], "account": parts[4]} if len(parts) == _ARN_PARTS else {}
        known |= {"role_arn": role_arn} if role_arn else {}
        known |= {"datastore": datastore} if datastore else {}
        return cls(**known, **({"region": region} if region else {}))

    @property
    def store_arn(self) -> str:
        """Return the ARN of the data store."""
        return f"arn:{self.partition}:medical-imaging:{self.region}:{self.account}:datastore/{self.datastore}"

    @property
    def image_sets_arn(self) -> str:
        """Return the pattern of the ARNs of all image sets of the data store."""
        return f"{self.store_arn}/imageset/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPrefixes:
    """The S3 prefixes that import jobs read and write."""

    inputs: Sequence[S3Uri]
    outputs: Sequence[S3Uri]
    overrides: Sequence[S3Uri]
    """The prefixes to which override files are uploaded."""


def build_role_permissions(account: ArnParts, prefixes: JobPrefixes) -> IamPolicy:
    """Return the permissions policy of the data access role, which reads the input and writes job manifests."""
    all_prefixes = [*prefixes.inputs, *prefixes.outputs]
    return _build_policy(
        _build_allow_statement("ListBuckets", ["s3:ListBucket"], _build_bucket_arns(account, all_prefixes)),
        _build_allow_statement("ReadInput", ["s3:GetObject"], _build_object_arns(account, prefixes.inputs)),
        _build_allow_statement("WriteManifests", ["s3:PutObject"], _build_object_arns(account, prefixes.outputs)),
    )


def build_role_trust_policy(account: ArnParts) -> IamPolicy:
    """Return the trust policy of the data access role.

    It allows only HealthImaging to assume the role, and only for data stores of the account and region.
    """
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


def build_submitter_permissions(account: ArnParts, prefixes: JobPrefixes) -> IamPolicy:
    """Return the permissions policy of the user or role that submits, watches and reconciles jobs."""
    all_prefixes = [*prefixes.inputs, *prefixes.outputs]
    # GetObject is needed to compare override files with objects from an earlier upload.
    written = [
        _build_allow_statement(
            "PutOverrides", ["s3:GetObject", "s3:PutObject"], _build_object_arns(account, prefixes.overrides)
        )
    ]
    return _build_policy(
        _build_allow_statement("ImportJobs", _make_action_names(*_JOB_ACTIONS), [account.store_arn]),
        _build_pass_role_statement(account),
        _build_allow_statement("LookAtBuckets", ["s3:ListBucket"], _build_bucket_arns(account, all_prefixes)),
        *(written if prefixes.overrides else ()),
        _build_allow_statement("ReadManifests", ["s3:GetObject"], _build_object_arns(account, prefixes.outputs)),
    )


def build_search_permissions(account: ArnParts) -> IamPolicy:
    """Return the permissions policy for `dicommap validate` with a data store, which searches for image sets."""
    return _build_policy(
        _build_allow_statement("SearchImageSets", _make_action_names("SearchImageSets"), [account.store_arn])
    )


def build_verifier_permissions(account: ArnParts, prefixes: JobPrefixes) -> IamPolicy:
    """Return the permissions policy for `dicommap verify`, which reads job manifests and the metadata of image sets."""
    return _build_policy(
        _build_allow_statement(
            "ReadJobsAndSearchImageSets",
            _make_action_names("GetDICOMImportJob", "SearchImageSets"),
            [account.store_arn],
        ),
        _build_allow_statement(
            "ReadImageSets", _make_action_names("GetImageSet", "GetImageSetMetadata"), [account.image_sets_arn]
        ),
        _build_allow_statement("ListManifests", ["s3:ListBucket"], _build_bucket_arns(account, prefixes.outputs)),
        _build_allow_statement("ReadManifests", ["s3:GetObject"], _build_object_arns(account, prefixes.outputs)),
    )


def build_updater_permissions(account: ArnParts, prefixes: JobPrefixes) -> IamPolicy:
    """Return the permissions policy for `dicommap update`, which changes the metadata of image sets.

    If the package has jobs, their job manifests are read, too.
    """
    return _build_image_set_change_permissions(account, prefixes, "UpdateImageSetMetadata")


def build_promoter_permissions(account: ArnParts, prefixes: JobPrefixes) -> IamPolicy:
    """Return the permissions policy for `dicommap promote`, which changes and copies image sets."""
    return _build_image_set_change_permissions(account, prefixes, "UpdateImageSetMetadata", "CopyImageSet")


def _build_image_set_change_permissions(account: ArnParts, prefixes: JobPrefixes, *changes: str) -> IamPolicy:
    """Return a policy that allows to find and read image sets, and to change them by the operations `changes`."""
    image_sets = ("GetImageSet", "GetImageSetMetadata", *changes)
    manifests = (
        _build_allow_statement("ListManifests", ["s3:ListBucket"], _build_bucket_arns(account, prefixes.outputs)),
        _build_allow_statement("ReadManifests", ["s3:GetObject"], _build_object_arns(account, prefixes.outputs)),
    )
    return _build_policy(
        _build_allow_statement("SearchImageSets", _make_action_names("SearchImageSets"), [account.store_arn]),
        _build_allow_statement("ReadAndChangeImageSets", _make_action_names(*image_sets), [account.image_sets_arn]),
        *(manifests if prefixes.inputs else ()),
    )


PROBE_PREFIXES = JobPrefixes(
    inputs=[S3Uri(bucket="<probe input bucket>", prefix="<prefix>/")],
    outputs=[S3Uri(bucket="<probe output bucket>", prefix="<prefix>/")],
    overrides=[],
)
"""Placeholders for the prefixes that a probe uses. They are unknown, because a probe has no package with prefixes."""


def build_probe_permissions(account: ArnParts, prefixes: JobPrefixes = PROBE_PREFIXES) -> IamPolicy:
    """Return the policy for `dicommap probe`, which imports, reads and deletes image sets of a test data store."""
    all_prefixes = [*prefixes.inputs, *prefixes.outputs]
    return _build_policy(
        _build_allow_statement(
            "ImportAndSearch", _make_action_names(*_JOB_ACTIONS, "SearchImageSets"), [account.store_arn]
        ),
        _build_allow_statement(
            "ReadAndDeleteImageSets",
            _make_action_names("GetImageSetMetadata", "DeleteImageSet"),
            [account.image_sets_arn],
        ),
        _build_pass_role_statement(account),
        _build_allow_statement("ListBuckets", ["s3:ListBucket"], _build_bucket_arns(account, all_prefixes)),
        _build_allow_statement(
            "PutAndDeleteObjects",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            _build_object_arns(account, all_prefixes),
        ),
    )


def build_owner_bucket_policy(account: ArnParts, inputs: Sequence[S3Uri]) -> IamPolicy:
    """Return the policy of an input bucket that lets the data access role of another account read the bucket.

    Source: "Cross-account imports" of the developer guide: the owner grants s3:ListBucket and s3:GetObject.

    Args:
        account: The account of the data store.
        inputs: The S3 prefixes that jobs read, all in the same bucket.

    """
    reader = {"AWS": account.role_arn}
    statements = (
        _build_allow_statement("ListForImport", ["s3:ListBucket"], _build_bucket_arns(account, inputs)),
        _build_allow_statement("ReadForImport", ["s3:GetObject"], _build_object_arns(account, inputs)),
    )
    return _build_policy(*({**statement, "Principal": reader} for statement in statements))


def build_role_kms_permissions() -> IamPolicy:
    """Return the KMS permissions of the data access role for buckets that are encrypted with KMS keys.

    Amazon S3 needs these permissions in general. AWS does not document them for import jobs.
    """
    return _build_policy(
        _build_allow_statement("DecryptInput", ["kms:Decrypt"], [_INPUT_KEY]),
        _build_allow_statement("EncryptManifests", ["kms:GenerateDataKey"], [_OUTPUT_KEY]),
    )


def build_caller_kms_permissions() -> IamPolicy:
    """Return the KMS permissions of the caller, who uploads override files and reads job manifests.

    Amazon S3 needs these permissions in general. AWS does not document them for import jobs.
    """
    return _build_policy(
        _build_allow_statement("ReadAndEncryptInput", ["kms:Decrypt", "kms:GenerateDataKey"], [_INPUT_KEY]),
        _build_allow_statement("DecryptManifests", ["kms:Decrypt"], [_OUTPUT_KEY]),
    )


_INPUT_KEY, _OUTPUT_KEY = "<input key ARN>", "<output key ARN>"

POLICY_NOTES = {
    "bucketPolicy": "For the owner of the input bucket, if it is another AWS account; the request then needs "
    "inputOwnerAccountId. AWS documents that the owner grants s3:ListBucket and s3:GetObject (developer guide, "
    "'Cross-account imports'). A KMS key of that account needs a key policy, too.",
    "roleKms": "Only for buckets that are encrypted with KMS keys. General practice of Amazon S3: AWS does not "
    "document it for import jobs.",
    "callerKms": "Only for buckets that are encrypted with KMS keys. General practice of Amazon S3: AWS does not "
    "document it for import jobs.",
    "update": "For packages with updates ('dicommap draft --updates'). It allows changes of stored metadata.",
    "promote": "For image sets that are not primary after an import ('dicommap promote'). It allows changes of stored "
    "metadata, and new image sets.",
    "probe": "For a test data store and prefixes of its own, which are not those of a package. It allows deletion.",
    "endpoints": "AWS documents VPC endpoints for medical-imaging, runtime-medical-imaging and dicom-medical-imaging, "
    "and that HealthImaging uses the public endpoint to access data in S3 buckets. Inferred, not documented: an import "
    "job would be refused by a bucket that admits only one aws:SourceVpce.",
}
"""Name of a policy, or `endpoints` -> note for the person who uses the policy. It tells what AWS does not document."""


def _make_action_names(*operations: str) -> list[str]:
    return [f"medical-imaging:{operation}" for operation in operations]


def _build_pass_role_statement(account: ArnParts) -> dict[str, Any]:
    statement = _build_allow_statement("PassRole", ["iam:PassRole"], [account.role_arn])
    statement["Condition"] = {"StringEquals": {"iam:PassedToService": SERVICE_PRINCIPAL}}
    return statement


def _build_policy(*statements: dict[str, Any]) -> IamPolicy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _build_allow_statement(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _build_bucket_arns(account: ArnParts, uris: Iterable[S3Uri]) -> list[str]:
    return [f"arn:{account.partition}:s3:::{bucket}" for bucket in sorted({uri.bucket for uri in uris})]


def _build_object_arns(account: ArnParts, uris: Iterable[S3Uri]) -> list[str]:
    prefixes_by_bucket: dict[str, set[str]] = {}
    for uri in uris:
        prefixes_by_bucket.setdefault(uri.bucket, set()).add(uri.prefix)
    return [
        f"arn:{account.partition}:s3:::{bucket}/{prefix.translate(_IAM_ESCAPES)}*"
        for bucket, prefixes in sorted(prefixes_by_bucket.items())
        for prefix in _remove_nested_prefixes(prefixes)
    ]


def _remove_nested_prefixes(prefixes: set[str]) -> list[str]:
    """Return the S3 prefixes without those that are inside another prefix, which a policy does not need.

    If more than PREFIX_LIMIT prefixes remain, return only the folder that contains all of them.
    """
    outer: list[str] = []
    for prefix in sorted(prefixes):
        if not outer or not prefix.startswith(outer[-1]):
            outer.append(prefix)
    if len(outer) <= PREFIX_LIMIT:
        return outer
    first, last = outer[0].split("/"), outer[-1].split("/")
    # The prefixes are sorted, so all of them begin with the common part of the first and the last prefix.
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first[:-1], last, strict=False))
    return ["".join(f"{segment}/" for segment, _ in same)]
