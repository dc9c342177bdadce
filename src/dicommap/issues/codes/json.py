"""Issue codes for JSON text that is refused or ambiguous."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="json.not-json",
        severity=Severity.ERROR,
        title="Not JSON",
        message="The document is not JSON: {reason}.",
        explanation="The text does not follow RFC 8259. Nothing in it was used.",
        fix="Correct the document at the place that the message names.",
    ),
    IssueCode(
        name="json.not-utf8",
        severity=Severity.ERROR,
        title="Not UTF-8",
        message="The document is not UTF-8.",
        explanation="JSON is exchanged in UTF-8 (RFC 8259 section 8.1), and so is the DICOM JSON Model (PS3.18 F.2).",
        fix="Save the document in UTF-8 without a byte order mark.",
    ),
    IssueCode(
        name="json.byte-order-mark",
        severity=Severity.ERROR,
        title="A byte order mark",
        message="The document begins with a byte order mark.",
        explanation="RFC 8259 section 8.1 forbids a byte order mark in JSON that is sent; some readers treat it as "
        "a part of the text and fail.",
        fix="Save the document in UTF-8 without a byte order mark; some editors call it 'UTF-8 with signature'.",
    ),
    IssueCode(
        name="json.duplicate-key",
        severity=Severity.ERROR,
        title="A member name twice in one object",
        message="The object has this member more than once.",
        explanation="Most readers silently keep the last one, others the first. The DICOM JSON Model does not "
        "allow it (PS3.18 F.3.1).",
        fix="Remove one of the two.",
    ),
    IssueCode(
        name="json.not-finite",
        severity=Severity.ERROR,
        title="NaN or Infinity",
        message="The number is not finite.",
        explanation="NaN and Infinity are not JSON (RFC 8259 section 6), and a number like 1e400 becomes infinite.",
        fix="Leave the value out.",
    ),
    IssueCode(
        name="json.lone-surrogate",
        severity=Severity.ERROR,
        title="Half of a surrogate pair",
        message="The string has a surrogate without its partner.",
        explanation="A single surrogate is not a character and cannot be written as UTF-8.",
        fix="Write the character itself, or both halves of its escape.",
    ),
    IssueCode(
        name="json.too-deep",
        severity=Severity.ERROR,
        title="Nested too deeply",
        message="The document is nested deeper than {limit} levels.",
        explanation="No real data set is nested this deeply, and readers fail on it.",
        fix="Flatten the document.",
    ),
)
