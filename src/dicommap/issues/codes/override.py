"""Codes for override files: their content, and the form that the assumptions give them."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="override.empty",
        severity=Severity.WARNING,
        title="An override that says nothing",
        message="The override has no attributes.",
        explanation="It would change nothing. What AWS makes of it is not documented.",
        fix="Remove the file and its mapping.",
    ),
    IssueCode(
        name="override.form",
        severity=Severity.ERROR,
        title="An override file in another form than assumed",
        message="The file holds {found}; the assumption dataSet says {expected}.",
        explanation="AWS does not say whether an override file is one data set object or an array that holds it. All "
        "files of a package have the form that its assumptions name.",
        fix="Write the file in the assumed form, or check it with --assume dataSet=array or --assume dataSet=object.",
    ),
    IssueCode(
        name="override.empty-value",
        severity=Severity.ERROR,
        title="An emptied attribute in another form than assumed",
        message="{keyword} is empty without a Value; the assumption emptyValue says one null.",
        explanation="PS3.18 F.2.5 leaves Value out of an empty attribute. AWS does not say what it makes of that, so a "
        "assumptions may ask for a Value of one null instead, and then in all files.",
        fix="Write a Value of one null, or check with --assume emptyValue=no-value.",
    ),
    IssueCode(
        name="override.missing-uid",
        severity=Severity.ERROR,
        title="An override file without a UID that the assumptions ask for",
        message="{keyword} is not in the file; the assumption identifyingUids says that it is.",
        explanation="AWS does not say whether the UIDs of the mapping are to be repeated in its file. Assumptions may "
        "ask for them, and then in all files.",
        fix="Repeat the UID of the mapping in the file, or check with --assume identifyingUids=absent.",
    ),
    IssueCode(
        name="override.other-uid",
        severity=Severity.ERROR,
        title="An override file of another study or series than its mapping",
        message="{keyword} is not the one that the mapping names.",
        explanation="The file is for one study or series and the mapping for another, so that metadata would go to "
        "the wrong patient. What AWS makes of it is not documented.",
        fix="Find out which of the two is right; do not send the job before.",
    ),
)
