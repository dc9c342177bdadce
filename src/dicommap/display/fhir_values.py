"""Convert values of DICOM attributes, which are texts, to primitive types of FHIR (FHIR R4, "Data types")."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import is_undecodable

if TYPE_CHECKING:
    from datetime import tzinfo

MAX_ID_LENGTH = 64
"""Maximum number of characters of a FHIR id. All characters of UIDs are allowed in a FHIR id."""
MAX_UNSIGNED_INT = 2**31 - 1

_FORBIDDEN_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CODE = re.compile(r"\S+(?: \S+)*")
_INTEGER = re.compile(r"[+-]?[0-9]{1,12}")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])(?:([0-5][0-9])(\.[0-9]{1,6})?)?")
_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4])([0-5][0-9])")


class FhirConversionError(Exception):
    """Error for a value that FHIR cannot express. Its text is the reason, and does not contain the value."""


def to_string(text: str) -> str | None:
    """Convert a text to a FHIR string without spaces at its start and end; return None for a blank text.

    Raises FhirConversionError if the text has control characters or bytes that cannot be decoded.
    """
    if is_undecodable(text):
        raise FhirConversionError("it has bytes that cannot be decoded")
    if _FORBIDDEN_CHARACTERS.search(text) is not None:
        raise FhirConversionError("it has a control character")
    stripped = text.strip(" ")
    return stripped if stripped.strip() else None


def is_code(text: str) -> bool:
    """Return whether a text is a FHIR code: words with single spaces between them."""
    return _CODE.fullmatch(text) is not None


def to_unsigned_int(text: str) -> int | None:
    """Convert a text to a FHIR unsignedInt; return None for a blank text.

    Raises FhirConversionError if the text is not a whole number, or is out of range.
    """
    if not text.strip():
        return None
    number = int(text) if _INTEGER.fullmatch(text.strip()) else -1
    if not 0 <= number <= MAX_UNSIGNED_INT:
        raise FhirConversionError(f"it is not a whole number from 0 to {MAX_UNSIGNED_INT}")
    return number


def to_date(text: str) -> date | None:
    """Convert a DICOM date (DA) to a date; return None for a blank text.

    Raises FhirConversionError if the text is not a date that exists, as YYYYMMDD.
    """
    if not text.strip():
        return None
    match = _DATE.fullmatch(text.strip())
    try:
        if match is not None:
            return date(*map(int, match.groups()))
    except ValueError:
        pass
    raise FhirConversionError("it is not an existing date in the form YYYYMMDD")


def to_time(text: str) -> str | None:
    """Convert a DICOM time (TM) to HH:MM:SS, with its fraction of a second; return None for a blank text.

    Missing seconds become zeros, as FHIR allows. Raises FhirConversionError if the text is not a time, or has no
    minutes.
    """
    if not text.strip():
        return None
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise FhirConversionError("it is no time with hours and minutes, as HHMMSS.FFFFFF")
    hours, minutes, seconds, fraction = match.groups()
    return f"{hours}:{minutes}:{seconds or '00'}{fraction or ''}"


def to_offset(text: str) -> str | None:
    """Convert a TimezoneOffsetFromUTC to the form +HH:MM; return None for a blank text.

    Raises FhirConversionError if the text is not a valid offset.
    """
    if not text.strip():
        return None
    match = _OFFSET.fullmatch(text.strip())
    if match is None or text.strip() == "-0000" or not -1200 <= int(text) <= 1400:
        raise FhirConversionError("it is no offset from UTC, as +HHMM")
    return f"{match[1]}{match[2]}:{match[3]}"


def format_zone_offset(on: date, time: str, zone: tzinfo) -> str:
    """Return the offset of a time zone from UTC, at a local date and time, as +HH:MM.

    Args:
        on: The local date.
        time: The local time, as HH:MM:SS.
        zone: The time zone.

    Raises:
        FhirConversionError: The local time does not exist or exists twice, because clocks were put forward or back; or
            the offset is not a whole number of minutes, which happens for old dates.
    """
    hours, minutes, seconds = (int(time[at : at + 2]) for at in (0, 3, 6))
    local = datetime(on.year, on.month, on.day, hours, minutes, seconds, tzinfo=zone)
    first, second = local.utcoffset(), local.replace(fold=1).utcoffset()  # two equal times (PEP 495)
    if first is None or second is None:
        raise FhirConversionError("the time zone has no offset then")
    if first != second:
        how = "twice, since clocks were put back" if first > second else "not at all, since clocks were put forward"
        raise FhirConversionError(f"the time zone has this time {how}")
    total, rest = divmod(int(first.total_seconds()), 60)
    if rest:
        raise FhirConversionError("the time zone's offset from UTC is no whole number of minutes then")
    return f"{'-' if total < 0 else '+'}{abs(total) // 60:02}:{abs(total) % 60:02}"
