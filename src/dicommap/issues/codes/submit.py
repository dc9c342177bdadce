"""Codes for submitting a package's jobs."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="submit.not-checked",
        severity=Severity.NOTE,
        title="Something could not be checked before submitting",
        message="{what} could not be read ({reason}), so that it was not checked.",
        explanation="Before anything is sent, buckets and data store are looked at. Who submits need not have the "
        "rights for that; a job whose role lacks rights, or whose bucket is not there, fails later.",
        fix="Nothing has to be done. 'dicommap policy PACKAGE' lists the rights that the check needs.",
    ),
    IssueCode(
        name="submit.no-bucket",
        severity=Severity.ERROR,
        title="A bucket is not there",
        message="There is no such bucket.",
        explanation="The bucket of inputS3Uri or outputS3Uri does not exist, or not in this partition of AWS.",
        fix="Check its name, or make it.",
    ),
    IssueCode(
        name="submit.bucket-region",
        severity=Severity.WARNING,
        title="A bucket lies in another region than the data store",
        message="The bucket lies in {region}; jobs are started in {other}.",
        explanation="AWS documents imports from a bucket of another region or account where its owner grants access "
        "and inputOwnerAccountId is given; of an output bucket in another region it says nothing.",
        fix="Check --region; start jobs in the region of the buckets where that is possible.",
    ),
    IssueCode(
        name="submit.no-datastore",
        severity=Severity.ERROR,
        title="The data store is not there",
        message="There is no such data store in {region}.",
        explanation="GetDatastore does not find the data store in the region and account of the credentials.",
        fix="Check --datastore-id, --region and --profile.",
    ),
    IssueCode(
        name="submit.datastore-status",
        severity=Severity.ERROR,
        title="The data store is not ACTIVE",
        message="The data store's status is {status}.",
        explanation="A data store takes import jobs while it is ACTIVE.",
        fix="Wait until it is, or choose another one.",
    ),
    IssueCode(
        name="submit.role-account",
        severity=Severity.WARNING,
        title="The role is of another account than the data store",
        message="The role belongs to account {role}, the data store to account {datastore}.",
        explanation="IAM lets a role be passed only to a service in the role's own account.",
        fix="Check --data-access-role-arn and --profile.",
    ),
)
