"""Issue codes for submitting a package's jobs."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="submit.not-checked",
        severity=Severity.NOTE,
        title="A check before submitting that was not possible",
        message="{what} could not be read ({reason}), so it was not checked.",
        explanation="Buckets and data store are checked before anything is sent. You can submit without the rights "
        "for this check; but if the job's role lacks rights, or its bucket does not exist, the job fails later.",
        fix="No action is needed. 'dicommap policy PACKAGE' lists the rights that the check needs.",
    ),
    IssueCode(
        name="submit.no-bucket",
        severity=Severity.ERROR,
        title="A bucket that does not exist",
        message="The bucket does not exist.",
        explanation="The bucket of inputS3Uri or outputS3Uri does not exist, or is in another partition of AWS.",
        fix="Check its name, or create it.",
    ),
    IssueCode(
        name="submit.bucket-region",
        severity=Severity.WARNING,
        title="A bucket in another region than the data store",
        message="The bucket is in {region}; jobs are started in {other}.",
        explanation="AWS documents imports from a bucket in another region or account if its owner grants access "
        "and the request has inputOwnerAccountId; it does not document an output bucket in another region.",
        fix="Check --region; start jobs in the region of the buckets if possible.",
    ),
    IssueCode(
        name="submit.no-datastore",
        severity=Severity.ERROR,
        title="The data store does not exist",
        message="There is no such data store in {region}.",
        explanation="GetDatastore does not find the data store in the region and account of the credentials.",
        fix="Check --datastore-id, --region and --profile.",
    ),
    IssueCode(
        name="submit.datastore-status",
        severity=Severity.ERROR,
        title="The data store is not ACTIVE",
        message="The data store's status is {status}.",
        explanation="Only a data store with the status ACTIVE accepts import jobs.",
        fix="Wait until it is ACTIVE, or choose another data store.",
    ),
    IssueCode(
        name="submit.role-account",
        severity=Severity.WARNING,
        title="A role in another account than the data store",
        message="The role belongs to account {role}, the data store to account {datastore}.",
        explanation="IAM lets a role be passed only to a service in the role's own account.",
        fix="Check --data-access-role-arn and --profile.",
    ),
)
