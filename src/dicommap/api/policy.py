"""policy(): return the IAM policies that a package's import jobs need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicommap.api.validate import validate_and_open
from dicommap.arguments import convert_arguments, to_optional, to_path, to_text
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DocumentError, UsageError
from dicommap.healthimaging.iam_policies import (
    POLICY_NOTES,
    ArnParts,
    JobPrefixes,
    build_caller_kms_permissions,
    build_owner_bucket_policy,
    build_probe_permissions,
    build_promoter_permissions,
    build_role_kms_permissions,
    build_role_permissions,
    build_role_trust_policy,
    build_search_permissions,
    build_submitter_permissions,
    build_updater_permissions,
    build_verifier_permissions,
)
from dicommap.healthimaging.import_configuration import StartDICOMImportJobRequest
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.package.aws_account_check import ACCOUNT_EXAMPLES
from dicommap.package.job_requests import require_package
from dicommap.validation.request_check import check_aws_account

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.package.package_directory import PackageDirectory
    from dicommap.planning.plan import Plan

_REGION = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,12}){1,3}-[1-9][0-9]?")
"""Pattern of the names of AWS regions, such as eu-central-1 and us-gov-west-1."""


@convert_arguments(
    package=to_path,
    datastore_id=to_optional(to_text),
    data_access_role_arn=to_optional(to_text),
    output_s3_uri=to_optional(to_text),
    region=to_optional(to_text),
)
def policy(
    package: StrPath,
    *,
    datastore_id: str | None = None,
    data_access_role_arn: str | None = None,
    output_s3_uri: str | None = None,
    region: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Return the IAM policies that the import jobs of a package need. No request is sent to AWS.

    If an argument is missing, its value is taken from the package's first submit, or else from the package's requests.
    An unknown value becomes a placeholder in angle brackets, such as `<region>`.

    Args:
        package: The package directory.
        datastore_id: The id of the data store.
        data_access_role_arn: The ARN of the data access role.
        output_s3_uri: The outputS3Uri of the jobs.
        region: The AWS region of the data store.

    Returns:
        Name -> policy. The names are `rolePermissions` and `roleTrust` for the data access role; `caller` for the user
        or role that submits, watches and reconciles jobs; `validateStore`, `verify`, `update`, `promote` and `probe`
        for what these commands need in addition; `bucketPolicy` for the owner of the input bucket, if another AWS
        account owns it; `roleKms` and `callerKms` for buckets that are encrypted with KMS keys. `update` is there if
        the package has updates; if it has no jobs, the others are left out. One more name, `notes`, has texts instead
        of a policy: when a policy is needed, and whether AWS documents it.

    Raises:
        DocumentError: The package cannot be read, or has errors.
        UsageError: An argument does not have the form that AWS defines.
    """
    _require_valid_settings(
        {"datastoreId": datastore_id, "dataAccessRoleArn": data_access_role_arn, "outputS3Uri": output_s3_uri}, region
    )
    place = Path(package)
    require_package(place)
    _, planned = validate_and_open(place)
    if planned is None:
        raise DocumentError("The package has errors.", fix="Run 'dicommap validate PACKAGE', which lists them.")
    jobs = planned.plan.jobs
    request = _read_known_members(planned)
    output = output_s3_uri or request.get("outputS3Uri")
    places = JobPrefixes(
        inputs=[_parse_s3_uri(job.inputS3Uri) for job in jobs],
        outputs=[_parse_s3_uri(output) if output else S3Uri(bucket="<output bucket>", prefix="<prefix>/")],
        overrides=[_make_override_folder_uri(job.inputS3Uri, file.path) for job in jobs for file in job.files],
    )
    account = ArnParts.from_settings(
        role_arn=data_access_role_arn or request.get("dataAccessRoleArn"),
        datastore=datastore_id or request.get("datastoreId"),
        region=region or request.get("region"),
    )
    update = {"update": build_updater_permissions(account, places)} if planned.plan.updates else {}
    notes = {name: note for name, note in POLICY_NOTES.items() if name != "update" or update}
    if not jobs:  # such a package has only updates, which need no role
        return {**update, "notes": {name: note for name, note in notes.items() if name in ("update", "endpoints")}}
    return {
        "rolePermissions": build_role_permissions(account, places),
        "roleTrust": build_role_trust_policy(account),
        "caller": build_submitter_permissions(account, places),
        "validateStore": build_search_permissions(account),
        "verify": build_verifier_permissions(account, places),
        **update,
        "promote": build_promoter_permissions(account, places),
        "probe": build_probe_permissions(account),
        "bucketPolicy": build_owner_bucket_policy(account, _select_owned_inputs(planned.plan, places.inputs)),
        "roleKms": build_role_kms_permissions(),
        "callerKms": build_caller_kms_permissions(),
        "notes": notes,
    }


def _read_known_members(package: PackageDirectory) -> dict[str, Any]:
    """Return the members of the first job's request without placeholders, and the settings of the first submit.

    If both have a value for a member, it is that of the first submit.
    """
    jobs, account = package.plan.jobs, package.read_aws_account()
    members = {
        name: value
        for name, value in (package.read_request(jobs[0]) if jobs else {}).items()
        if name in StartDICOMImportJobRequest.model_fields and value != f"<{name}>"
    }
    return members if account is None else members | account.model_dump(exclude_none=True)


def _select_owned_inputs(plan: Plan, inputs: Sequence[S3Uri]) -> list[S3Uri]:
    """Return the input prefixes in the bucket of the sources, for the policy of this bucket's owner.

    If no prefix is in this bucket, return the plan's inputS3Uri. Copies for staged jobs are in another bucket, which
    belongs to the caller.
    """
    source = _parse_s3_uri(plan.inputS3Uri or "")
    return [uri for uri in inputs if uri.bucket == source.bucket] or [source]


def _require_valid_settings(account: Mapping[str, str | None], region: str | None) -> None:
    """Raise UsageError if a value for the policies does not have AWS's form.

    `account` maps names of request members to values. A value is None if the caller did not give it.
    """
    wrong = check_aws_account({name: value for name, value in account.items() if value is not None})
    if wrong:
        member = (wrong[0].location.pointer or "").removeprefix("/")
        raise UsageError(
            f"{member} does not have AWS's form: {wrong[0].message}", fix=f"Write it as in {ACCOUNT_EXAMPLES[member]}."
        )
    if region is not None and _REGION.fullmatch(region) is None:
        raise UsageError(
            f"The region '{make_printable(region[:80])}' does not have AWS's form.", fix="Write it as in eu-central-1."
        )


def _parse_s3_uri(text: str) -> S3Uri:
    uri = S3Uri.parse(text)
    if uri is None:
        raise UsageError("The output URI is not one of S3.", fix="Write s3://BUCKET/PREFIX/.")
    return uri


def _make_override_folder_uri(uri: str, path: str) -> S3Uri:
    """Return the S3 prefix of the folder of an override file. `path` is the file's path below the inputS3Uri `uri`."""
    parsed = _parse_s3_uri(uri)
    return S3Uri(bucket=parsed.bucket, prefix=parsed.prefix + path[: path.rfind("/") + 1])
