"""Limits and lists that AWS HealthImaging documents, each with its page of the developer guide."""

from __future__ import annotations

MAX_MAPPINGS = 1_000
"""Items of dicomMetadataMappings in one import job (API reference, DicomJsonMetadataImportConfiguration)."""

MAX_P10_BYTES = 10 * 1024**3
"""Size of one DICOM P10 file: 10 GB, not adjustable ("Endpoints and quotas").

How many bytes a GB has is not documented. A larger file is too large either way.
"""

MAX_JOB_BYTES = 10 * 1000**3
"""Size of all files in one import job: 10 GB, not adjustable (same page); so many bytes obey it either way."""

DEFAULT_JOB_FILES = 5_000
"""Files in one import job by default, adjustable (same page)."""

MAX_JOB_FOLDERS = 10_000
"""Nested folders in one import job, not adjustable (same page)."""

ELEMENT_LENGTHS = {
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
"""Characters that an import takes at most ("DICOM element constraints"), for what an override may set.

The limits of PS3.5 are tighter for each of them, so that a value that its value representation can hold fits.
"""

TRANSFER_SYNTAXES = frozenset(
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
"""Transfer syntaxes that an import job takes ("Supported transfer syntaxes")."""
