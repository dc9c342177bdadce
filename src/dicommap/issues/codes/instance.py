"""Issue codes for instances: duplicates, conflicts, unsupported transfer syntaxes and sizes."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="instance.duplicate",
        severity=Severity.WARNING,
        title="The same instance twice",
        message="The file is a byte-for-byte copy of {other}.",
        explanation="HealthImaging does not remove duplicates: each import of an instance uses storage again, as a new "
        "version of its primary image set or, after a conflict, in a non-primary one [DOC understanding-image-sets]. "
        "In the inventory, the file with the first path in order is the instance.",
        fix="Keep one of the two files out of the imported prefix.",
    ),
    IssueCode(
        name="instance.conflict",
        severity=Severity.ERROR,
        title="Two different files with the same SOP Instance UID",
        message="{other} has the same SOPInstanceUID and different content.",
        explanation="A SOP Instance UID identifies one instance for ever (PS3.5 section 9). AWS does not document "
        "which of two files in one job is stored [NOT DOC]. In the inventory, the file with the first "
        "path in order is the instance.",
        fix="Find out which file is right, and keep the other out of the imported prefix.",
    ),
    IssueCode(
        name="instance.in-two-image-sets",
        severity=Severity.WARNING,
        title="An instance in several image sets",
        message="{other} has the same instance.",
        explanation="Data that conflicts with a primary image set is stored in a non-primary one [DOC "
        "understanding-image-sets], so that the data store has the instance twice. In the inventory, the instance in "
        "the primary image set is the instance, and the others are its duplicates.",
        fix="Compare the values of both. docs/howto/conflicts.md shows how the conflict is taken away.",
    ),
    IssueCode(
        name="instance.unsupported-transfer-syntax",
        severity=Severity.WARNING,
        title="A transfer syntax that HealthImaging does not list",
        message="{count:instance} {count:has|have} a transfer syntax that HealthImaging does not list.",
        explanation="The AWS page on supported transfer syntaxes does not list it. The AWS page on warning codes "
        "says that files with unknown transfer syntaxes are stored unchanged, with the warning "
        "UNSUPPORTED_TRANSFER_SYNTAX.",
        fix="Transcode the instances to a listed transfer syntax, or accept the warning.",
    ),
    IssueCode(
        name="instance.too-large",
        severity=Severity.ERROR,
        title="A file over HealthImaging's limit",
        message="The file has {size:byte}; the limit for one P10 file is {limit}.",
        explanation="AWS lists this limit under the service's endpoints and quotas; it cannot be raised.",
        fix="Split the object, or compress its pixel data.",
    ),
)
