"""Issue codes for drafts that change nothing, or would import something twice."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="draft.nothing-to-do",
        severity=Severity.ERROR,
        title="The edits change nothing",
        message="No edit changes any value, so there is nothing to write.",
        explanation="An import configuration needs at least one mapping, so no package was written.",
        fix="Check the sheets and rules. An import job without edits needs no import configuration.",
    ),
    IssueCode(
        name="draft.no-original-value",
        severity=Severity.ERROR,
        title="A previous value that no Original Attributes Sequence can contain",
        message="The value of {keyword} before the change cannot be kept: {reason}.",
        explanation="`draft --original-attributes` writes the values that each instance had before. An item without "
        "one of them would claim that this attribute was not changed.",
        fix="Scan again with --attributes for those that were not captured, or leave out --original-attributes.",
    ),
    IssueCode(
        name="draft.path-taken",
        severity=Severity.ERROR,
        title="A source file has the path of an override file",
        message="The source has a file at the path where an override file would be uploaded.",
        explanation="Source files and override files share one prefix, so one would replace the other. In a bucket "
        "that was scanned again after a submit, the file may be an override file of that submit.",
        fix="Rename the file in the source. If it is an override file of an earlier submit, wait until its job has "
        "ended; then draft from the inventory of the scan before it and submit with --replace, or remove the file "
        "and scan again.",
    ),
    IssueCode(
        name="draft.colliding-paths",
        severity=Severity.ERROR,
        title="Two sources have a file with the same relative path",
        message="{count:path} {count:exists|exist} under more than one source; this is the first.",
        explanation="One import job reads one inputS3Uri, and the key of a file is this prefix and the file's path "
        "relative to its source. Files with the same relative path would need the same key, so one would replace "
        "the other.",
        fix="Scan a directory that contains all sources, or scan and draft each source with its own prefix.",
    ),
    IssueCode(
        name="draft.repeated-instances",
        severity=Severity.WARNING,
        title="Instances that would be imported twice",
        message="{files:file} {files:has|have} the SOP Instance UID of another file{content}.",
        explanation="A job imports every file under its prefix [INF]. HealthImaging does not remove duplicates: an "
        "instance that is imported again without a conflict becomes a new version of its primary image set, and uses "
        "storage again [DOC understanding-import-jobs, understanding-image-sets]. The data that were received last "
        "are the latest version [DOC understanding-import-jobs], but which of two copies within one job that is, "
        "AWS does not document [NOT DOC]. If a copy conflicts with the other in an attribute by which HealthImaging "
        "groups, one of them goes into a non-primary image set [DOC understanding-image-sets].",
        fix="'dicommap show INVENTORY --level issue' lists them as instance.duplicate and instance.conflict. "
        "Remove the unwanted files from the source, and scan again.",
    ),
)
