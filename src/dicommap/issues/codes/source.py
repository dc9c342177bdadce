"""Issue codes for paths that a scan cannot read as files, before any P10 header is read."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="source.unreadable",
        severity=Severity.ERROR,
        title="A file cannot be read",
        message="The file cannot be read: {reason}.",
        explanation="The operating system refused to open or read the file, so its content is not known. If it is "
        "a P10 file, its instance is missing from the inventory.",
        fix="Give the user who scans the right to read it, or repair the disk or link, and scan again.",
    ),
    IssueCode(
        name="source.unreadable-directory",
        severity=Severity.ERROR,
        title="A directory cannot be listed",
        message="The directory cannot be listed: {reason}.",
        explanation="The operating system refused to list the directory. All files under it are missing from the "
        "inventory.",
        fix="Give the user who scans the right to list it, and scan again.",
    ),
    IssueCode(
        name="source.broken-link",
        severity=Severity.WARNING,
        title="A symbolic link without a target",
        message="The symbolic link has no target.",
        explanation="The link's target does not exist, or the link refers to itself. Nothing was read.",
        fix="Restore the target, or remove the link.",
    ),
    IssueCode(
        name="source.link-not-followed",
        severity=Severity.NOTE,
        title="A link to a directory was not followed",
        message="The link to a directory was not followed.",
        explanation="Links to files are read like their target. Links to directories are followed only if you ask "
        "for it, since they can lead out of the tree or list the same files twice.",
        fix="Scan with --follow-links if the target of the link belongs to the data set.",
    ),
    IssueCode(
        name="source.link-loop",
        severity=Severity.NOTE,
        title="A link leads back to a directory above it",
        message="The link leads back to a directory above it and was not followed.",
        explanation="Following it would never end. All files that it leads to are already in the inventory.",
        fix="No action is needed.",
    ),
    IssueCode(
        name="source.listed-directory",
        severity=Severity.ERROR,
        title="A directory in a list of files",
        message="The list names a directory, but only files are read.",
        explanation="A list replaces the walk over a tree, so nothing under this directory was read, unless it is "
        "listed as well.",
        fix="List the files under it, for instance with find -type f, or scan the directory as a source.",
    ),
    IssueCode(
        name="source.outside-root",
        severity=Severity.ERROR,
        title="A listed path outside the source",
        message="The listed path is not under the source, and was not read.",
        explanation="Paths of an inventory are relative to their source, as objects are to inputS3Uri. An absolute "
        "path outside the source, or one that leads out of it by '..', has no such path. A list in which each path "
        "ends with a NUL must be read with --null.",
        fix="List paths that are relative to the source, or name a source that contains all listed files.",
    ),
    IssueCode(
        name="source.special-file",
        severity=Severity.NOTE,
        title="Not a regular file",
        message="This is a {kind}, not a regular file, and was not opened.",
        explanation="FIFOs, sockets and devices have no stored data, and opening one may wait for ever.",
        fix="No action is needed, unless a P10 file was expected at this path.",
    ),
    IssueCode(
        name="source.empty-file",
        severity=Severity.WARNING,
        title="An empty file",
        message="The file has 0 bytes.",
        explanation="A failed copy often leaves an empty file. An import job imports everything under its "
        "inputS3Uri, so an empty object would be part of its input.",
        fix="Copy the file again, or remove it before the upload.",
    ),
)
