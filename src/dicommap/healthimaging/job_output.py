"""The output of an import job in S3: names of folders, files and warnings.

The developer guide lists each warning with a type, a hexadecimal code and a decimal code. In three rows of this list,
the two codes are not the same number. So the name of a warning is found by its type, and by its code only if the type
is not listed. The guide writes types in upper case; records in S3 write them in camel case.
"""

from __future__ import annotations

import re

from dicommap.reading.document_limits import JOB_MANIFEST_LIMIT

_NAME_BY_CODE = {
    0xB000: "COERCION_OF_DATA_ELEMENTS",
    0xB006: "ELEMENTS_DISCARDED",
    0xB007: "SOP_CLASS_DATA_MISMATCH",
    0xB100: "TRANSCODING_EXCEPTION",
    0xB110: "FRAMES_EXTRACTION_FAILURE",
    0xB111: "FRAME_NUMBER_MISMATCH",
    0xB112: "INVALID_OFFSET_TABLE",
    0xB120: "UNSUPPORTED_TRANSFER_SYNTAX",
    0xB201: "INVALID_UID_FORMAT",
    0xB202: "INVALID_DICOM_VALUE_LENGTH",
    0xBFFF: "OTHER",
}
_MISPRINTED_CODES = {45571: "INVALID_DICOM_VALUE_LENGTH", 47513: "OTHER"}
"""Wrong decimal code in the developer guide's list of warnings -> name of the warning.

Such a code is not the same number as the hexadecimal code in its row of the list.
"""
_AMBIGUOUS_CODE = 45570
"""A code of two different warnings. So dicommap does not find the name of a warning by this code.

In the developer guide's list of warnings, it is the decimal code of INVALID_UID_FORMAT and the hexadecimal code of
INVALID_DICOM_VALUE_LENGTH.
"""

_NAME_BY_NUMBER = {
    number: name for number, name in {**_NAME_BY_CODE, **_MISPRINTED_CODES}.items() if number != _AMBIGUOUS_CODE
}
_NAME_BY_LETTERS = {name.replace("_", ""): name for name in _NAME_BY_CODE.values()}
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

UNKNOWN_WARNING = "unknown"


def find_warning_name(kind: object, number: object) -> str:
    """Return the name of a warning in the developer guide, such as `INVALID_UID_FORMAT`.

    If the guide does not list the type, the code decides. If it does not list the code either, return the type if it is
    valid, else the code as text if it is valid, else UNKNOWN_WARNING.

    Args:
        kind: The warning's type in the record.
        number: The warning's code in the record.

    """
    if isinstance(kind, str):
        letters = "".join(filter(str.isalnum, kind)).upper()
        if letters in _NAME_BY_LETTERS:
            return _NAME_BY_LETTERS[letters]
    code = _parse_warning_code(number)
    if code in _NAME_BY_NUMBER:
        return _NAME_BY_NUMBER[code]
    if isinstance(kind, str) and _TYPE.fullmatch(kind):
        return kind
    return UNKNOWN_WARNING if code is None else str(code)


def is_documented_warning(name: str) -> bool:
    """Return whether the developer guide lists a warning with this name."""
    return name.replace("_", "") in _NAME_BY_LETTERS


def _parse_warning_code(number: object) -> int | None:
    """Return the code of a warning, which is a number or a decimal or hexadecimal text; None for another value."""
    if isinstance(number, bool):
        return None
    if isinstance(number, int | float) and number == number // 1 and 0 <= number <= 0xFFFF:
        return int(number)
    if isinstance(number, str):
        text = number.strip().lower()
        base = 16 if text.startswith("0x") else 10
        digits = text.removeprefix("0x")
        if digits.isascii() and digits.isalnum() and len(digits) <= 5:
            try:
                return int(digits, base)
            except ValueError:
                return None
    return None


JOB_MANIFEST_NAME = "job-output-manifest.json"
JOB_MANIFEST_BYTES_LIMIT = JOB_MANIFEST_LIMIT.bytes
"""Maximum number of bytes that are read from a job manifest."""
_KINDS = ("SUCCESS", "FAILURE", "WARNING")
_SUFFIX = ".ndjson"


def job_folder_name(datastore_id: str, job_id: str) -> str:
    """Return the name of a job's output folder: DATASTORE-DicomImport-JOB."""
    return f"{datastore_id}-DicomImport-{job_id}"


def parse_job_id(folder_name: str) -> str:
    """Return the job id in the name of a job's output folder; an empty text if the name has another form."""
    return folder_name.rpartition("-DicomImport-")[2] if "-DicomImport-" in folder_name else ""


def record_kind_of(path: str) -> str | None:
    """Return the kind of the records in an output file of a job: SUCCESS, FAILURE or WARNING; None for another file.

    `path` is the path of the file in the job's output folder. AWS documents one file for each kind. It does not
    document whether a large job has several files. So all .ndjson files in the folder of a kind are accepted.
    """
    folder, _, name = path.rpartition("/")
    return folder if folder in _KINDS and name.endswith(_SUFFIX) else None
