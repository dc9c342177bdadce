"""The command `dicommap policy`, which prints the IAM policies that a package's import jobs need."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.api.policy import policy
from dicommap.cli.options import add_choice_option, add_package_argument, add_request_options, list_given_options
from dicommap.cli.output import print_error, print_next_step, write_to_stdout
from dicommap.cli.package_next_step import after_policy
from dicommap.dicom.strict_json import dump_json
from dicommap.errors import UsageError
from dicommap.package.package_directory import PackageDirectory

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser

DESCRIPTION = """
Print the IAM policies that a package's import jobs need, as JSON. Nothing is sent.

rolePermissions and roleTrust are for the role that jobs read and write with; caller is for whoever submits, watches and
reconciles. validateStore, verify, update, promote and probe are what these commands need in addition. bucketPolicy is
for the owner of the input bucket, if it is another account; roleKms and callerKms are for buckets encrypted with KMS
keys. notes says what AWS documents. A value that is not known is printed as its name in angle brackets.
"""

EXAMPLES = """\
  dicommap policy package --part caller
  dicommap policy package --part bucket-policy"""


class PolicyPart(StrEnum):
    """The values of --part: one of the policies, or all policies."""

    ALL = "all"
    ROLE_PERMISSIONS = "role-permissions"
    ROLE_TRUST = "role-trust"
    CALLER = "caller"
    VALIDATE_STORE = "validate-store"
    VERIFY = "verify"
    UPDATE = "update"
    PROMOTE = "promote"
    PROBE = "probe"
    BUCKET_POLICY = "bucket-policy"
    ROLE_KMS = "role-kms"
    CALLER_KMS = "caller-kms"


_UNKNOWN_VALUES = {
    "<datastoreId>": "datastoreId",
    "<dataAccessRoleArn>": "dataAccessRoleArn",
    "<account>": "dataAccessRoleArn",
    "<output bucket>": "outputS3Uri",
    "<region>": "region",
}
"""Placeholder in a policy -> the setting that fills it in. For example, the ARN of the role contains the account id."""

_MEMBERS = {
    PolicyPart.ROLE_PERMISSIONS: "rolePermissions",
    PolicyPart.ROLE_TRUST: "roleTrust",
    PolicyPart.CALLER: "caller",
    PolicyPart.VALIDATE_STORE: "validateStore",
    PolicyPart.VERIFY: "verify",
    PolicyPart.UPDATE: "update",
    PolicyPart.PROMOTE: "promote",
    PolicyPart.PROBE: "probe",
    PolicyPart.BUCKET_POLICY: "bucketPolicy",
    PolicyPart.ROLE_KMS: "roleKms",
    PolicyPart.CALLER_KMS: "callerKms",
}


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap policy` to `parser`."""
    add_package_argument(parser)
    # With `metavar`, the help does not print all names in one word, which is wider than a terminal.
    parts = ", ".join(part for part in PolicyPart if part is not PolicyPart.ALL)
    add_choice_option(
        parser,
        "--part",
        kind=PolicyPart,
        default=PolicyPart.ALL,
        metavar="PART",
        text=f"Print one policy alone, as IAM takes it: {parts}.",
    )
    add_request_options(parser)
    parser.add_argument("--region", metavar="REGION", help="The region of the data store.")


def run(args: argparse.Namespace) -> int:
    """Run `dicommap policy` with the parsed arguments, and return the exit status."""
    policies = policy(
        args.package,
        datastore_id=args.datastore_id,
        data_access_role_arn=args.data_access_role_arn,
        output_s3_uri=args.output_s3_uri,
        region=args.region,
    )
    if args.part is not PolicyPart.ALL and _MEMBERS[args.part] not in policies:
        needs = "updates" if args.part is PolicyPart.UPDATE else "import jobs"
        raise UsageError(f"--part {args.part}: the package has no {needs}.", fix="Leave --part out, or name another.")
    text = dump_json(policies if args.part is PolicyPart.ALL else policies[_MEMBERS[args.part]])
    write_to_stdout([text])
    if args.part is not PolicyPart.ALL and (note := policies["notes"].get(_MEMBERS[args.part])):
        print_error(f"Note: {note}")
    missing = {member for value, member in _UNKNOWN_VALUES.items() if value in text}
    if missing:
        print_error("Values in angle brackets are not known: give them with options.")
    job_counts = PackageDirectory(args.package).count_jobs()
    options = tuple(list_given_options(args))
    print_next_step(after_policy(str(args.package), job_counts, options=options, missing=missing), to_stderr=True)
    return 0
