"""Issue codes for documents that their JSON Schema rejects."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_MAPPINGS
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="schema.required",
        severity=Severity.ERROR,
        title="A required member is missing",
        message="The member '{member}' is missing.",
        explanation="The document's schema requires it.",
        fix="Add the member; 'dicommap schema NAME' prints its definition.",
    ),
    IssueCode(
        name="schema.unknown-member",
        severity=Severity.ERROR,
        title="A member that the schema does not know",
        message="The object has a member that its schema does not know.",
        explanation="A program that reads the document would ignore or refuse a misspelt member.",
        fix="Correct or remove the member; 'dicommap schema NAME' prints the allowed ones.",
    ),
    IssueCode(
        name="schema.type",
        severity=Severity.ERROR,
        title="The wrong JSON type",
        message="The value must be of type {expected}.",
        explanation="The document's schema defines the type.",
        fix="Write a value of that type.",
    ),
    IssueCode(
        name="schema.pattern",
        severity=Severity.ERROR,
        title="A text in the wrong form",
        message="The text {problem}.",
        explanation="The document's schema defines the pattern. For import configurations and requests the "
        "patterns are those of AWS's service model.",
        fix="Correct the text.",
    ),
    IssueCode(
        name="schema.length",
        severity=Severity.ERROR,
        title="A text that is too short or too long",
        message="The text has {length:character}; the schema's {limit_name} is {limit}.",
        explanation="The document's schema defines the limits. For import configurations and requests they are "
        "those of AWS's service model.",
        fix="Correct the text.",
    ),
    IssueCode(
        name="schema.count",
        severity=Severity.ERROR,
        title="Too few or too many items",
        message="There {count:is|are} {count:item}; the schema's {limit_name} is {limit}.",
        explanation=f"The document's schema defines the limits; an import job has from 1 to {MAX_MAPPINGS:,} mappings.",
        fix="Split the list, or add items.",
    ),
    IssueCode(
        name="schema.value",
        severity=Severity.ERROR,
        title="A value that the schema does not allow",
        message="The value does not satisfy the schema's {rule}.",
        explanation="The document's schema allows other values here.",
        fix="Look up the rule with 'dicommap schema NAME'.",
    ),
    IssueCode(
        name="schema.version",
        severity=Severity.ERROR,
        title="A document of another version",
        message="The document has another version than the one that this dicommap reads.",
        explanation="Its form may differ, so it is not read.",
        fix="Use the version of dicommap that wrote it, or draft it again.",
    ),
)
