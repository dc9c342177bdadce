"""Codes for what HealthImaging is likely to make of a study, and for making its attributes the same."""

from __future__ import annotations

from dicommap.issues.code import Code
from dicommap.issues.finding import Severity

CODES = (
    Code(
        name="forecast.non-primary",
        severity=Severity.WARNING,
        title="Instances that are likely to become non-primary image sets",
        message="{keyword} has {count} values after the edits; files that are likely to become non-primary image sets: "
        "{outside} of {files}. What would cure it: {cure}.",
        explanation="HealthImaging groups instances into image sets by StudyDate, AccessionNumber, PatientID, StudyID, "
        "StudyInstanceUID, SeriesInstanceUID and SeriesNumber; a conflict in one of them makes non-primary image sets. "
        "This is a forecast: which group becomes the primary one is not documented, and the largest is taken here. "
        "'dicommap draft --forecast' lists the files, and so does forecast.csv in the package.",
        fix="Make the attribute the same with --harmonize and its keyword, with a sheet or with a rule.",
    ),
    Code(
        name="harmonize.not-captured",
        severity=Severity.ERROR,
        title="An attribute to harmonize that the inventory does not hold",
        message="The inventory does not hold {keyword}.",
        explanation="Only captured attributes can be compared.",
        fix="Scan again with --attributes and this keyword.",
    ),
    Code(
        name="harmonize.tie",
        severity=Severity.ERROR,
        title="No value is the most frequent one",
        message="Several values of {keyword} are the most frequent ones; files that have each: {files}.",
        explanation="The majority decides, and there is none. Guessing could give a study the identifier of "
        "another patient.",
        fix="Set the attribute for this study with a sheet or a rule, or leave it out of --harmonize.",
    ),
    Code(
        name="harmonize.unused",
        severity=Severity.NOTE,
        title="An attribute that is the same already",
        message="{keyword} does not differ within any study or series.",
        explanation="There was nothing to harmonize.",
        fix="Nothing needs to be done.",
    ),
)
