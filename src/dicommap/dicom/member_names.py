"""Mask names of JSON and TOML members, and names of types, that may be patients' values.

By mistake, a patient's name can be used as the name of a member. So a message repeats a name only if it is a member
name of dicommap's or AWS's documents, differs from such a name by one letter, or is a keyword or tag.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache

from dicommap.dicom.printable_text import MASK

_SCHEMA_MEMBER_NAMES = """
    absent action adoptedAt after afterMark Alphabetic answer applied assumptions at attempt attribute
    attributes audit baseVersion before beforeMark BulkDataURI by bytes carrier cell changed changes
    characterSet clientToken code column configuration counts dataAccessRoleArn dataSet datastoreId date
    decimalStrings delimiter DICOM dicomJsonMetadataImportConfiguration dicomMetadataMappings DICOMVRs different
    differing disposition duplicates earlierPlan edits effect effects elsewhere empty emptyValue encoding
    endedAt ending endpointUrl etag evidence exceptionType failed file fileBytes files folders force forecast
    fromOtherSeries further gone grouping hash id identifyingUids Ideographic imageSetId imageSets
    importConfiguration imported includesStudy InlineBinary inputOwnerAccountId inputS3Uri instance
    instanceInSeries instanceInStudy Instances instances isComplete isForced isInferred isPrimary issues job
    jobId jobName jobs jobStatus keyId keyword knownJobId label largestFile level location lookup lower mappings
    mark match message metadataFilePath missing moreBefore name new newImageSetId non-primary nonPrimary
    not-applied not-checked not-comparable not-readable not-reported notApplied notCompared notInstances notSent
    numbers object objects observed otherAttributes otherLevels others otherValues outcome outputS3Uri
    overrideFiles part parts path Patient patientInSeries patientInStudy pattern Phonetic plan pointer policy
    precedence preview previous previousValues primary primaryImageSetId primaryVersion privateElements probe
    problems profile question questions quotas raw reason records refusals refusedNotInstances region
    removableAttributes remove removedBytes replace reported request requestId requests result row rule same
    samePatient SchemaVersion seen seenAt sentAt sequences Series series seriesInSeries seriesInstanceUID
    seriesInStudy set severity sha256 shift_days size sopInstanceUID source sourceBytes sourceFiles sources
    staged startedAt startingAt state status statusSource step stored strip studies Study study studyInSeries
    studyInstanceUID studyInStudy submittedAt tag targetImageSetId text tooLarge toolVersion toOtherSeries
    truncate_date type unclear unplanned updatableAttributes update updateEmpty updateForce updatePersonNames
    updates updateSeries updateValues upper user Value value values version versionAfter versionBefore vr wanted
    warnings with
"""
_JOB_MANIFEST_MEMBER_NAMES = """
    imageSetsSummary jobProperties jobSummary numberOfFilesWithCustomerError numberOfFilesWithServerError
    numberOfGeneratedImageSets numberOfImportedFiles numberOfMatchedSOPInstances numberOfScannedFiles
    warningsSummary
"""
_COMMON_MISTAKES = "clear delete drop if rules unless unset when where"
"""Member names that people use in rules by mistake."""

SCHEMA_MEMBERS = frozenset(_SCHEMA_MEMBER_NAMES.split())
"""All member names of the shipped schemas except keywords and tags. A test compares them with the schemas."""
KNOWN_MEMBERS = SCHEMA_MEMBERS | frozenset(f"{_JOB_MANIFEST_MEMBER_NAMES} {_COMMON_MISTAKES}".split())
"""Member names that a message repeats without masking them."""

_TAG = re.compile(r"[0-9A-Fa-f]{8}|\(?[0-9A-Fa-f]{4}[,_][0-9A-Fa-f]{4}\)?|0[xX][0-9A-Fa-f]{6,8}")
_MAX_UNMASKED_LENGTH = 3
"""Names with at most this number of characters are not masked, because they are too short to identify a patient."""
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
    """Return the member name that a message may show: `name` itself if it is harmless, else the mask `***`.

    Names of known members, names similar to them, keywords, tags and very short names are harmless. Any other name may
    be a patient's value.
    """
    from dicommap.dicom.dictionary import TAG_BY_KEYWORD

    if name in KNOWN_MEMBERS or _TAG.fullmatch(name) is not None or name in TAG_BY_KEYWORD:
        return name
    if len(name) > _LONGEST or not name.isascii() or not name.isprintable():
        return MASK
    if len(name) <= _MAX_UNMASKED_LENGTH:
        return name
    folded = name.lower()
    return (
        name
        if folded in _list_similar_member_names()
        or not _list_similar_member_names().isdisjoint(_list_texts_without_one_letter(folded))
        else MASK
    )


def mask_unknown_type(kind: type) -> str:
    """Return the type name that a message may show: the name if Python or a known library defines the type, else `***`.

    The name of a class that a user defines may contain a patient's value.
    """
    package = kind.__module__.partition(".")[0]
    known = package in sys.stdlib_module_names or package in _KNOWN_PACKAGES
    return kind.__name__ if known and kind.__name__.isidentifier() and package != "__main__" else MASK


@lru_cache(maxsize=1)
def _list_similar_member_names() -> frozenset[str]:
    """Return the known member names in lower case, and each of these names without one of its letters."""
    folded = {name.lower() for name in KNOWN_MEMBERS}
    return frozenset(
        folded | {short for name in folded if len(name) > 3 for short in _list_texts_without_one_letter(name)}
    )


def _list_texts_without_one_letter(name: str) -> list[str]:
    """Return all texts that a name becomes if one of its letters is removed.

    For `ab`, these are `b` and `a`. Two names that differ by at most one letter have such a text in common, or one of
    the names is such a text of the other name.
    """
    return [name[:at] + name[at + 1 :] for at in range(len(name))]
