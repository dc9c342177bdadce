"""Issue codes for --harmonize, which gives all files of a study or series the same value of an attribute."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="harmonize.not-captured",
        severity=Severity.ERROR,
        title="An attribute to harmonize that the inventory does not hold",
        message="The inventory does not hold {keyword}.",
        explanation="Only captured attributes can be compared.",
        fix="Scan again with --attributes and this keyword.",
    ),
    IssueCode(
        name="harmonize.tie",
        severity=Severity.ERROR,
        title="No value is the most frequent one",
        message="Several values of {keyword} are the most frequent ones; files that have each: {files}.",
        explanation="The most frequent value is used, and here several are equally frequent. A guess could give a "
        "study the identifier of another patient.",
        fix="Set the attribute for this study with a sheet or a rule, or leave it out of --harmonize.",
    ),
    IssueCode(
        name="harmonize.unused",
        severity=Severity.NOTE,
        title="An attribute that is the same already",
        message="{keyword} does not differ within any study or series.",
        explanation="There is nothing to harmonize.",
        fix="No action is needed.",
    ),
)
