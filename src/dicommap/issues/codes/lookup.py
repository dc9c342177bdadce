"""Codes for lookups: tables whose rows are joined to studies."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="lookup.no-column",
        severity=Severity.ERROR,
        title="A lookup without a column that its rule names",
        message="Row {row} has no column {column}.",
        explanation="The rule's lookup takes values from this column. Nothing of the lookup is used.",
        fix="Correct the column's name in the rule, or add the column.",
    ),
    IssueCode(
        name="lookup.duplicate-key",
        severity=Severity.ERROR,
        title="Two rows of a lookup have the same key",
        message="The key of the row is that of row {first} as well, but the values that the rule takes are not.",
        explanation="Which of the two rows is wanted cannot be known. Keys that differ only in their Unicode normal "
        "form are the same.",
        fix="Remove one of the rows, or look up by an attribute that tells them apart.",
    ),
    IssueCode(
        name="lookup.repeated-row",
        severity=Severity.NOTE,
        title="A row of a lookup that repeats another",
        message="The row repeats row {first}: its key and the values that the rule takes are the same.",
        explanation="Worklists have a row for each procedure step, for example. All rows ask for the same values, so "
        "there is nothing to choose.",
        fix="Nothing needs to be done.",
    ),
    IssueCode(
        name="lookup.empty-key",
        severity=Severity.WARNING,
        title="A row of a lookup without a key",
        message="The row has no key.",
        explanation="It is not joined to anything: studies without the attribute are not taken for the ones it means.",
        fix="Fill the key in, or remove the row.",
    ),
    IssueCode(
        name="lookup.no-row",
        severity=Severity.WARNING,
        title="A study that the lookup does not have",
        message="No row of {name} has the study's {keyword}{hint}.",
        explanation="The rule matches, but there is nothing to set from; the study is left as it is. A row that comes "
        "close is named, but never taken: 0042 and 42 may be two patients.",
        fix="Add the row, or narrow the rule's match to the studies that the lookup is for.",
    ),
    IssueCode(
        name="lookup.ambiguous",
        severity=Severity.ERROR,
        title="A study with several keys",
        message="{keyword} has {count} different values here, so which row is meant cannot be known.",
        explanation="A lookup needs one value to look up. The study is left as it is.",
        fix="Settle the differing values first, or look up by StudyInstanceUID.",
    ),
    IssueCode(
        name="lookup.several-studies",
        severity=Severity.WARNING,
        title="A row of a lookup that several studies share",
        message="{count} studies have the row's AccessionNumber, and all of them get its values.",
        explanation="An accession is one order of one patient, and most often one study. Studies of different patients "
        "that share a number are a sign of identifiers that are not what they seem.",
        fix="Look at the studies; where they are of different patients, look up by StudyInstanceUID.",
    ),
    IssueCode(
        name="lookup.unused-row",
        severity=Severity.NOTE,
        title="A row of a lookup that no study asked for",
        message="No study that the rule matches has this row's key{hint}.",
        explanation="If the key of a study without a row comes close, the study is named. The scanned "
        "tree may hold only a part of the worklist, or the key may be misspelt.",
        fix="Nothing needs to be done if the study is not among the scanned ones.",
    ),
)
