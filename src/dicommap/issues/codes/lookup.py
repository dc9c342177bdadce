"""Issue codes for lookups: tables whose rows are joined to studies."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="lookup.no-column",
        severity=Severity.ERROR,
        title="A lookup without a column that its rule names",
        message="Row {row} has no column {column}.",
        explanation="The rule's lookup takes values from this column. The lookup is not used.",
        fix="Correct the column's name in the rule, or add the column.",
    ),
    IssueCode(
        name="lookup.level",
        severity=Severity.ERROR,
        title="A lookup by a UID in a rule of another level",
        message="A rule of the level {level} cannot look up by {keyword}.",
        explanation="A rule is tried for each object of its level, and takes the values of the row that has the key of "
        "this object. A study has several series and instances, and a series has several instances.",
        fix="Give the rule the level of the keys: 'instance' for SOPInstanceUID, 'series' for SeriesInstanceUID.",
    ),
    IssueCode(
        name="lookup.duplicate-key",
        severity=Severity.ERROR,
        title="Two rows of a lookup have the same key",
        message="The row has the same key as row {first}, but other values in the columns that the rule takes.",
        explanation="It is not known which of the two rows is meant. Keys that differ only in their Unicode normal "
        "form are equal.",
        fix="Remove one of the rows, or look up by an attribute that distinguishes them.",
    ),
    IssueCode(
        name="lookup.repeated-row",
        severity=Severity.NOTE,
        title="A row of a lookup that repeats another row",
        message="The row repeats row {first}: it has the same key and the same values in the columns that the rule "
        "takes.",
        explanation="For example, a worklist has a row for each procedure step. All these rows give the same "
        "values, so there is nothing to choose.",
        fix="No action is needed.",
    ),
    IssueCode(
        name="lookup.empty-key",
        severity=Severity.WARNING,
        title="A row of a lookup without a key",
        message="The row has no key.",
        explanation="The row is not joined to any study, not even to studies without the attribute.",
        fix="Fill the key in, or remove the row.",
    ),
    IssueCode(
        name="lookup.no-row",
        severity=Severity.WARNING,
        title="A study without a row in the lookup",
        message="No row of {name} has {owner} {keyword}{hint}.",
        explanation="The rule matches the study, but the lookup has no values for it; the study is not changed. If the "
        "lookup is by SeriesInstanceUID or SOPInstanceUID, only a series or instance with a similar row is reported. "
        "The message names a row with a similar key, but such a row is never used: 0042 and 42 may be two "
        "patients.",
        fix="Add the row, or narrow the rule's match to the studies that the lookup is for.",
    ),
    IssueCode(
        name="lookup.ambiguous",
        severity=Severity.ERROR,
        title="A study with several lookup keys",
        message="{keyword} has {count:different value} here, so it is not known which row is meant.",
        explanation="A lookup needs one value as its key. The study is not changed.",
        fix="Make the differing values equal first, or look up by StudyInstanceUID.",
    ),
    IssueCode(
        name="lookup.several-studies",
        severity=Severity.WARNING,
        title="A row of a lookup that several studies share",
        message="{count:study} {count:has|have} the row's AccessionNumber, and {count:gets|get} its values.",
        explanation="An accession number is one order for one patient, and usually one study. If studies of "
        "different patients share a number, their identifiers are probably wrong.",
        fix="Look at the studies; if they belong to different patients, look up by StudyInstanceUID.",
    ),
    IssueCode(
        name="lookup.unused-row",
        severity=Severity.NOTE,
        title="A row of a lookup that no study uses",
        message="No study that the rule matches has this row's key{hint}.",
        explanation="The message names a study without a row whose key is similar. The scanned tree may hold only "
        "a part of the worklist, or the key may be misspelt.",
        fix="No action is needed if the study is not among the scanned ones.",
    ),
)
