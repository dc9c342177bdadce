"""Codes for what a listing of S3 shows beside the planned objects."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="listing.denied",
        severity=Severity.ERROR,
        title="A prefix that may not be listed",
        message="{told} What lies under the prefix was not compared with the plan.",
        explanation="Nothing is known of what the job will find there. What was checked elsewhere is not touched by "
        "this.",
        fix="Grant s3:ListBucket for the prefix ('dicommap policy PACKAGE' lists the rights), or name another profile "
        "with --profile, and run the same again.",
    ),
    IssueCode(
        name="listing.unread",
        severity=Severity.ERROR,
        title="A prefix that could not be listed",
        message="{told} What lies under the prefix was not compared with the plan.",
        explanation="S3 refused the listing, or began it and did not end it. Nothing is known of what the job will "
        "find there. What was checked elsewhere is not touched by this.",
        fix="Check the bucket's name, its account and its region, and run the same again.",
    ),
    IssueCode(
        name="listing.stray-p10",
        severity=Severity.ERROR,
        title="A P10 file lies under the prefix that nobody planned",
        message="The object begins as a P10 file does, and the plan does not have it.",
        explanation="A job imports everything under its inputS3Uri: this one as well, without having been checked.",
        fix="Move it elsewhere, or scan and draft again.",
    ),
    IssueCode(
        name="listing.stray-object",
        severity=Severity.WARNING,
        title="An object lies under the prefix that nobody planned",
        message="The object is no P10 file, and the plan does not have it.",
        explanation="A job takes everything under its inputS3Uri. What is no DICOM is likely to be reported as a "
        "failure, and counts against the quota of files.",
        fix="Move it elsewhere.",
    ),
    IssueCode(
        name="listing.stray-unread",
        severity=Severity.WARNING,
        title="An object lies under the prefix that nobody planned, and was not read",
        message="The plan does not have the object, and what it is was not looked at: {reason}.",
        explanation="A job takes everything under its inputS3Uri. A P10 file would be imported; anything else is "
        "likely to be reported as a failure.",
        fix="Move it elsewhere.",
    ),
    IssueCode(
        name="listing.folder-object",
        severity=Severity.NOTE,
        title="An object stands for a folder",
        message="The object is empty and its key ends with a slash.",
        explanation="Tools make such objects for folders. What an import job does with them is not documented; it may "
        "report a failure.",
        fix="Nothing need be done; remove it to be sure.",
    ),
    IssueCode(
        name="listing.more-strays",
        severity=Severity.WARNING,
        title="More objects lie under the prefix that nobody planned",
        message="{count} more objects that the plan does not have lie under the job's prefix.",
        explanation="Only the first ones are listed. A job takes everything under its inputS3Uri.",
        fix="Move them elsewhere, or scan and draft again.",
    ),
    IssueCode(
        name="listing.region",
        severity=Severity.WARNING,
        title="The bucket lies in another region",
        message="The bucket is in {found}; the clients were configured for {region}.",
        explanation="AWS documents cross-account and cross-region imports with conditions of their own: the owner of "
        "the source grants s3:ListBucket and s3:GetObject, and the request names inputOwnerAccountId.",
        fix="Choose the data store's region with --region, or move the objects.",
    ),
    IssueCode(
        name="listing.unsorted",
        severity=Severity.ERROR,
        title="Keys are not in order",
        message="{what} is not in the order of its keys, so that it could not be compared.",
        explanation="S3 lists general purpose buckets in the order of the keys' bytes, and objects.csv has the same "
        "order. Directory buckets have none.",
        fix="Use a general purpose bucket. Where objects.csv was edited, draft the package again.",
    ),
)
