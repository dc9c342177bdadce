"""Codes for planned objects and override files that are not in S3 as the plan says."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="object.missing",
        severity=Severity.ERROR,
        title="A planned object is not in S3",
        message="The plan has this object; the bucket does not.",
        explanation="A job imports what lies under its inputS3Uri. The instance would be missing, and no record would "
        "tell of it.",
        fix="Upload it, or draft the package for the prefix where the files are. Of a staged job 'dicommap stage' "
        "copies what is missing, and says where it cannot.",
    ),
    IssueCode(
        name="object.not-staged",
        severity=Severity.ERROR,
        title="The job's objects have not been staged",
        message="None of the {count} objects of this staged job is in S3: 'dicommap stage' has not copied them.",
        explanation="What a staged job imports is copied under its inputS3Uri first.",
        fix="Run 'dicommap stage' on the package.",
    ),
    IssueCode(
        name="object.size",
        severity=Severity.ERROR,
        title="An object has another size than planned",
        message="The object has {found} bytes; the plan says {planned}.",
        explanation="The object is not the file that was scanned, so that what was found in its header may be wrong.",
        fix="Upload the file again, or scan and draft again.",
    ),
    IssueCode(
        name="object.changed",
        severity=Severity.ERROR,
        title="An object changed since it was scanned",
        message="The object's ETag is not the one of the scan.",
        explanation="The object was written again after the scan, so that what was found in its header may be wrong.",
        fix="Scan and draft again.",
    ),
    IssueCode(
        name="object.override-missing",
        severity=Severity.ERROR,
        title="An override file is not in S3",
        message="The override file was to be uploaded, and the bucket does not have it.",
        explanation="The package says that its override files were uploaded. What AWS does with a mapping whose file "
        "is missing is not documented.",
        fix="Run 'dicommap submit', which uploads what is missing.",
    ),
    IssueCode(
        name="object.override-unread",
        severity=Severity.ERROR,
        title="An object at an override file's key could not be read",
        message="{told} The object was not compared with the override file.",
        explanation="An object of the override file's size holds its key. Whether it has the same bytes only reading "
        "it tells.",
        fix="Grant s3:GetObject on it, and kms:Decrypt where it is encrypted with KMS, and run the same again.",
    ),
    IssueCode(
        name="object.override-differs",
        severity=Severity.ERROR,
        title="Another file lies where an override file belongs",
        message="The object is not the package's override file: its {what} differs.",
        explanation="An import would use the file in S3. It may be that of another package.",
        fix="Find out whose it is. 'dicommap submit --replace' writes over it.",
    ),
)
