"""Issue codes for objects in S3 and their keys, as a scan finds them."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="s3.folder-object",
        severity=Severity.NOTE,
        title="An empty object that represents a folder",
        message="The object is empty and its key ends with a slash: it represents a folder.",
        explanation="S3 has no folders. Its console and some tools create an empty object instead, so that a "
        "folder is visible before it has any objects. An import job imports everything under its inputS3Uri, so "
        "the object is part of its input.",
        fix="Delete the object if nobody needs it: the objects under it stay.",
    ),
    IssueCode(
        name="s3.key",
        severity=Severity.WARNING,
        title="A key that some tools cannot handle",
        message="The key has {problem}.",
        explanation="S3 accepts almost any text as a key, and the object was read with exactly this one. Many "
        "programs change or refuse such a key: copies to and from disks, browsers, and several S3 clients.",
        fix="Copy the object to a key without this, unless you have tried all programs that will read it.",
    ),
    IssueCode(
        name="s3.object-and-folder",
        severity=Severity.WARNING,
        title="A key that is both an object and a folder",
        message="The object {other} has the name of a folder that contains this object.",
        explanation="S3 keeps both, since a folder is only the beginning of a key. On a disk only one of them can "
        "exist, so a copy of the bucket loses the other. As an inputS3Uri without a slash at its end, such a name "
        "means both.",
        fix="Copy the object to another key, and end every URI of a folder with a slash.",
    ),
    IssueCode(
        name="s3.changed",
        severity=Severity.ERROR,
        title="An object that was replaced during the scan",
        message="The object was replaced after it was listed, and was not read.",
        explanation="Its ETag or size differs from the listing, so the listing no longer describes its bytes. "
        "Bytes of two objects are never mixed.",
        fix="Scan again when nothing writes to the bucket: only this object is read again.",
    ),
    IssueCode(
        name="s3.vanished",
        severity=Severity.ERROR,
        title="An object that was deleted during the scan",
        message="The object was listed but no longer exists.",
        explanation="It was deleted after it was listed, or the listing is older than the bucket's current "
        "content, as an S3 Inventory is.",
        fix="Scan again when nothing writes to the bucket, or without --s3-inventory.",
    ),
    IssueCode(
        name="s3.denied",
        severity=Severity.ERROR,
        title="An object that may not be read",
        message="S3 does not allow reading the object: {answer}.",
        explanation="The bucket can be listed, but this object cannot be read, because of a policy, the object's "
        "own access control list, or its KMS key. If it is a P10 file, its instance is missing from the inventory.",
        fix="Grant s3:GetObject on it, and kms:Decrypt if it is encrypted with KMS, and scan again.",
    ),
    IssueCode(
        name="s3.archived",
        severity=Severity.ERROR,
        title="An object in an archive storage class",
        message="The object is in an archive storage class and must be restored before it can be read.",
        explanation="Objects in S3 Glacier Flexible Retrieval, S3 Glacier Deep Archive and the archive tiers of "
        "Intelligent-Tiering must be restored before anything can read them, also an import job.",
        fix="Restore it (RestoreObject), wait until that is complete, and scan again.",
    ),
    IssueCode(
        name="s3.unreadable",
        severity=Severity.ERROR,
        title="An object that could not be read",
        message="The object could not be read, even after several attempts: {reason}.",
        explanation="Every attempt to read it failed, while other objects could be read. If it is a P10 file, its "
        "instance is missing from the inventory.",
        fix="Scan again: only objects that could not be read, or have changed, are read again.",
    ),
)
