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
"""The effect of a value or file: it is stored, nothing changes, or the service reports a refusal."""
EmptyEffect = Literal["cleared", "ignored", "refused"]
"""The effect of an attribute without a value: the stored attribute becomes empty, stays unchanged, or is refused."""


class OverrideAnswers(BaseModel):
    """One answer to each question. The defaults are the answers under which the default assumptions work."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    refusal: Literal["job-failed", "files-failed", "warned", "silent"] = "job-failed"
    """How a refusal is reported: the job fails, the files of the mapping fail, they get a warning, or not at all.

    Nothing of a refused file is applied. A `silent` refusal looks like the answer `ignored`.
    """

    dataSet: Literal["object", "array", "both"] = "object"
    """The JSON value of a file that is accepted: one data set object, an array with one object, or both.

    A file with another value is refused.
    """
    identifyingUids: Literal["refused", "allowed", "needed"] = "refused"
    """Whether a file may or must repeat the Study and Series Instance UID of its mapping. If not, it is refused."""

    emptyNoValue: EmptyEffect = "cleared"
    """An attribute without Value (PS3.18 F.2.5)."""
    emptyNull: EmptyEffect = "refused"
    """An attribute with the Value `[null]`."""
    emptyList: EmptyEffect = "refused"
    """An attribute with the Value `[]`."""

    sequences: Literal["replaced", "merged"] = "replaced"
    """Whether the items of a sequence replace the stored items, or each item is merged with the item at its place."""
    privateElements: Effect = "applied"
    """Private elements with their private creator. They have no level in the questions about levels."""

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
    """One file that two mappings name. The answer is about both mappings."""
    noMatch: Literal["ignored", "refused"] = "ignored"
    """A mapping of a study or series that has no file in the job, although the job has P10 files.

    A refusal can only be seen if it fails the job, or if it lists the override file among the failed files.
    """

    missingFile: Literal["refused", "ignored"] = "refused"
    """A mapping whose file does not exist."""
    brokenFile: Literal["refused", "ignored"] = "refused"
    """A file that is not JSON."""
    byteOrderMark: Effect = "refused"
    """A file that begins with a byte order mark. `ignored` if nothing of the file is applied."""
    latin1: Literal["refused", "ignored", "misread", "applied"] = "refused"
    """A file in Latin-1 that is not UTF-8; `misread` if the stored text has replacement characters."""
    characterSet: Effect = "applied"
    """A file in UTF-8 that has SpecificCharacterSet (0008,0005) `ISO_IR 192`.

    `ignored` if nothing of the file is applied. The attribute has no level in the questions about levels.
    """
    size1: Effect = "applied"
    """A file of at least 1 MB (MEGABYTE). The limit of the next question is the end of this one."""
    size10: Effect = "applied"
    """A file of at least 10 MB."""
    size50: Effect = "applied"
    """A file of at least 50 MB."""

    numbersAsText: Effect = "applied"
    """The value of a DS or IS as JSON string (PS3.18 F.2.3 allows both forms). `ignored` is about the attribute."""
    numbersAsNumber: Effect = "applied"
    """The value of a DS or IS as JSON number."""
    longValues: Literal["applied", "cut", "ignored", "refused"] = "refused"
    """A value that is longer than the limit of "DICOM element constraints"; `cut` if its beginning is stored."""

    overrideFiles: Literal["ignored", "failed"] = "ignored"
    """Whether override files are left out of the job manifests, or reported as failed files that are not P10 files."""
    overrideFilesCount: Literal["counted", "not-counted"] = "not-counted"
    """Whether override files count as scanned files of the job, and for the quota of files."""
    withoutFiles: Literal["unchanged", "changed", "refused"] = "unchanged"
    """Whether a job without P10 files changes the stored image sets of its mappings. It replaces `noMatch`."""
    prefixWithoutSlash: Literal["joined", "concatenated"] = "joined"
    """Whether an inputS3Uri without a slash at its end is joined to metadataFilePath with a slash or without."""
    twoCopies: Literal["first", "last"] = "last"
    """Which of two files with the same SOP Instance UID in one job is stored, in the order of their object keys."""


MEGABYTE = 1_000_000
"""The bytes of 1 MB in the questions about sizes. A file of 1 MiB is one of 1 MB, too."""
SIZES = {"size1": 1, "size10": 10, "size50": 50}
"""Question about a size -> MB. A question is about files of this size that are smaller than the next size."""
_OVERRIDES = (Level.STUDY, Level.SERIES)


def make_fitting_answers(assumptions: Assumptions) -> OverrideAnswers:
    """Return the answers of a service that applies files with these assumptions, and refuses the other forms."""
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
    answers["identifyingUids"] = "needed" if assumptions.identifyingUids == "present" else "refused"
    answers["emptyNoValue"] = "cleared" if assumptions.emptyValue == "no-value" else "refused"
    answers["emptyNull"] = "cleared" if assumptions.emptyValue == "null" else "refused"
    answers["sequences"] = "replaced" if assumptions.sequences == "replaced" else "merged"
    answers["privateElements"] = "applied" if assumptions.privateElements == "applied" else "refused"
    answers["precedence"] = "series" if assumptions.precedence == "series" else "refused"
    return OverrideAnswers.model_validate(answers)


def list_answers() -> dict[str, tuple[str, ...]]:
    """Return the possible answers of each question, by the question's name."""
    return {name: get_args(field.annotation) for name, field in OverrideAnswers.model_fields.items()}
