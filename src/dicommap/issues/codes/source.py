"""Codes for what a walk over a source finds before any file is read as P10."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="source.unreadable",
        severity=Severity.ERROR,
        title="A file cannot be read",
        message="The file cannot be read: {reason}.",
        explanation="The operating system refused to open or read the file, so nothing is known of it. "
        "If it is a P10 file, its instance is missing from the inventory.",
        fix="Give the user who scans the right to read it, or mend the disk or link, and scan again.",
    ),
    IssueCode(
        name="source.unreadable-directory",
        severity=Severity.ERROR,
        title="A directory cannot be listed",
        message="The directory cannot be listed: {reason}.",
        explanation="The operating system refused to list the directory. All that lies below it is missing "
        "from the inventory.",
        fix="Give the user who scans the right to list it, and scan again.",
    ),
    IssueCode(
        name="source.broken-link",
        severity=Severity.WARNING,
        title="A symbolic link leads nowhere",
        message="The symbolic link leads nowhere.",
        explanation="The link's target does not exist, or the link leads to itself. Nothing was read.",
        fix="Restore the target, or remove the link.",
    ),
    IssueCode(
        name="source.link-not-followed",
        severity=Severity.NOTE,
        title="A link to a directory was not followed",
        message="The link to a directory was not followed.",
        explanation="Links to files are read as the files they lead to. Links to directories are followed only "
        "on request, since they can lead out of the tree or list the same files twice.",
        fix="Scan with --follow-links if what lies behind the link belongs to the data set.",
    ),
    IssueCode(
        name="source.link-loop",
        severity=Severity.NOTE,
        title="A link leads back to a directory above it",
        message="The link leads back to a directory above it and was not followed.",
        explanation="Following it would never end. All that it leads to is in the inventory already.",
        fix="Nothing needs to be done.",
    ),
    IssueCode(
        name="source.listed-directory",
        severity=Severity.ERROR,
        title="A directory in a list of files",
        message="The list names a directory, and only files are read.",
        explanation="A list stands in for the walk over a tree, so nothing below a directory that it names was looked "
        "at, unless it is listed as well.",
        fix="List the files below it, for instance with find -type f, or scan the directory as a source.",
    ),
    IssueCode(
        name="source.outside-root",
        severity=Severity.ERROR,
        title="A listed path that is not below the source",
        message="The listed path is not below the source, and was not read.",
        explanation="Paths of an inventory are relative to their source, as objects under inputS3Uri are to it. A path "
        "that is absolute and elsewhere, or that leads upwards by .., has none. A list in which each path ends with a "
        "NUL has to be read as one: --null.",
        fix="List paths that are relative to the source, or name a source that has all listed files below it.",
    ),
    IssueCode(
        name="source.special-file",
        severity=Severity.NOTE,
        title="Not a regular file",
        message="This is a {kind}, not a regular file, and was not opened.",
        explanation="FIFOs, sockets and devices hold no stored data, and opening one may wait for ever.",
        fix="Nothing needs to be done, unless a P10 file was expected at this path.",
    ),
    IssueCode(
        name="source.empty-file",
        severity=Severity.WARNING,
        title="An empty file",
        message="The file has 0 bytes.",
        explanation="A copy that failed often leaves an empty file behind. An import job takes everything under "
        "its inputS3Uri, so an empty object would be among its input.",
        fix="Copy the file again, or remove it before the upload.",
    ),
)
