"""Limits of AWS HealthImaging and the transfer syntaxes that it supports, each with its source.

This module imports no other module of dicommap, so all modules can import it. Messages, docstrings and defaults do not
repeat the numbers. A test compares the pages in docs with this module.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_MAPPINGS = 1_000
"""Maximum number of dicomMetadataMappings in one import job (API reference, DicomJsonMetadataImportConfiguration)."""

MAX_MAPPING_UID = 512
"""Maximum number of characters of a UID in a mapping (API reference, DicomMetadataMapping)."""

MAX_METADATA_FILE_PATH = 1_024
"""Maximum number of characters of metadataFilePath (API reference, DicomMetadataMapping)."""

MAX_S3_URI = 1_024
"""Maximum number of characters of inputS3Uri and of outputS3Uri (API reference, StartDICOMImportJob)."""

MAX_KEY_BYTES = 1_024
"""Maximum number of bytes of an S3 object key in UTF-8 (Amazon S3 user guide, "Naming objects")."""

MAX_JOB_NAME = 64
"""Maximum number of characters of jobName (API reference, StartDICOMImportJob)."""

MAX_CLIENT_TOKEN = 64
"""Maximum number of characters of clientToken (API reference, StartDICOMImportJob)."""

MIN_ROLE_ARN, MAX_ROLE_ARN = 20, 2_048
"""Minimum and maximum number of characters of dataAccessRoleArn (API reference, StartDICOMImportJob)."""

MAX_STORED_UID = 256
"""Maximum number of characters of a UID that HealthImaging can store ("DICOM element constraints")."""

MAX_P10_GB = 10
"""Maximum size of one DICOM P10 file in GB, not adjustable ("Endpoints and quotas")."""

MAX_P10_BYTES = MAX_P10_GB * 1024**3
"""Maximum size of one DICOM P10 file in bytes. AWS does not document whether a GB is 1000**3 or 1024**3 bytes.

Here it is 1024**3 bytes, so a larger file is too large in both cases.
"""

MAX_JOB_GB = 10
"""Maximum size of all files of one import job in GB, not adjustable ("Endpoints and quotas")."""

MAX_JOB_BYTES = MAX_JOB_GB * 1000**3
"""Maximum size of all files of one import job in bytes.

Here a GB is 1000**3 bytes, so a job obeys the quota whether AWS's GB has 1000**3 or 1024**3 bytes.
"""

DEFAULT_JOB_FILES = 5_000
"""Maximum number of files of one import job by default, adjustable ("Endpoints and quotas")."""

MAX_JOB_FOLDERS = 10_000
"""Maximum number of nested folders of one import job, not adjustable ("Endpoints and quotas")."""

MAX_METADATA_MB = 50
"""Maximum size of the metadata of an image set in MB, adjustable ("Endpoints and quotas")."""

MAX_UPDATE_KB = 10
"""Maximum size of the payload of UpdateImageSetMetadata in KB, adjustable ("Endpoints and quotas")."""

MAX_UPDATE_BYTES = MAX_UPDATE_KB * 1000
"""Maximum number of bytes of `updatableAttributes` and `removableAttributes` together in one request.

AWS does not document whether a KB has 1000 or 1024 bytes, or what belongs to the payload.
"""

CONCURRENT_JOBS = 100
"""Default maximum number of import jobs that run in a data store at once, adjustable ("Endpoints and quotas")."""

CONCURRENT_JOBS_AP_SOUTHEAST_2 = 20
"""The value that replaces CONCURRENT_JOBS in the region ap-southeast-2 ("Endpoints and quotas")."""


class Rate(NamedTuple):
    """The rate limit of an AWS operation: how often it may be called."""

    per_second: float
    """Number of calls per second."""
    burst: int
    """Number of calls that can be made without pauses after some time without calls."""


START_RATE = Rate(1, 2)
"""Rate limit of StartDICOMImportJob ("Throttling limits")."""

GET_RATE = Rate(25, 50)
"""Rate limit of GetDICOMImportJob ("Throttling limits")."""

LIST_RATE = Rate(10, 20)
"""Rate limit of ListDICOMImportJobs ("Throttling limits")."""

SEARCH_IMAGE_SETS_RATE = Rate(25, 50)
"""Rate limit of SearchImageSets ("Throttling limits")."""

GET_IMAGE_SET_RATE = Rate(25, 50)
"""Rate limit of GetImageSet ("Throttling limits")."""

GET_IMAGE_SET_METADATA_RATE = Rate(50, 100)
"""Rate limit of GetImageSetMetadata ("Throttling limits")."""

LIST_IMAGE_SET_VERSIONS_RATE = Rate(25, 50)
"""Rate limit of ListImageSetVersions ("Throttling limits")."""

DELETE_IMAGE_SET_RATE = Rate(0.25, 1)
"""Rate limit of DeleteImageSet ("Throttling limits")."""

UPDATE_IMAGE_SET_METADATA_RATE = Rate(0.25, 1)
"""Rate limit of UpdateImageSetMetadata ("Throttling limits")."""

COPY_IMAGE_SET_RATE = Rate(0.25, 1)
"""Rate limit of CopyImageSet ("Throttling limits")."""

MAX_ELEMENT_LENGTHS = {
    "PatientName": 256,
    "PatientID": 256,
    "PatientBirthDate": 18,
    "PatientSex": 16,
    "StudyID": 256,
    "StudyDescription": 256,
    "AccessionNumber": 256,
    "StudyDate": 18,
    "StudyTime": 28,
}
"""Keyword -> maximum number of characters of the value in an import ("DICOM element constraints").

These are attributes that overrides can set. For each of them, the limit of PS3.5 is lower, so every value that is valid
for its VR is accepted.
"""

SUPPORTED_TRANSFER_SYNTAXES = frozenset(
    f"1.2.840.10008.1.2{suffix}"
    for suffix in [
        ".1",
        ".1.99",
        ".2",
        ".4.50",
        ".4.51",
        ".4.57",
        ".4.70",
        ".4.80",
        ".4.81",
        ".4.90",
        ".4.91",
        ".4.92",
        ".4.93",
        ".4.112",
        ".4.201",
        ".4.202",
        ".4.203",
        ".5",
        ".4.100",
        ".4.100.1",
        ".4.101",
        ".4.101.1",
        ".4.102",
        ".4.102.1",
        ".4.103",
        ".4.103.1",
        ".4.104",
        ".4.104.1",
        ".4.105",
        ".4.105.1",
        ".4.106",
        ".4.106.1",
        ".4.107",
        ".4.108",
    ]
) | {"1.2.840.10008.1.2"}
"""Transfer syntaxes that an import job accepts ("Supported transfer syntaxes")."""


def describe_uid_mapping_problem(uid: str) -> str | None:
    """Return the reason why a mapping in an import configuration cannot contain a UID; None if it can.

    AWS's service model accepts only digits and dots. HealthImaging stores at most MAX_STORED_UID characters of a UID.
    """
    if not uid:
        return "is empty"
    digits = uid.replace(".", "")  # string methods are faster than a regular expression, and each header has four UIDs
    if digits and not (digits.isascii() and digits.isdecimal()):
        return "has characters other than digits and dots"
    if len(uid) > MAX_STORED_UID:
        return f"has {len(uid)} characters; HealthImaging stores at most {MAX_STORED_UID}"
    if ".." in f".{uid}.":
        return "has an empty component"
    return None
