"""Issue codes for studies with inconsistent attributes, or with dates that are not valid."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="study.inconsistent-attribute",
        severity=Severity.WARNING,
        title="An attribute differs within a study",
        message="{keyword} has {count:different value} in the study.",
        explanation="A patient or study attribute has one value in a study. HealthImaging groups a study by StudyDate, "
        "AccessionNumber, PatientID, StudyInstanceUID and StudyID; instances that differ in one of these become "
        "non-primary image sets [DOC understanding-image-sets].",
        fix="Set the attribute for the whole study with a sheet or a rule.",
    ),
    IssueCode(
        name="study.invalid-date",
        severity=Severity.WARNING,
        title="A date of a study that is not a date",
        message="{keyword} is not a date that exists, as YYYYMMDD; files: {files}.",
        explanation="PS3.5 section 6.2 gives dates the form YYYYMMDD. HealthImaging groups instances by StudyDate, and "
        "AWS does not document what it does with a value in another form. The value is in no range of dates.",
        fix="Set the date with a sheet or a rule, or empty it if it is not known.",
    ),
)
