"""Codes for mappings and the override files that they name."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_KEY_BYTES
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="mapping.path",
        severity=Severity.ERROR,
        title="A path that does not stay under inputS3Uri",
        message="metadataFilePath holds {problem}.",
        explanation="The path is relative to inputS3Uri. AWS's pattern allows a leading slash, '.', '..', empty "
        "segments and backslashes, but does not say what becomes of them.",
        fix="Use plain names separated by single slashes.",
    ),
    IssueCode(
        name="mapping.key-too-long",
        severity=Severity.ERROR,
        title="The key of an override file is too long",
        message="The prefix and metadataFilePath make a key of {length} bytes; S3 allows {limit}.",
        explanation=f"An S3 object key is at most {MAX_KEY_BYTES:,} bytes of UTF-8.",
        fix="Use a shorter prefix or path.",
    ),
    IssueCode(
        name="mapping.missing-file",
        severity=Severity.ERROR,
        title="The override file is not there",
        message="No file lies at metadataFilePath under the job's files.",
        explanation="What AWS does with a mapping whose file is missing is not documented.",
        fix="Put the override file there, or remove the mapping.",
    ),
    IssueCode(
        name="mapping.files-not-given",
        severity=Severity.NOTE,
        title="Override files were not checked",
        message="No directory of files stands beside the import configuration, so override files were not checked.",
        explanation="An import configuration alone names its override files but does not hold them.",
        fix="Name the directory that will be uploaded to inputS3Uri with --files.",
    ),
    IssueCode(
        name="mapping.invalid-uid",
        severity=Severity.ERROR,
        title="A UID that cannot be one",
        message="{member} {problem}.",
        explanation="AWS's pattern takes any digits and dots. A text that PS3.5 section 9.1 and HealthImaging's "
        "relaxed rules both refuse cannot be the UID of an imported instance.",
        fix="Correct the UID.",
    ),
    IssueCode(
        name="mapping.duplicate",
        severity=Severity.ERROR,
        title="Two mappings for the same study or series",
        message="The mapping is for the same study or series as mapping {first}.",
        explanation="What AWS does with two mappings for the same instances is not documented.",
        fix="Join the two override files into one.",
    ),
    IssueCode(
        name="mapping.study-and-series",
        severity=Severity.WARNING,
        title="A study mapping and series mappings for the same study",
        message="The study of this mapping has mappings of its series as well: {count}, the first is mapping {first}.",
        explanation="Whether both are applied to a series, and which wins, is not documented by AWS.",
        fix="Where you can, set everything for the study, or everything by series; try both on a test data store.",
    ),
    IssueCode(
        name="mapping.shared-file",
        severity=Severity.NOTE,
        title="Several mappings share an override file",
        message="The override file is also named by mapping {first}.",
        explanation="Nothing in the API forbids it; whether it works is not documented by AWS.",
        fix="Nothing needs to be done, unless one file for each mapping was meant.",
    ),
    IssueCode(
        name="mapping.not-planned",
        severity=Severity.ERROR,
        title="A mapping that the plan does not hold",
        message="The plan of the package holds no mapping of this study, series and path.",
        explanation="The import configuration was edited after the package was drafted. A mapping that names another "
        "study or file is as valid as the right one, and gives one patient the identifiers of another.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="mapping.planned-missing",
        severity=Severity.ERROR,
        title="A planned mapping that is missing",
        message="The import configuration does not hold this mapping.",
        explanation="The import configuration was edited after the package was drafted; the edits of this study or "
        "series would be lost, or reach another one.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="mapping.unknown-study",
        severity=Severity.ERROR,
        title="A mapping for a study that the inventory does not hold",
        message="The inventory holds no study with this StudyInstanceUID.",
        explanation="The mapping would reach no instance. What AWS does then is not documented.",
        fix="Check the UID, or scan the tree that holds the study.",
    ),
    IssueCode(
        name="mapping.unknown-series",
        severity=Severity.ERROR,
        title="A mapping for a series that the inventory does not hold",
        message="The inventory holds no series with this SeriesInstanceUID in this study.",
        explanation="The mapping would reach no instance. What AWS does then is not documented.",
        fix="Check the UIDs, or scan the tree that holds the series.",
    ),
)
