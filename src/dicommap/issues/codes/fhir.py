"""Codes for what a FHIR resource cannot say of a study."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="fhir.several-values",
        severity=Severity.WARNING,
        title="A resource has one value where files have several",
        message="{keyword} has {count} values; only the most frequent one is for the resource.",
        explanation="An ImagingStudy has one value for each attribute of a study or series. Files that differ in an "
        "attribute by which HealthImaging groups them become several image sets, of which the resource describes one.",
        fix="Make the attribute the same with a sheet, a rule or --harmonize, draft a package, and name it with "
        "--package.",
    ),
    IssueCode(
        name="fhir.left-out",
        severity=Severity.WARNING,
        title="A value that FHIR cannot express",
        message="{keyword} is left out: {problem}.",
        explanation="FHIR's data types hold dates that exist, times to the minute, numbers that are not negative, and "
        "texts without control characters. A value that does not fit, or of which bytes cannot be decoded, is left out "
        "rather than changed. So is a time of a day on which the clocks of --timezone change, if they show it twice or "
        "not at all; the date stays.",
        fix="Correct the attribute with a sheet or a rule, draft a package, and name it with --package. "
        "TimezoneOffsetFromUTC, if the files have it and a scan captures it, says which time is meant.",
    ),
    IssueCode(
        name="fhir.no-time-zone",
        severity=Severity.NOTE,
        title="Times without a time zone",
        message="{count} times are left out, and their dates kept: their time zone is not known.",
        explanation="A FHIR time needs a time zone. DICOM has it in TimezoneOffsetFromUTC, which most files have not, "
        "and which a scan captures only when it is asked to.",
        fix="Name the time zone of the files with --timezone, or scan with --attributes TimezoneOffsetFromUTC.",
    ),
    IssueCode(
        name="fhir.no-patient-id",
        severity=Severity.WARNING,
        title="A study without a patient's identifier",
        message="PatientID is empty; the resource's subject has no identifier.",
        explanation="The subject is named by PatientID. Without one nothing leads from the study to its patient.",
        fix="Set PatientID with a sheet or a rule, draft a package, and name it with --package.",
    ),
    IssueCode(
        name="fhir.no-modality",
        severity=Severity.WARNING,
        title="A series without a modality",
        message="Modality is empty; the resource says that it is unknown.",
        explanation="FHIR requires a series to have a modality, and so does DICOM. The code 'unknown' of FHIR's "
        "reasons for absent data stands in its place.",
        fix="Set Modality with a sheet or a rule, draft a package, and name it with --package.",
    ),
    IssueCode(
        name="fhir.uid-too-long",
        severity=Severity.ERROR,
        title="A UID that is too long for FHIR",
        message="{keyword} has {length} characters and a FHIR id takes {limit}; what it names is left out.",
        explanation="FHIR keeps the UIDs of series and instances as ids of at most 64 characters, which is DICOM's own "
        "limit. HealthImaging takes longer ones.",
        fix="The series or instance cannot be in the resource. The counts include it.",
    ),
)
