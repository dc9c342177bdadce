"""Mask names of JSON and TOML members, and names of types, that may be patients' values.

By mistake, a patient's name can be used as a member's name. So a message repeats only member names of dicommap's and
AWS's documents, names that differ from these by one letter, keywords and tags.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache

from dicommap.dicom.printable_text import MASK

_SCHEMA_MEMBER_NAMES = """
    after afterMark Alphabetic assumptions attempt attributes before beforeMark BulkDataURI by bytes cell
    changed changes clientToken code column configuration dataAccessRoleArn dataSet datastoreId date delimiter
    dicomJsonMetadataImportConfiguration dicomMetadataMappings disposition duplicates edits empty emptyValue
    encoding endedAt ending endpointUrl etag exceptionType failed file fileBytes files folders forecast
    fromOtherSeries further gone id identifyingUids Ideographic imageSetId imageSets importConfiguration
    imported InlineBinary inputOwnerAccountId inputS3Uri instanceInSeries instanceInStudy instances isPrimary
    job jobId jobName jobs jobStatus keyword largestFile level location lookup lower mappings mark match message
    metadataFilePath name new non-primary not-reported notInstances object objects observed otherLevels others
    outcome outputS3Uri overrideFiles path patientInSeries patientInStudy pattern Phonetic pointer policy
    precedence preview primary privateElements probe profile quotas raw refusedNotInstances region replace row
    rule same samePatient seenAt sequences series seriesInSeries seriesInstanceUID seriesInStudy set severity
    sha256 shift_days size source sourceBytes sourceFiles sources staged startingAt state status strip studies
    study studyInSeries studyInstanceUID studyInStudy submittedAt toOtherSeries truncate_date unclear unplanned
    upper Value value version vr warnings with
"""
_JOB_MANIFEST_MEMBER_NAMES = """
    imageSetsSummary jobProperties jobSummary numberOfFilesWithCustomerError numberOfFilesWithServerError
    numberOfGeneratedImageSets numberOfImportedFiles numberOfMatchedSOPInstances numberOfScannedFiles
    warningsSummary
"""
_COMMON_MISTAKES = "clear delete drop if remove rules unless unset when where"
"""Member names that people use in rules by mistake."""

SCHEMA_MEMBERS = frozenset(_SCHEMA_MEMBER_NAMES.split())
"""All member names of the shipped schemas except keywords and tags. A test compares them with the schemas."""
KNOWN_MEMBERS = SCHEMA_MEMBERS | frozenset(f"{_JOB_MANIFEST_MEMBER_NAMES} {_COMMON_MISTAKES}".split())
"""Member names that a message repeats unmasked."""

_TAG = re.compile(r"[0-9A-Fa-f]{8}|\(?[0-9A-Fa-f]{4}[,_][0-9A-Fa-f]{4}\)?|0[xX][0-9A-Fa-f]{6,8}")
_SHORT = 3
"""Maximum characters of a name that is too short to be a patient's identifier."""
_LONGEST = max(map(len, KNOWN_MEMBERS)) + 1
_KNOWN_PACKAGES = frozenset(
    [
        "PIL",
        "boto3",
        "botocore",
        "dask",
        "dateutil",
        "dicommap",
        "distributed",
        "numpy",
        "pandas",
        "polars",
        "pyarrow",
        "pydantic",
        "pydicom",
        "re2",
        "rich",
        "s3transfer",
        "urllib3",
        "zstandard",
    ]
)


def mask_unknown_member(name: str) -> str:
    """Return a name for a message if it looks like a known member, a keyword or a tag, else the mask."""
    from dicommap.dicom.dictionary import TAG_BY_KEYWORD

    if name in KNOWN_MEMBERS or _TAG.fullmatch(name) is not None or name in TAG_BY_KEYWORD:
        return name
    if len(name) > _LONGEST or not name.isascii() or not name.isprintable():
        return MASK
    if len(name) <= _SHORT:
        return name
    folded = name.lower()
    return (
        name
        if folded in _find_similar_members() or not _find_similar_members().isdisjoint(_without_one_letter(folded))
        else MASK
    )


def mask_unknown_type(kind: type) -> str:
    """Return the name of a type for a message if Python or a known library defines the type, else the mask.

    The name of a class that a user defines may contain a patient's value.
    """
    package = kind.__module__.partition(".")[0]
    known = package in sys.stdlib_module_names or package in _KNOWN_PACKAGES
    return kind.__name__ if known and kind.__name__.isidentifier() and package != "__main__" else MASK


@lru_cache(maxsize=1)
def _find_similar_members() -> frozenset[str]:
    folded = {name.lower() for name in KNOWN_MEMBERS}
    return frozenset(folded | {short for name in folded if len(name) > 3 for short in _without_one_letter(name)})


def _without_one_letter(name: str) -> list[str]:
    """Return the texts that result from removing one letter of the name.

    Two names that differ by one letter have such a text in common.
    """
    return [name[:at] + name[at + 1 :] for at in range(len(name))]
