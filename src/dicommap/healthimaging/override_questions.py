"""Questions about override files that AWS does not answer, and the answers that a service can give.

AWS documents that a mapping maps the files of a study or series to a JSON metadata file. It documents nothing about the
content of that file (API reference, DicomMetadataMapping; developer guide, "Starting an import job"). A probe asks a
data store these questions. The stand-in of dicommap.testing gives the answers that a test wants.
"""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

Effect = Literal["applied", "ignored", "refused"]
"""The effect of a value or file: it is stored, nothing changes, or the service reports a refusal."""
EmptyEffect = Literal["cleared", "ignored", "refused"]
"""The effect of an attribute without a value: the stored attribute becomes empty, stays unchanged, or is refused."""


class OverrideAnswers(BaseModel):
    """One answer to each question. The defaults are the answers under which the default assumptions work."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    refusal: Literal["job-failed", "files-failed", "warned", "silent"] = "job-failed"
    """How a refusal is reported: the job fails, the files of the mapping fail, they get a warning, or not at all."""

    dataSet: Literal["object", "array", "both"] = "object"
    """The JSON value of a file that is accepted: one data set object, an array with one object, or both."""
    identifyingUids: Literal["refused", "allowed", "needed"] = "refused"
    """Whether a file may or must repeat the Study and Series Instance UID of its mapping."""

    emptyNoValue: EmptyEffect = "cleared"
    """An attribute without Value (PS3.18 F.2.5)."""
    emptyNull: EmptyEffect = "refused"
    """An attribute with the Value `[null]`."""
    emptyList: EmptyEffect = "refused"
    """An attribute with the Value `[]`."""

    sequences: Literal["replaced", "merged"] = "replaced"
    """Whether the items of a sequence replace the stored items, or each item is merged with the item at its place."""
    privateElements: Effect = "applied"
    """Private elements with their private creator."""

    patientInStudy: Effect = "applied"
    """An attribute of the patient level in the override of a study."""
    studyInStudy: Effect = "applied"
    """An attribute of the study level in the override of a study."""
    seriesInStudy: Effect = "applied"
    """An attribute of the series level in the override of a study."""
    instanceInStudy: Effect = "applied"
    """An attribute of the instance level in the override of a study."""
    patientInSeries: Effect = "applied"
    """An attribute of the patient level in the override of a series."""
    studyInSeries: Effect = "applied"
    """An attribute of the study level in the override of a series."""
    seriesInSeries: Effect = "applied"
    """An attribute of the series level in the override of a series."""
    instanceInSeries: Effect = "applied"
    """An attribute of the instance level in the override of a series."""

    precedence: Literal["series", "study", "refused"] = "series"
    """Whose value is stored if the overrides of a study and of its series have the same attribute."""
    twoMappings: Literal["refused", "first", "last", "merged"] = "refused"
    """The effect of two mappings with the same study: a refusal, one of them is applied, or both are."""
    sharedFile: Effect = "applied"
    """One file that two mappings name."""
    noMatch: Literal["ignored", "refused"] = "ignored"
    """A mapping of a study that has no file in the job."""

    missingFile: Literal["refused", "ignored"] = "refused"
    """A mapping whose file does not exist."""
    brokenFile: Literal["refused", "ignored"] = "refused"
    """A file that is not JSON."""
    byteOrderMark: Effect = "refused"
    """A file that begins with a byte order mark."""
    latin1: Literal["refused", "ignored", "misread", "applied"] = "refused"
    """A file in Latin-1; `misread` if the stored text has replacement characters."""
    characterSet: Effect = "applied"
    """A file that has SpecificCharacterSet (0008,0005) `ISO_IR 192`."""
    size1: Effect = "applied"
    """A file of 1 MB."""
    size10: Effect = "applied"
    """A file of 10 MB."""
    size50: Effect = "applied"
    """A file of 50 MB."""

    numbersAsText: Effect = "applied"
    """The value of a DS or IS as JSON string (PS3.18 F.2.3 allows both forms)."""
    numbersAsNumber: Effect = "applied"
    """The value of a DS or IS as JSON number."""
    longValues: Literal["applied", "cut", "ignored", "refused"] = "refused"
    """A value that is longer than the limit of "DICOM element constraints"; `cut` if its beginning is stored."""

    overrideFiles: Literal["ignored", "failed"] = "ignored"
    """Whether override files are left out of the job manifests, or reported as failed because they are not P10."""
    overrideFilesCount: Literal["counted", "not-counted"] = "not-counted"
    """Whether override files count as scanned files of the job."""
    withoutFiles: Literal["unchanged", "changed", "refused"] = "unchanged"
    """Whether a job without P10 files changes the stored image sets of its mappings."""
    prefixWithoutSlash: Literal["joined", "concatenated"] = "joined"
    """Whether an inputS3Uri without a slash at its end is joined to metadataFilePath with a slash or without."""
    twoCopies: Literal["first", "last"] = "last"
    """Which of two files with the same SOP Instance UID in one job is stored, in the order of their object keys."""


def list_answers() -> dict[str, tuple[str, ...]]:
    """Return the possible answers of each question, by the question's name."""
    return {name: get_args(field.annotation) for name, field in OverrideAnswers.model_fields.items()}
