"""Issue codes for series that are inconsistent or in two studies."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="series.in-two-studies",
        severity=Severity.ERROR,
        title="A series in two studies",
        message="The SeriesInstanceUID is in {count:study}.",
        explanation="A series belongs to one study (PS3.3 section A.1). One of its files has a wrong Study or "
        "Series Instance UID, so an override might change the wrong instances.",
        fix="Correct the UIDs in the files, and scan again.",
    ),
    IssueCode(
        name="series.inconsistent-attribute",
        severity=Severity.WARNING,
        title="An attribute differs within a series",
        message="{keyword} has {count:different value} in the series.",
        explanation="A series attribute has one value in a series. HealthImaging groups a series by "
        "SeriesInstanceUID and SeriesNumber; instances that differ in one of these become non-primary image sets "
        "[DOC understanding-image-sets].",
        fix="Set the attribute for the series with a sheet or a rule.",
    ),
)
