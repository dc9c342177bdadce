"""Issue codes for what S3 lists below the prefix of a job: objects that are not planned, and lists that fail."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="listing.denied",
        severity=Severity.ERROR,
        title="A prefix that may not be listed",
        message="{told} The objects under the prefix were not compared with the plan.",
        explanation="It is not known what the job will find under the prefix. Results of other checks are still valid.",
        fix="Grant s3:ListBucket for the prefix ('dicommap policy PACKAGE' lists the rights), or name another "
        "credentials profile with --profile, and run the same command again.",
    ),
    IssueCode(
        name="listing.unread",
        severity=Severity.ERROR,
        title="A prefix that could not be listed",
        message="{told} The objects under the prefix were not compared with the plan.",
        explanation="S3 refused the listing, or did not complete it. It is not known what the job will find under "
        "the prefix. Results of other checks are still valid.",
        fix="Check the bucket's name, its account and its region, and run the same command again.",
    ),
    IssueCode(
        name="listing.stray-p10",
        severity=Severity.ERROR,
        title="An unplanned P10 file under the job's prefix",
        message="The object begins like a P10 file, but it is not in the plan.",
        explanation="A job imports everything under its inputS3Uri, so it would import this file too, although "
        "nobody has checked it.",
        fix="Move the object to another prefix, or scan and draft again.",
    ),
    IssueCode(
        name="listing.stray-object",
        severity=Severity.WARNING,
        title="An unplanned object under the job's prefix",
        message="The object is not a P10 file, and it is not in the plan.",
        explanation="A job imports everything under its inputS3Uri. An object that is not DICOM will probably be "
        "reported as a failure, and it counts against the quota of files.",
        fix="Move the object to another prefix.",
    ),
    IssueCode(
        name="listing.stray-unread",
        severity=Severity.WARNING,
        title="An unplanned object under the job's prefix that was not read",
        message="The object is not in the plan, and its content was not read: {reason}.",
        explanation="A job imports everything under its inputS3Uri. A P10 file would be imported; anything else "
        "will probably be reported as a failure.",
        fix="Move the object to another prefix.",
    ),
    IssueCode(
        name="listing.folder-object",
        severity=Severity.NOTE,
        title="An object that represents a folder",
        message="The object is empty and its key ends with a slash.",
        explanation="Some tools create such objects for folders. AWS does not document what an import job does "
        "with them; it may report a failure.",
        fix="No action is needed; delete the object to be sure.",
    ),
    IssueCode(
        name="listing.more-strays",
        severity=Severity.WARNING,
        title="More unplanned objects under the job's prefix",
        message="Under the job's prefix, {count:more object} {count:is|are} not in the plan.",
        explanation="Only the first ones are listed. A job imports everything under its inputS3Uri.",
        fix="Move them to another prefix, or scan and draft again.",
    ),
    IssueCode(
        name="listing.region",
        severity=Severity.WARNING,
        title="The bucket is in another region",
        message="The bucket is in {found}; the clients were configured for {region}.",
        explanation="AWS documents conditions for imports from another account or region: the owner of the source "
        "grants s3:ListBucket and s3:GetObject, and the request names inputOwnerAccountId.",
        fix="Choose the data store's region with --region, or move the objects.",
    ),
    IssueCode(
        name="listing.unsorted",
        severity=Severity.ERROR,
        title="Object keys are not in order",
        message="{what} is not in the order of its keys, so it could not be compared.",
        explanation="S3 lists general purpose buckets in the order of the keys' bytes, and objects.csv has the "
        "same order. Directory buckets have no order.",
        fix="Use a general purpose bucket. If objects.csv was edited, draft the package again.",
    ),
)
