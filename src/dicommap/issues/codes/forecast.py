"""Issue codes for forecasts of the image sets that HealthImaging makes of a study."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="forecast.non-primary",
        severity=Severity.WARNING,
        title="Instances that will probably become non-primary image sets",
        message="{keyword} has {count:value} after the edits; files that are likely to become non-primary image sets: "
        "{non_primary_files} of {files}. What would cure it: {cure}.",
        explanation="HealthImaging groups instances into image sets by StudyDate, AccessionNumber, PatientID, "
        "StudyID, StudyInstanceUID, SeriesInstanceUID and SeriesNumber; a conflict in one of them makes "
        "non-primary image sets [DOC understanding-image-sets]. This is a forecast: AWS does not document which group "
        "becomes the primary one [NOT DOC]; dicommap assumes the largest. 'dicommap draft --forecast' lists the "
        "files, and so does forecast.csv in the package.",
        fix="Make the attribute equal in all files with --harmonize and its keyword, with a sheet or with a rule.",
    ),
)
