"""Codes for what a scan finds of objects in S3 and of their keys."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="s3.folder-object",
        severity=Severity.NOTE,
        title="An empty object that stands for a folder",
        message="The object is empty and its key ends with a slash: it stands for a folder.",
        explanation="S3 has no folders. Its console and some tools make an empty object instead, so that a folder can "
        "be seen before anything is in it. An import job takes everything under its inputS3Uri, so the object is among "
        "its input.",
        fix="Delete the object if nobody needs it: the objects below it stay where they are.",
    ),
    IssueCode(
        name="s3.key",
        severity=Severity.WARNING,
        title="A key that tools do not agree on",
        message="The key has {problem}.",
        explanation="S3 takes almost any text as a key, and the object was read under exactly this one. Much that "
        "works with paths changes such a key on its way, or refuses it: copies to and from disks, browsers, and "
        "several clients of S3.",
        fix="Copy the object to a key without it, unless everything that is to read it has been tried.",
    ),
    IssueCode(
        name="s3.object-and-folder",
        severity=Severity.WARNING,
        title="A key that is both an object and a folder",
        message="The object {other} has the name of a folder that this object is in.",
        explanation="S3 keeps both, since a folder is only the beginning of a key. A disk has room for one of them, so "
        "a copy of the bucket loses the other. Given without a slash at its end, such a name as inputS3Uri means both.",
        fix="Copy the object to another key, and give every URI of a folder its slash.",
    ),
    IssueCode(
        name="s3.changed",
        severity=Severity.ERROR,
        title="An object that was replaced while the scan ran",
        message="The object was replaced after it had been listed, and was not read.",
        explanation="Its ETag or its size is not the one of the listing any more. What the listing says of it does not "
        "hold for its bytes, and bytes of two objects are never mixed.",
        fix="Scan again when nobody writes there: only this object is read again.",
    ),
    IssueCode(
        name="s3.vanished",
        severity=Severity.ERROR,
        title="An object that was deleted while the scan ran",
        message="The object was listed, and is not there any more.",
        explanation="It was deleted after it had been listed, or the listing is older than what the bucket holds now, "
        "as an S3 Inventory is.",
        fix="Scan again when nobody writes there, or without --s3-inventory.",
    ),
    IssueCode(
        name="s3.denied",
        severity=Severity.ERROR,
        title="An object that may not be read",
        message="S3 does not let the object be read: {answer}.",
        explanation="The bucket can be listed, and this object cannot be read: by a policy, by the object's own access "
        "control list, or since its key in KMS may not be used. If it is a P10 file, its instance is missing from the "
        "inventory.",
        fix="Grant s3:GetObject on it, and kms:Decrypt where it is encrypted with KMS, and scan again.",
    ),
    IssueCode(
        name="s3.archived",
        severity=Severity.ERROR,
        title="An object in an archive storage class",
        message="The object is in an archive storage class and cannot be read before it is restored.",
        explanation="Objects in S3 Glacier Flexible Retrieval, S3 Glacier Deep Archive and the archive tiers of "
        "Intelligent-Tiering have to be restored before anybody can read them, an import job too.",
        fix="Restore it (RestoreObject), wait until that is done, and scan again.",
    ),
    IssueCode(
        name="s3.unreadable",
        severity=Severity.ERROR,
        title="An object that could not be read",
        message="The object could not be read, although it was tried again and again: {reason}.",
        explanation="Reading it failed each time while others could be read. If it is a P10 file, its instance is "
        "missing from the inventory.",
        fix="Scan again: only what could not be read, and what has changed, is read again.",
    ),
)
