"""Issue codes for documents that are not regular files, are over a limit, or are of an unknown kind."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_MAPPINGS
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="document.not-regular",
        severity=Severity.ERROR,
        title="A document that is a link, a FIFO or a device",
        message="The document was not read: {reason}.",
        explanation="A package may come from somebody else. A link in it may lead to any file of this machine, and "
        "reading a FIFO or device may never end, so only regular files inside the package are read.",
        fix="Replace it with the document itself.",
    ),
    IssueCode(
        name="document.too-large",
        severity=Severity.ERROR,
        title="A document that is too large",
        message="The document is larger than {limit} bytes, so it was not read.",
        explanation="Documents are checked in memory. An override file holds the changed attributes of one study or "
        "series, and no pixel data.",
        fix="Check whether another file has replaced the document; otherwise split it.",
    ),
    IssueCode(
        name="document.too-many-values",
        severity=Severity.ERROR,
        title="A document with too many values",
        message="The document has more than {limit} JSON values, so it was not read.",
        explanation="Each value needs about 100 bytes of memory, even if it has only a few bytes in the file. An "
        f"import configuration has at most {MAX_MAPPINGS:,} mappings, an override file the changed attributes of one "
        "study or series. The page on limits has the limits of all documents.",
        fix="Check whether another file has replaced the document; otherwise split it.",
    ),
    IssueCode(
        name="document.unknown-kind",
        severity=Severity.ERROR,
        title="A document of no known kind",
        message="This is not a document that dicommap can check.",
        explanation="A JSON document is recognised by its members as a plan, an import configuration, a "
        "start-dicom-import-job request or an override; a TOML document is checked as rules.",
        fix="Name a package directory, one of these JSON documents, or a rules file.",
    ),
    IssueCode(
        name="document.more-issues",
        severity=Severity.ERROR,
        title="More issues than are listed",
        message="Not listed here: {least}{count:more issue}{of}.",
        explanation="The first 100 issues are listed for one attribute's values, and the first 1,000 for one data "
        "set and for each code in one sheet, rule, lookup or function, so that the list stays readable if "
        "everything is wrong. This issue is as severe as the worst of those that it counts.",
        fix="Fix the listed issues and check again: they often have the same cause as the rest.",
    ),
)
