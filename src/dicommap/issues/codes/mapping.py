"""Issue codes for mappings and the override files that they name."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_KEY_BYTES
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="mapping.path",
        severity=Severity.ERROR,
        title="A path that may lead outside inputS3Uri",
        message="metadataFilePath holds {problem}.",
        explanation="The path is relative to inputS3Uri. AWS's pattern allows a leading slash, '.', '..', empty "
        "segments and backslashes, but AWS does not document what it does with them.",
        fix="Use plain names separated by single slashes.",
    ),
    IssueCode(
        name="mapping.key-too-long",
        severity=Severity.ERROR,
        title="The key of an override file is too long",
        message="The prefix and metadataFilePath make a key of {length:byte}; S3 allows {limit}.",
        explanation=f"An S3 object key is at most {MAX_KEY_BYTES:,} bytes of UTF-8.",
        fix="Use a shorter prefix or path.",
    ),
    IssueCode(
        name="mapping.missing-file",
        severity=Severity.ERROR,
        title="The override file is missing",
        message="There is no file at metadataFilePath in the job's files.",
        explanation="AWS does not document what it does with a mapping whose file is missing.",
        fix="Put the override file at this path, or remove the mapping.",
    ),
    IssueCode(
        name="mapping.files-not-given",
        severity=Severity.NOTE,
        title="Override files were not checked",
        message="There is no directory of files beside the import configuration, so override files were not checked.",
        explanation="An import configuration names its override files but does not contain them.",
        fix="Use --files to name the directory that will be uploaded to inputS3Uri.",
    ),
    IssueCode(
        name="mapping.invalid-uid",
        severity=Severity.ERROR,
        title="Not a possible UID",
        message="{member} {problem}.",
        explanation="AWS's pattern accepts any digits and dots. A text that both PS3.5 section 9.1 and "
        "HealthImaging's relaxed rules refuse cannot be the UID of an imported instance.",
        fix="Correct the UID.",
    ),
    IssueCode(
        name="mapping.duplicate",
        severity=Severity.ERROR,
        title="Two mappings for the same study or series",
        message="The mapping is for the same study or series as mapping {first}.",
        explanation="AWS does not document what it does with two mappings for the same instances.",
        fix="Merge the two override files into one.",
    ),
    IssueCode(
        name="mapping.study-and-series",
        severity=Severity.WARNING,
        title="A study mapping and series mappings for the same study",
        message="The series of this mapping's study have mappings as well: {count}, the first is mapping {first}.",
        explanation="AWS does not document whether both are applied to a series, and which one wins.",
        fix="If you can, set everything for the study or everything by series; try both on a test data store.",
    ),
    IssueCode(
        name="mapping.shared-file",
        severity=Severity.NOTE,
        title="Several mappings share an override file",
        message="The override file is also named by mapping {first}.",
        explanation="The API does not forbid it; AWS does not document whether it works.",
        fix="No action is needed, unless each mapping was meant to have its own file.",
    ),
    IssueCode(
        name="mapping.not-planned",
        severity=Severity.ERROR,
        title="A mapping that is not in the plan",
        message="The plan of the package has no mapping with this study, series and path.",
        explanation="The import configuration was edited after the package was drafted. A mapping that names "
        "another study or file has a valid form, but gives one patient the identifiers of another.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="mapping.planned-missing",
        severity=Severity.ERROR,
        title="A planned mapping that is missing",
        message="The import configuration does not have this mapping.",
        explanation="The import configuration was edited after the package was drafted; the edits of this study or "
        "series would be lost, or would change another one.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="mapping.unknown-study",
        severity=Severity.ERROR,
        title="A mapping for a study that is not in the inventory",
        message="The inventory holds no study with this StudyInstanceUID.",
        explanation="The mapping would change no instance. AWS does not document what it does with such a mapping.",
        fix="Check the UID, or scan the tree that holds the study.",
    ),
    IssueCode(
        name="mapping.unknown-series",
        severity=Severity.ERROR,
        title="A mapping for a series that is not in the inventory",
        message="The inventory holds no series with this SeriesInstanceUID in this study.",
        explanation="The mapping would change no instance. AWS does not document what it does with such a mapping.",
        fix="Check the UIDs, or scan the tree that holds the series.",
    ),
)
