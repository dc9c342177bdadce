"""Issue codes for values of a study that a FHIR resource cannot express."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="fhir.several-values",
        severity=Severity.WARNING,
        title="A resource has one value, but the files have several",
        message="{keyword} has {count:value}; the resource has only the most frequent one.",
        explanation="An ImagingStudy has one value for each attribute of a study or series. If files differ in an "
        "attribute by which HealthImaging groups them, they become several image sets, and the resource describes "
        "one of these.",
        fix="Make the attribute the same with a sheet, a rule or --harmonize, draft a package, and name it with "
        "--package.",
    ),
    IssueCode(
        name="fhir.left-out",
        severity=Severity.WARNING,
        title="A value that FHIR cannot express",
        message="{keyword} is left out: {problem}.",
        explanation="FHIR's data types hold dates that exist, times with at least minutes, numbers that are not "
        "negative, and texts without control characters. A value that does not fit, or that cannot be decoded, is "
        "left out and not changed. The same holds for a local time that occurs twice or not at all because the "
        "clocks of --timezone change; the date stays.",
        fix="Correct the attribute with a sheet or a rule, draft a package, and name it with --package. "
        "TimezoneOffsetFromUTC, if the files have it and the scan captures it, says which time is meant.",
    ),
    IssueCode(
        name="fhir.no-time-zone",
        severity=Severity.NOTE,
        title="Times without a time zone",
        message="{count:time} {count:is|are} left out, and only {count:its date is|their dates are} kept: the time "
        "zone is not known.",
        explanation="A FHIR time needs a time zone. DICOM has it in TimezoneOffsetFromUTC, which most files do not "
        "have, and which a scan captures only if you name it.",
        fix="Name the time zone of the files with --timezone, or scan with --attributes TimezoneOffsetFromUTC.",
    ),
    IssueCode(
        name="fhir.no-patient-id",
        severity=Severity.WARNING,
        title="A study without a PatientID",
        message="PatientID is empty; the resource's subject has no identifier.",
        explanation="The resource's subject is identified by PatientID. Without it, the resource does not say "
        "which patient the study belongs to.",
        fix="Set PatientID with a sheet or a rule, draft a package, and name it with --package.",
    ),
    IssueCode(
        name="fhir.no-modality",
        severity=Severity.WARNING,
        title="A series without a modality",
        message="Modality is empty; the resource says that it is unknown.",
        explanation="FHIR requires a modality for each series, and so does DICOM. The resource has the code "
        "'unknown' of FHIR's data-absent reasons instead.",
        fix="Set Modality with a sheet or a rule, draft a package, and name it with --package.",
    ),
    IssueCode(
        name="fhir.uid-too-long",
        severity=Severity.ERROR,
        title="A UID that is too long for FHIR",
        message="{keyword} has {length:character}, but a FHIR id has at most {limit}; this series or instance is "
        "left out.",
        explanation="FHIR stores the UIDs of series and instances as ids of at most 64 characters, which is also "
        "DICOM's limit. HealthImaging accepts longer ones.",
        fix="The series or instance cannot be in the resource; its counts include it. Correct the UID in the files "
        "if it has to be there.",
    ),
)
