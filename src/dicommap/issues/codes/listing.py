"""Codes for what lies in S3 where a package's jobs will look."""

from __future__ import annotations

from dicommap.issues.code import Code
from dicommap.issues.finding import Severity

CODES = (
    Code(
        name="object.missing",
        severity=Severity.ERROR,
        title="A planned object is not in S3",
        message="The plan has this object; the bucket does not.",
        explanation="A job imports what lies under its inputS3Uri. The instance would be missing, and no record would "
        "tell of it.",
        fix="Upload it, or draft the package for the prefix where the files are. Of a staged job 'dicommap stage' "
        "copies what is missing, and says where it cannot.",
    ),
    Code(
        name="object.not-staged",
        severity=Severity.ERROR,
        title="The job's objects have not been staged",
        message="None of the {count} objects of this staged job is in S3: 'dicommap stage' has not copied them.",
        explanation="What a staged job imports is copied under its inputS3Uri first.",
        fix="Run 'dicommap stage' on the package.",
    ),
    Code(
        name="object.size",
        severity=Severity.ERROR,
        title="An object has another size than planned",
        message="The object has {found} bytes; the plan says {planned}.",
        explanation="The object is not the file that was scanned, so that what was found in its header may be wrong.",
        fix="Upload the file again, or scan and draft again.",
    ),
    Code(
        name="object.changed",
        severity=Severity.ERROR,
        title="An object changed since it was scanned",
        message="The object's ETag is not the one of the scan.",
        explanation="The object was written again after the scan, so that what was found in its header may be wrong.",
        fix="Scan and draft again.",
    ),
    Code(
        name="object.override-missing",
        severity=Severity.ERROR,
        title="An override file is not in S3",
        message="The override file was to be uploaded, and the bucket does not have it.",
        explanation="The package says that its override files were uploaded. What AWS does with a mapping whose file "
        "is missing is not documented.",
        fix="Run 'dicommap submit', which uploads what is missing.",
    ),
    Code(
        name="object.override-unread",
        severity=Severity.ERROR,
        title="An object at an override file's key could not be read",
        message="{told} The object was not compared with the override file.",
        explanation="An object of the override file's size holds its key. Whether it has the same bytes only reading "
        "it tells.",
        fix="Grant s3:GetObject on it, and kms:Decrypt where it is encrypted with KMS, and run the same again.",
    ),
    Code(
        name="object.override-differs",
        severity=Severity.ERROR,
        title="Another file lies where an override file belongs",
        message="The object is not the package's override file: its {what} differs.",
        explanation="An import would use the file in S3. It may be that of another package.",
        fix="Find out whose it is. 'dicommap submit --replace' writes over it.",
    ),
    Code(
        name="listing.denied",
        severity=Severity.ERROR,
        title="A prefix that may not be listed",
        message="{told} What lies under the prefix was not compared with the plan.",
        explanation="Nothing is known of what the job will find there. What was checked elsewhere is not touched by "
        "this.",
        fix="Grant s3:ListBucket for the prefix ('dicommap policy PACKAGE' lists the rights), or name another profile "
        "with --aws-profile, and run the same again.",
    ),
    Code(
        name="listing.unread",
        severity=Severity.ERROR,
        title="A prefix that could not be listed",
        message="{told} What lies under the prefix was not compared with the plan.",
        explanation="S3 refused the listing, or began it and did not end it. Nothing is known of what the job will "
        "find there. What was checked elsewhere is not touched by this.",
        fix="Check the bucket's name, its account and its region, and run the same again.",
    ),
    Code(
        name="listing.stray-p10",
        severity=Severity.ERROR,
        title="A P10 file lies under the prefix that nobody planned",
        message="The object begins as a P10 file does, and the plan does not have it.",
        explanation="A job imports everything under its inputS3Uri: this one as well, without having been checked.",
        fix="Move it elsewhere, or scan and draft again.",
    ),
    Code(
        name="listing.stray-object",
        severity=Severity.WARNING,
        title="An object lies under the prefix that nobody planned",
        message="The object is no P10 file, and the plan does not have it.",
        explanation="A job takes everything under its inputS3Uri. What is no DICOM is likely to be reported as a "
        "failure, and counts against the quota of files.",
        fix="Move it elsewhere.",
    ),
    Code(
        name="listing.stray-unread",
        severity=Severity.WARNING,
        title="An object lies under the prefix that nobody planned, and was not read",
        message="The plan does not have the object, and what it is was not looked at: {reason}.",
        explanation="A job takes everything under its inputS3Uri. A P10 file would be imported; anything else is "
        "likely to be reported as a failure.",
        fix="Move it elsewhere.",
    ),
    Code(
        name="listing.folder-object",
        severity=Severity.NOTE,
        title="An object stands for a folder",
        message="The object is empty and its key ends with a slash.",
        explanation="Tools make such objects for folders. What an import job does with them is not documented; it may "
        "report a failure.",
        fix="Nothing need be done; remove it to be sure.",
    ),
    Code(
        name="listing.more-strays",
        severity=Severity.WARNING,
        title="More objects lie under the prefix that nobody planned",
        message="{count} more objects that the plan does not have lie under the job's prefix.",
        explanation="Only the first ones are listed. A job takes everything under its inputS3Uri.",
        fix="Move them elsewhere, or scan and draft again.",
    ),
    Code(
        name="listing.region",
        severity=Severity.WARNING,
        title="The bucket lies in another region",
        message="The bucket is in {found}; the clients were configured for {region}.",
        explanation="AWS documents cross-account and cross-region imports with conditions of their own: the owner of "
        "the source grants s3:ListBucket and s3:GetObject, and the request names inputOwnerAccountId.",
        fix="Choose the data store's region with --region, or move the objects.",
    ),
    Code(
        name="listing.unsorted",
        severity=Severity.ERROR,
        title="Keys are not in order",
        message="{what} is not in the order of its keys, so that it could not be compared.",
        explanation="S3 lists general purpose buckets in the order of the keys' bytes, and objects.csv has the same "
        "order. Directory buckets have none.",
        fix="Use a general purpose bucket. Where objects.csv was edited, draft the package again.",
    ),
)
