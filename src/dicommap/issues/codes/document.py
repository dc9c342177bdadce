"""Codes for documents that are beyond a limit or of no known kind."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_MAPPINGS
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="document.not-regular",
        severity=Severity.ERROR,
        title="A document that is a link, a FIFO or a device",
        message="The document was not read: {reason}.",
        explanation="A package comes from somewhere else, perhaps. A link in it may lead to any file of this machine, "
        "and a FIFO or a device may never end; so only regular files inside the package are read.",
        fix="Put the document itself in its place.",
    ),
    IssueCode(
        name="document.too-large",
        severity=Severity.ERROR,
        title="A document that is too large",
        message="The document is larger than {limit} bytes, so it was not read.",
        explanation="Documents are checked in memory. An override file holds the changed attributes of one study or "
        "series, and no pixel data.",
        fix="Look whether another file has taken the document's place; otherwise split it.",
    ),
    IssueCode(
        name="document.too-many-values",
        severity=Severity.ERROR,
        title="A document of too many values",
        message="The document has more than {limit} JSON values, so it was not read.",
        explanation="Each value needs some 100 bytes of memory, however few bytes it has in the file. An import "
        f"configuration has at most {MAX_MAPPINGS:,} mappings, an override file the changed attributes of one "
        "study or series. The page on limits has the limits of all documents.",
        fix="Check whether another file has taken the document's place; otherwise split it.",
    ),
    IssueCode(
        name="document.unknown-kind",
        severity=Severity.ERROR,
        title="A document of no known kind",
        message="The document is none of those that dicommap checks.",
        explanation="A JSON document is taken for a plan, an import configuration, a start-dicom-import-job request or "
        "an override by its members; a TOML document for rules.",
        fix="Name a package directory, one of these JSON documents, or a rules file.",
    ),
    IssueCode(
        name="document.more-issues",
        severity=Severity.ERROR,
        title="More issues than are listed",
        message="There are {count} more issues{of} here, which are not listed.",
        explanation="Of one attribute's values the first 100 issues are listed, of one data set the first 1,000, "
        "and as many of each code that a draft finds in one sheet, rule, lookup or function, so that what is found "
        "where all is wrong can be read. This issue is as severe as the worst of those that it counts.",
        fix="Mend what is listed and check again: a cause that is mended in one place is often the cause of the rest.",
    ),
)
