"""Codes for staging: copies that staged jobs import."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="stage.stray",
        severity=Severity.ERROR,
        title="An object under a staged job's prefix that nobody planned",
        message="An object lies under the job's prefix that the plan does not name.",
        explanation="An import job takes everything under its prefix, so that nothing was copied for this job. The "
        "staging prefix may have been used for another package.",
        fix="Find out whose it is and remove it, or draft with another --stage-uri.",
    ),
    IssueCode(
        name="stage.taken",
        severity=Severity.ERROR,
        title="Another object where a copy would go",
        message="The object is not the copy that was planned.",
        explanation="It has another size, or neither its ETag nor its metadata tell that it is a copy of the planned "
        "file. Nothing is ever written over another object.",
        fix="Find out whose it is and remove it, or draft with another --stage-uri.",
    ),
    IssueCode(
        name="stage.source-changed",
        severity=Severity.ERROR,
        title="A source file changed since the scan",
        message="The file is not the one that was scanned: its {what} differs.",
        explanation="What was planned for a file holds for the bytes that were scanned. It was not copied.",
        fix="Scan the source again, which reads changed files only, and draft again.",
    ),
    IssueCode(
        name="stage.source-missing",
        severity=Severity.ERROR,
        title="A source file is not there any more",
        message="The file cannot be read: {reason}.",
        explanation="The package plans a copy of it. The other files were copied.",
        fix="Bring it back and stage again, or scan and draft again without it.",
    ),
    IssueCode(
        name="stage.source-outside",
        severity=Severity.ERROR,
        title="A source is outside of the source roots",
        message="The file is below no source root that was named or confirmed.",
        explanation="A package may come from somebody else and name any file of this machine, by its path or through "
        "a link. So only what is below a root that you name is sent, and links are resolved before that is decided. "
        "The file was neither read nor copied.",
        fix="If the file is yours to send, name the root that it is really in, too, with --source. Otherwise ask who "
        "drafted the package.",
    ),
    IssueCode(
        name="stage.other-instance",
        severity=Severity.ERROR,
        title="A source is not the instance that the plan names",
        message="The file is not the instance that the plan names: {problem}.",
        explanation="Before a file is sent, its header is read: it has to be a P10 file whose Study, Series and SOP "
        "Instance UID are those of its row in objects.csv. So a package can make nobody send anything else. The file "
        "was not copied.",
        fix="If the file was replaced, scan the source again and draft again. Otherwise ask who drafted the package.",
    ),
    IssueCode(
        name="stage.not-verified",
        severity=Severity.ERROR,
        title="A copy is not as it was made",
        message="After all was copied, the listing has {found} here.",
        explanation="Each copy is compared with what S3 lists, by size and ETag, once a job's copies are made.",
        fix="Somebody else may be writing there: find out, and stage again.",
    ),
)
