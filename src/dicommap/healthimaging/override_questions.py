"""Questions about override files that AWS does not answer, and the answers that a service can give.

AWS documents that a mapping maps the files of a study or series to a JSON metadata file. It documents nothing about the
content of that file (API reference, DicomMetadataMapping; developer guide, "Starting an import job"). A probe asks a
data store these questions. The stand-in of dicommap.testing gives the answers that a test wants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from pydantic import BaseModel, ConfigDict

from dicommap.healthimaging.levels import Level

if TYPE_CHECKING:
    from dicommap.healthimaging.assumptions import Assumptions

Effect = Literal["applied", "ignored", "refused"]
"""The effect of a value or override file: it is applied, it changes nothing, or the service reports a refusal."""
EmptyEffect = Literal["cleared", "ignored", "refused"]
"""The effect of an attribute without a value: the stored attribute becomes empty, stays unchanged, or is refused."""


class OverrideAnswers(BaseModel):
    """The answers of a service to all questions about override files.

    The default answers are those of a service for which the default assumptions are right.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    refusal: Literal["job-failed", "files-failed", "warned", "silent"] = "job-failed"
    """How the service reports that it refuses an override file.

    Either the job fails, or the P10 files of the mapping fail, or these files get a warning, or the service reports
    nothing (`silent`). No attribute of a refused override file is applied. So a `silent` refusal looks like the answer
    `ignored` to another question.
    """

    dataSet: Literal["object", "array", "both"] = "object"
    """The JSON value that an override file may have: one data set object, an array with one object, or both.

    An override file with another value is refused.
    """
    identifyingUids: Literal["refused", "allowed", "needed"] = "refused"
    """Whether an override file must not, may or must repeat the Study and Series Instance UID of its mapping.

    A file that does not obey this rule is refused.
    """

    emptyNoValue: EmptyEffect = "cleared"
    """The effect of an attribute without Value (PS3.18 F.2.5) in an override file."""
    emptyNull: EmptyEffect = "refused"
    """The effect of an attribute with the Value `[null]` in an override file."""
    emptyList: EmptyEffect = "refused"
    """The effect of an attribute with the Value `[]` in an override file."""

    sequences: Literal["replaced", "merged"] = "replaced"
    """Whether the items of a sequence replace the stored items, or each item is merged with the item at its place."""
    privateElements: Effect = "applied"
    """The effect of private elements and their private creator. The answers about levels do not apply to them."""

    patientInStudy: Effect = "applied"
    """The effect of an attribute of the patient level in the override of a study."""
    studyInStudy: Effect = "applied"
    """The effect of an attribute of the study level in the override of a study."""
    seriesInStudy: Effect = "applied"
    """The effect of an attribute of the series level in the override of a study."""
    instanceInStudy: Effect = "applied"
    """The effect of an attribute of the instance level in the override of a study."""
    patientInSeries: Effect = "applied"
    """The effect of an attribute of the patient level in the override of a series."""
    studyInSeries: Effect = "applied"
    """The effect of an attribute of the study level in the override of a series."""
    seriesInSeries: Effect = "applied"
    """The effect of an attribute of the series level in the override of a series."""
    instanceInSeries: Effect = "applied"
    """The effect of an attribute of the instance level in the override of a series."""

    precedence: Literal["series", "study", "refused"] = "series"
    """The override whose value is stored if the overrides of a study and of its series have the same attribute.

    If it is `refused`, both overrides are refused.
    """
    twoMappings: Literal["refused", "first", "last", "merged"] = "refused"
    """The effect of two mappings for the same study or series: both are refused, one is applied, or both are merged."""
    sharedFile: Effect = "applied"
    """The effect, for both mappings, of an override file that two mappings name."""
    noMatch: Literal["ignored", "refused"] = "ignored"
    """The effect of a mapping for a study or series that has no P10 file in a job with other P10 files.

    A probe can see the refusal of such a mapping only if the job fails, or if the job manifests list the override file
    among the failed files.
    """

    missingFile: Literal["refused", "ignored"] = "refused"
    """The effect of a mapping whose override file does not exist."""
    brokenFile: Literal["refused", "ignored"] = "refused"
    """The effect of an override file that is not JSON."""
    byteOrderMark: Effect = "refused"
    """The effect of an override file with a byte order mark at its start. `ignored`: no attribute is applied."""
    latin1: Literal["refused", "ignored", "misread", "applied"] = "refused"
    """The effect of an override file in Latin-1 that is not valid UTF-8.

    If it is `misread`, the file is applied, but the stored texts have replacement characters.
    """
    nonAscii: Literal["refused", "ignored", "misread", "applied"] = "applied"
    """The effect of a text with letters such as `ü` in an override file in UTF-8 without SpecificCharacterSet.

    If it is `misread`, the stored text has other characters, such as `?`, in place of these letters.
    """
    characterSet: Effect = "applied"
    """The effect of an override file in UTF-8 that has SpecificCharacterSet (0008,0005) `ISO_IR 192`.

    If it is `ignored`, no attribute of the file is applied. The answers about levels do not apply to this attribute.
    """
    size1: Effect = "applied"
    """The effect of an override file of at least 1 MB (1,000,000 bytes) that is smaller than 10 MB."""
    size10: Effect = "applied"
    """The effect of an override file of at least 10 MB that is smaller than 50 MB."""
    size50: Effect = "applied"
    """The effect of an override file of at least 50 MB."""

    numbersAsText: Effect = "applied"
    """The effect of a DS or IS value that is a JSON string. If it is `ignored`, only this attribute is not applied.

    PS3.18 F.2.3 allows JSON strings and JSON numbers.
    """
    numbersAsNumber: Effect = "applied"
    """The effect of a DS or IS value that is a JSON number."""
    longValues: Literal["applied", "cut", "ignored", "refused"] = "refused"
    """The effect of a value that is longer than its limit in "DICOM element constraints" of the developer guide.

    If it is `cut`, the beginning of the value is stored.
    """

    overrideFiles: Literal["ignored", "failed"] = "ignored"
    """Whether override files are left out of the job manifests, or reported as failed files that are not P10 files."""
    overrideFilesCount: Literal["counted", "not-counted"] = "not-counted"
    """Whether override files count as scanned files of the job, and for the quota of files."""
    withoutFiles: Literal["unchanged", "changed", "refused"] = "unchanged"
    """Whether a job without P10 files changes the stored image sets of its mappings.

    For such a job, the answer `noMatch` has no effect.
    """
    prefixWithoutSlash: Literal["joined", "concatenated"] = "joined"
    """Whether an inputS3Uri without a slash at its end is joined to metadataFilePath with a slash or without."""
    twoCopies: Literal["first", "last"] = "last"
    """The stored one of two P10 files with the same SOP Instance UID in a job: the first or the last by object key."""


QUESTION_SUBJECTS = {
    "refusal": "how a refusal is reported",
    "dataSet": "object or array in the file",
    "identifyingUids": "UIDs of the mapping in the file",
    "emptyNoValue": "attribute without Value",
    "emptyNull": "attribute with the Value [null]",
    "emptyList": "attribute with the Value []",
    "sequences": "items of a sequence",
    "privateElements": "private elements",
    "patientInStudy": "patient level in study override",
    "studyInStudy": "study level in study override",
    "seriesInStudy": "series level in study override",
    "instanceInStudy": "instance level in study override",
    "patientInSeries": "patient level in series override",
    "studyInSeries": "study level in series override",
    "seriesInSeries": "series level in series override",
    "instanceInSeries": "instance level in series override",
    "precedence": "study and series: which one wins",
    "twoMappings": "two mappings for a study",
    "sharedFile": "one file for two mappings",
    "noMatch": "mapping without files in the job",
    "missingFile": "file that does not exist",
    "brokenFile": "file that is not JSON",
    "byteOrderMark": "file with a byte order mark",
    "latin1": "file in Latin-1",
    "nonAscii": "letters that are not ASCII",
    "characterSet": "file with SpecificCharacterSet",
    "size1": "file of 1 MB",
    "size10": "file of 10 MB",
    "size50": "file of 50 MB",
    "numbersAsText": "DS and IS as JSON strings",
    "numbersAsNumber": "DS and IS as JSON numbers",
    "longValues": "value over its length limit",
    "overrideFiles": "override files in job manifests",
    "overrideFilesCount": "override files as scanned files",
    "withoutFiles": "job without P10 files",
    "prefixWithoutSlash": "inputS3Uri without ending slash",
    "twoCopies": "two copies of an instance",
}
"""Name of a question -> its subject in a few words, for narrow tables."""

MEGABYTE = 1_000_000
"""Number of bytes of 1 MB in the questions about sizes."""
SIZES = {"size1": 1, "size10": 10, "size50": 50}
"""Name of a question about the size of an override file -> minimum size in MB.

A question is about files of at least this size that are smaller than the next size.
"""
_OVERRIDES = (Level.STUDY, Level.SERIES)


def make_fitting_answers(assumptions: Assumptions) -> OverrideAnswers:
    """Return the answers of a service that applies override files in the form of `assumptions`, and no other form."""
    levels = {
        f"{level.value}In{override.value.capitalize()}": (level, override) for override in _OVERRIDES for level in Level
    }
    answers: dict[str, str] = {}
    for name, (level, override) in levels.items():
        fits = level is override or (level, override) == (Level.PATIENT, Level.STUDY)
        is_refused = getattr(assumptions, name) == "unavailable" or (assumptions.otherLevels == "error" and not fits)
        answers[name] = "refused" if is_refused else "applied"
    largest = assumptions.largest_file_bytes
    for name, megabytes in SIZES.items():
        answers[name] = "applied" if largest is None or megabytes * MEGABYTE <= largest else "refused"
    answers["dataSet"] = assumptions.dataSet
    answers["nonAscii"] = "applied" if assumptions.characterSet == "omitted" else "refused"
    answers["identifyingUids"] = "needed" if assumptions.identifyingUids == "present" else "refused"
    answers["emptyNoValue"] = "cleared" if assumptions.emptyValue == "no-value" else "refused"
    answers["emptyNull"] = "cleared" if assumptions.emptyValue == "null" else "refused"
    answers["sequences"] = "replaced" if assumptions.sequences == "replaced" else "merged"
    answers["privateElements"] = "applied" if assumptions.privateElements == "applied" else "refused"
    answers["precedence"] = "series" if assumptions.precedence == "series" else "refused"
    return OverrideAnswers.model_validate(answers)


def map_questions_to_answers() -> dict[str, tuple[str, ...]]:
    """Return a dict: name of a question -> all possible answers."""
    return {name: get_args(field.annotation) for name, field in OverrideAnswers.model_fields.items()}
