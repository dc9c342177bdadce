"""Codes for instances, which grouping finds."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="instance.duplicate",
        severity=Severity.WARNING,
        title="The same instance twice",
        message="The file is a byte-for-byte copy of {other}.",
        explanation="HealthImaging does not remove duplicates: each import of the same instance costs storage, as a "
        "new version or as a non-primary image set. The first path in order stays the instance.",
        fix="Keep one of the files out of the prefix that is imported.",
    ),
    IssueCode(
        name="instance.conflict",
        severity=Severity.ERROR,
        title="Two different files claim the same instance",
        message="{other} has the same SOPInstanceUID and a different content.",
        explanation="A SOP Instance UID names one instance for ever (PS3.5 section 9). Which of the files becomes "
        "primary in HealthImaging is not something to leave to chance. The first path in order stays the instance.",
        fix="Find out which file is right, and keep the other out of the prefix that is imported.",
    ),
    IssueCode(
        name="instance.unsupported-transfer-syntax",
        severity=Severity.WARNING,
        title="A transfer syntax that HealthImaging does not list",
        message="{count} instances have a transfer syntax that HealthImaging does not list.",
        explanation="The page on supported transfer syntaxes does not have it. The page on warning codes says that "
        "unknown syntaxes are stored as they are, with warning UNSUPPORTED_TRANSFER_SYNTAX.",
        fix="Transcode the instances to a listed transfer syntax, or accept the warning.",
    ),
    IssueCode(
        name="instance.too-large",
        severity=Severity.ERROR,
        title="A file over HealthImaging's limit",
        message="The file has {size} bytes; the limit for one P10 file is {limit}.",
        explanation="The limit is listed under the service's endpoints and quotas and is not adjustable.",
        fix="Split the object, or compress its pixel data.",
    ),
)
