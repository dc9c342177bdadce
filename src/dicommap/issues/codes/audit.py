"""Issue codes for audit.jsonl, the record of a package's changes and events."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="audit.broken-chain",
        severity=Severity.ERROR,
        title="A line of audit.jsonl was changed, removed or inserted",
        message="The line does not follow the line before it: one of both was changed, or lines between them were "
        "removed.",
        explanation="Each line of audit.jsonl has the SHA-256 of the line before it, in its member `previous`. The "
        "line before this one has another hash. So the record of who changed what is not the one that dicommap wrote.",
        fix="Restore audit.jsonl from a copy of the package.",
    ),
    IssueCode(
        name="audit.damaged-line",
        severity=Severity.ERROR,
        title="A line of audit.jsonl that dicommap did not write",
        message="The line is neither a change nor an event.",
        explanation="Each line of audit.jsonl is a JSON object as the schema audit-line describes it.",
        fix="Restore audit.jsonl from a copy of the package.",
    ),
    IssueCode(
        name="audit.incomplete-line",
        severity=Severity.WARNING,
        title="An incomplete last line of audit.jsonl",
        message="The last line is incomplete: its writing was interrupted.",
        explanation="Lines are written at once. If the machine stops at this moment, a part of the last line may be "
        "missing. The next event removes this part, and says in its own line how many bytes it removed.",
        fix="Run the command again that was interrupted.",
    ),
    IssueCode(
        name="audit.other-plan",
        severity=Severity.ERROR,
        title="plan.json is not that of the draft",
        message="plan.json was changed after the package was drafted: audit.jsonl has another SHA-256 of it.",
        explanation="The event `drafted` in audit.jsonl has the SHA-256 of plan.json. The plan has the hashes of the "
        "package's other files.",
        fix="Restore plan.json, or draft the package again.",
    ),
)
