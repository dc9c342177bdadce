"""Issue codes for staging: copies that staged jobs import."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="stage.stray",
        severity=Severity.ERROR,
        title="An unplanned object under a staged job's prefix",
        message="There is an object under the job's prefix that the plan does not name.",
        explanation="An import job imports everything under its prefix, so nothing was copied for this job. The "
        "staging prefix may have been used for another package.",
        fix="Find out whose object it is and remove it, or draft with another --stage-uri.",
    ),
    IssueCode(
        name="stage.taken",
        severity=Severity.ERROR,
        title="Another object at the key of a copy",
        message="The object at this key is not the planned copy.",
        explanation="Its size differs, or neither its ETag nor its metadata show that it is a copy of the planned "
        "file. Other objects are never overwritten.",
        fix="Find out whose object it is and remove it, or draft with another --stage-uri.",
    ),
    IssueCode(
        name="stage.source-changed",
        severity=Severity.ERROR,
        title="A source file that changed since the scan",
        message="The file differs from the one that was scanned: its {what} differs.",
        explanation="The plan for a file is valid only for the bytes that were scanned. The file was not copied.",
        fix="Scan the source again, which reads only changed files, and draft again.",
    ),
    IssueCode(
        name="stage.source-missing",
        severity=Severity.ERROR,
        title="A source file that cannot be read any more",
        message="The file cannot be read: {reason}.",
        explanation="The package plans a copy of it. The other files were copied.",
        fix="Restore the file and stage again, or scan and draft again without it.",
    ),
    IssueCode(
        name="stage.source-outside",
        severity=Severity.ERROR,
        title="A source file outside the source roots",
        message="The file is not under any source root that you named or confirmed.",
        explanation="A package may come from somebody else and name any file of this machine, by its path or "
        "through a link. So only files under a root that you name are sent, and links are resolved before this "
        "check. The file was neither read nor copied.",
        fix="If you may send the file, also name the root that really contains it with --source. Otherwise ask who "
        "drafted the package.",
    ),
    IssueCode(
        name="stage.other-instance",
        severity=Severity.ERROR,
        title="A source file that is not the planned instance",
        message="The file is not the instance that the plan names: {problem}.",
        explanation="Before a file is sent, its header is read: it must be a P10 file whose Study, Series and SOP "
        "Instance UID are those of its row in objects.csv. So a package cannot make you send any other file. The "
        "file was not copied.",
        fix="If the file was replaced, scan the source again and draft again. Otherwise ask who drafted the package.",
    ),
    IssueCode(
        name="stage.not-verified",
        severity=Severity.ERROR,
        title="A copy that differs from what was written",
        message="After all files were copied, the listing has {found} here.",
        explanation="After the copies of a job are made, each is compared by size and ETag with the listing of S3.",
        fix="Something else may be writing to this prefix: find out, and stage again.",
    ),
)
