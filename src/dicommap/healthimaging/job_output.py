"""The output of an import job: its folders and file names, and names of warnings.

The page's decimal numbers are not those of its hexadecimal ones in three rows, and records spell the type in camel case
while the page has upper case: so a warning is known by its type first, and by either number else.
"""

from __future__ import annotations

import re

from dicommap.reading.document_limits import JOB_MANIFEST_LIMIT

_CODES = {
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
_PRINTED = {45571: "INVALID_DICOM_VALUE_LENGTH", 47513: "OTHER"}
"""Decimal numbers of the page that are not those of their own rows, and of no other row either."""
_AMBIGUOUS = 45570
"""Printed for INVALID_UID_FORMAT, and the true value of INVALID_DICOM_VALUE_LENGTH: the number alone tells neither."""

_BY_NUMBER = {number: name for number, name in {**_CODES, **_PRINTED}.items() if number != _AMBIGUOUS}
_BY_LETTERS = {name.replace("_", ""): name for name in _CODES.values()}
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

UNKNOWN_WARNING = "unknown"


def warning_name(kind: object, number: object) -> str:
    """Return the name of a warning by its type or number as a record has them; what is not listed keeps its own."""
    if isinstance(kind, str):
        letters = "".join(filter(str.isalnum, kind)).upper()
        if letters in _BY_LETTERS:
            return _BY_LETTERS[letters]
    code = _number(number)
    if code in _BY_NUMBER:
        return _BY_NUMBER[code]
    if isinstance(kind, str) and _TYPE.fullmatch(kind):
        return kind
    return UNKNOWN_WARNING if code is None else str(code)


def is_warning_name(name: str) -> bool:
    """Say whether the developer guide lists a warning of this name."""
    return name.replace("_", "") in _BY_LETTERS


def _number(number: object) -> int | None:
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
"""Bytes of a summary that are read."""
_KINDS = ("SUCCESS", "FAILURE", "WARNING")
_SUFFIX = ".ndjson"


def job_folder_name(datastore_id: str, job_id: str) -> str:
    """Return the name of a job's folder."""
    return f"{datastore_id}-DicomImport-{job_id}"


def parse_job_id(folder_name: str) -> str:
    """Return the job's id in the name of its folder; the empty text where it is none."""
    return folder_name.rpartition("-DicomImport-")[2] if "-DicomImport-" in folder_name else ""


def record_kind_of(path: str) -> str | None:
    """Return the kind of a file's records by its path in the job's folder; None where it holds none.

    One file of each kind is documented; whether the records of a large job are split is not, so all are taken.
    """
    folder, _, name = path.rpartition("/")
    return folder if folder in _KINDS and name.endswith(_SUFFIX) else None
