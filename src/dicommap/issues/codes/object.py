"""Issue codes for planned objects and override files that differ in S3 from the plan."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="object.missing",
        severity=Severity.ERROR,
        title="A planned object is not in S3",
        message="The object is in the plan but not in the bucket.",
        explanation="A job imports the objects under its inputS3Uri. The instance would not be imported, and no "
        "record would report it.",
        fix="Upload the file, or draft the package for the prefix where the files are. For a staged job, 'dicommap "
        "stage' copies missing objects and reports those that it cannot copy.",
    ),
    IssueCode(
        name="object.not-staged",
        severity=Severity.ERROR,
        title="The job's objects have not been staged",
        message="Nothing of this staged job ({count:object}) is in S3: 'dicommap stage' has copied nothing.",
        explanation="The files of a staged job must be copied under its inputS3Uri first.",
        fix="Run 'dicommap stage' on the package.",
    ),
    IssueCode(
        name="object.size",
        severity=Severity.ERROR,
        title="An object with another size than planned",
        message="The object has {found:byte}; the plan says {planned}.",
        explanation="The object is not the file that was scanned, so its header may differ from what the inventory "
        "holds.",
        fix="Upload the file again, or scan and draft again.",
    ),
    IssueCode(
        name="object.changed",
        severity=Severity.ERROR,
        title="An object that changed since the scan",
        message="The object's ETag differs from that of the scan.",
        explanation="The object was written again after the scan, so its header may differ from what the inventory "
        "holds.",
        fix="Scan and draft again.",
    ),
    IssueCode(
        name="object.override-missing",
        severity=Severity.ERROR,
        title="An override file is not in S3",
        message="The override file was uploaded, but it is not in the bucket.",
        explanation="The package records that its override files were uploaded. AWS does not document what it does "
        "with a mapping whose file is missing.",
        fix="Run 'dicommap submit', which uploads missing override files.",
    ),
    IssueCode(
        name="object.override-unread",
        severity=Severity.ERROR,
        title="An override file in S3 that could not be read",
        message="{told} The object was not compared with the override file.",
        explanation="There is an object with the override file's key and size. Only reading it shows whether it "
        "has the same bytes.",
        fix="Grant s3:GetObject on it, and kms:Decrypt if it is encrypted with KMS, and run the same command again.",
    ),
    IssueCode(
        name="object.override-differs",
        severity=Severity.ERROR,
        title="Another object at an override file's key",
        message="The object is not the package's override file: its {what} differs.",
        explanation="An import would use the object in S3. It may belong to another package.",
        fix="Find out whose object it is. 'dicommap submit --replace' overwrites it.",
    ),
)
