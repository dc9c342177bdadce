"""Codes for drafts that plan nothing, or import something twice."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="draft.nothing-to-do",
        severity=Severity.ERROR,
        title="The edits change nothing",
        message="No edit changes any value, so there is nothing to write.",
        explanation="An import configuration needs at least one mapping, so no package was written.",
        fix="Check the sheets and rules; without edits an import job needs no import configuration.",
    ),
    IssueCode(
        name="draft.path-taken",
        severity=Severity.ERROR,
        title="A source file lies where an override file would go",
        message="The source has a file where an override file would be uploaded.",
        explanation="Source files and override files share one prefix; one would replace the other. In a bucket that "
        "was scanned again after a submit, the file may be the override file of that submit.",
        fix="Rename the file in the source. An override file of an earlier submit: when its job has ended, draft from "
        "the inventory of the scan before it and submit with --replace, or remove the file and scan again.",
    ),
    IssueCode(
        name="draft.colliding-paths",
        severity=Severity.ERROR,
        title="Two sources have a file of the same relative path",
        message="{count} paths occur under more than one source; this is the first.",
        explanation="One import job reads one inputS3Uri, and a file's key is the prefix and its path relative to its "
        "source. Files of the same path would need the same key, and one would replace the other.",
        fix="Scan a directory that holds all sources, or scan and draft each source with a prefix of its own.",
    ),
    IssueCode(
        name="draft.repeated-instances",
        severity=Severity.WARNING,
        title="Instances that would be imported twice",
        message="{have} the SOP Instance UID of another file{content}.",
        explanation="A job takes every file under its prefix, and an import does not remove duplicates: each import of "
        "the same instance costs storage, as a new version or as a non-primary image set. Which of two files with "
        "different content becomes the primary image set's is not documented.",
        fix="'dicommap show INVENTORY --level issue' lists them, as instance.duplicate and instance.conflict. Take "
        "those that are not meant out of what is scanned, and scan again.",
    ),
)
