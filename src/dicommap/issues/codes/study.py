"""Codes for studies that are inconsistent."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="study.inconsistent-attribute",
        severity=Severity.WARNING,
        title="An attribute differs within a study",
        message="{keyword} has {count} different values in the study.",
        explanation="A patient or study attribute has one value in a study. HealthImaging groups a study by StudyDate, "
        "AccessionNumber, PatientID, StudyInstanceUID and StudyID; instances that differ in one of these become "
        "non-primary image sets.",
        fix="Set the attribute for the whole study with a sheet or a rule.",
    ),
)
