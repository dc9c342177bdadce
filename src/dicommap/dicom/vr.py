"""Value representations (VRs): groups of VRs, and checks of values that are given as text (PS3.5 section 6.2)."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dicommap.dicom.uid import UID_PATTERN
from dicommap.issues import make_issue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.issues import Issue, Location

TEXT_VRS = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "LT", "SH", "ST", "TM", "UC", "UI", "UR", "UT"})
NUMBER_TEXT_VRS = frozenset({"DS", "IS", "SV", "UV"})
"""VRs whose values can be numbers or strings in the DICOM JSON Model (PS3.18 Table F.2.3-1)."""
INTEGER_VRS = frozenset({"SL", "SS", "UL", "US"})
FLOAT_VRS = frozenset({"FL", "FD"})
BINARY_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
SINGLE_VALUE_VRS = frozenset({"LT", "ST", "UR", "UT"})
"""VRs with one value, in which a backslash is a character and not a separator (PS3.5 section 6.4)."""
MULTILINE_VRS = frozenset({"LT", "ST", "UT"})
"""VRs whose values may contain tabs and line breaks (PS3.5 section 6.1.3)."""
ALL_VRS = TEXT_VRS | NUMBER_TEXT_VRS | INTEGER_VRS | FLOAT_VRS | BINARY_VRS | {"AT", "PN", "SQ"}

UNIT_BYTES = {"OB": 1, "UN": 1, "OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8}
INTEGER_RANGES = {
    "IS": (-(2**31), 2**31 - 1),
    "SL": (-(2**31), 2**31 - 1),
    "SS": (-(2**15), 2**15 - 1),
    "UL": (0, 2**32 - 1),
    "US": (0, 2**16 - 1),
    "SV": (-(2**63), 2**63 - 1),
    "UV": (0, 2**64 - 1),
}
_FLOAT_CODES = {"FL": "<f", "FD": "<d"}
_FLOAT_LIMITS = {"FL": "3.4028235e38", "FD": "1.7976931348623157e308"}
PN_COMPONENTS = 5
PN_GROUPS = 3

_CHARACTER_LIMITS = {"LO": 64, "SH": 16, "ST": 1024, "LT": 10240, "PN": 64}
_LARGEST_VALUE_BYTES = 2**32 - 2
"""Maximum number of bytes of a value whose VR has no smaller limit (PS3.5 Table 6.2-1: UC, UR, UT)."""
MAX_IS_BYTES = 12
"""Maximum number of bytes of an IS value (PS3.5 Table 6.2-1)."""
_BYTE_LIMITS = {"AE": 16, "AS": 4, "CS": 16, "DA": 8, "DS": 16, "DT": 26, "IS": MAX_IS_BYTES, "TM": 14, "UI": 64}
_MAX_CHECKED_CHARACTERS = 1024
"""Maximum number of characters of a value whose form is checked. Longer values are only reported as too long."""
_MAX_INTEGER_DIGITS = 25
"""Maximum number of digits that are converted to an integer. Every valid integer value has fewer digits."""
_DEFAULT_REPERTOIRE = re.compile(r"[\x20-\x7e]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_LONG_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_URI_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_TIME = r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:(?:[0-5][0-9]|60)(?:\.[0-9]{1,6})?)?)?"
_DECIMAL = r" *[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)? *"
_DT = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<month>[0-9]{2})(?:(?P<day>[0-9]{2})(?P<time>" + _TIME + r")?)?)?"
    r"(?P<offset>[+-](?:0[0-9]|1[0-4])[0-5][0-9])? *"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ValueForm:
    """The form that the values of a VR must have: a function that checks a value, and a description of the form."""

    accepts: Callable[[str], bool]
    expected: str


def _make_pattern_matcher(pattern: str) -> Callable[[str], bool]:
    """Compile a pattern to a function that returns whether a whole text matches it."""
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _is_decimal_number(text: str) -> bool:
    # A longer text is not a realistic number, and converting it is slow.
    return len(text) <= _MAX_CHECKED_CHARACTERS and re.fullmatch(_DECIMAL, text) is not None


def is_date(text: str) -> bool:
    """Return whether a text is a value of DA: a date that exists, as YYYYMMDD (PS3.5 section 6.2)."""
    if re.fullmatch(r"[0-9]{8}", text) is None:
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    """Return whether a text is a value of DT: a date that exists, maybe with a time and an offset from UTC."""
    match = _DT.fullmatch(text)
    if match is None or match["offset"] == "-0000" or not -1200 <= int(match["offset"] or "0") <= 1400:
        return False
    return is_date(match["year"] + (match["month"] or "01") + (match["day"] or "01"))


_FORMS = {
    "AS": _ValueForm(
        accepts=_make_pattern_matcher(r"[0-9]{3}[DWMY]"), expected="an age of three digits and D, W, M or Y"
    ),
    "CS": _ValueForm(
        accepts=_make_pattern_matcher(r"[A-Z0-9 _]*[A-Z0-9_][A-Z0-9 _]*"),
        expected="upper-case letters, digits, _ and spaces",
    ),
    "DA": _ValueForm(accepts=is_date, expected="a date that exists, as YYYYMMDD"),
    "DS": _ValueForm(accepts=_make_pattern_matcher(_DECIMAL), expected="a decimal number"),
    "DT": _ValueForm(accepts=_is_date_time, expected="a date and time that exist, as YYYYMMDDHHMMSS.FFFFFF&ZZXX"),
    "IS": _ValueForm(accepts=_make_pattern_matcher(r" *[+-]?[0-9]+ *"), expected="an integer"),
    "TM": _ValueForm(accepts=_make_pattern_matcher(_TIME + " *"), expected="a time, as HHMMSS.FFFFFF"),
    "UI": _ValueForm(accepts=_make_pattern_matcher(UID_PATTERN), expected="a UID"),
    "UR": _ValueForm(accepts=_make_pattern_matcher(_URI_CHARACTERS.pattern + " *"), expected="a URI"),
    **dict.fromkeys(INTEGER_VRS, _ValueForm(accepts=_make_pattern_matcher(r" *[+-]?[0-9]+ *"), expected="an integer")),
    **dict.fromkeys(FLOAT_VRS, _ValueForm(accepts=_is_decimal_number, expected="a decimal number")),
    "AT": _ValueForm(
        accepts=_make_pattern_matcher(r"[0-9A-F]{8}"), expected="a tag of eight upper-case hexadecimal digits"
    ),
    "AE": _ValueForm(accepts=lambda text: bool(text.strip(" ")), expected="a title with a character that is no space"),
    "SV": _ValueForm(accepts=_make_pattern_matcher(r"[+-]?[0-9]+"), expected="an integer"),
    "UV": _ValueForm(accepts=_make_pattern_matcher(r"\+?[0-9]+"), expected="an integer that is not negative"),
}

_LENGTH_IN_FORM = frozenset({"AS", "DA", "DT", "TM"})
"""VRs whose form also limits the length. A value that is too long has one issue, which is about the form."""


def value_text_issues(vr: str, text: str, location: Location) -> Iterator[Issue]:
    """Yield an issue for each rule of a value representation (VR) that the text of one value violates.

    An empty text has no issues. The text of a person name (PN) has all its component groups, separated by '='.
    """
    if not text:
        return
    if vr == "PN":
        yield from _person_name_issues(text, location)
        return
    characters = list(_character_issues(vr, text, location))
    yield from characters
    form = None if vr in _BYTE_LIMITS and len(text) > _MAX_CHECKED_CHARACTERS else _FORMS.get(vr)
    misformed = form is not None and not characters and not form.accepts(text)
    if not (misformed and vr in _LENGTH_IN_FORM):
        yield from _length_issues(vr, text, location)
    if form is not None and misformed:
        yield make_issue("value.format", location, keyword=_name_attribute_at(location), vr=vr, expected=form.expected)
    elif vr in INTEGER_RANGES and form is not None and not characters:
        yield from integer_range_issues(vr, parse_integer(text), location)
    elif vr in FLOAT_VRS and not characters:
        yield from float_range_issues(vr, float(text), location)


def describe_vr(vr: str) -> str:
    """Describe the form and the limit of values of a VR in words, such as `LO: text of at most 64 characters`.

    Args:
        vr: A value representation whose values can be given as text.

    """
    if vr == "PN":
        limit = _CHARACTER_LIMITS[vr]
        return (
            f"PN: a name of up to {PN_COMPONENTS} components (family^given^middle^prefix^suffix), "
            f"at most {limit} characters"
        )
    form = _FORMS.get(vr)
    words = f"{vr}: {form.expected if form is not None else 'text'}"
    if vr in INTEGER_RANGES:
        low, high = INTEGER_RANGES[vr]
        return f"{words} from {low} to {high}"
    limits = {**dict.fromkeys(_CHARACTER_LIMITS, "characters"), **dict.fromkeys(_BYTE_LIMITS, "bytes")}
    if vr not in limits or vr in _LENGTH_IN_FORM:
        return words
    return f"{words}{',' if form is not None else ' of'} at most {(_CHARACTER_LIMITS | _BYTE_LIMITS)[vr]} {limits[vr]}"


def has_control_character(vr: str, text: str) -> bool:
    """Return whether a text has a control character that its VR does not allow (PS3.5 section 6.1.3)."""
    return (_CONTROL_IN_LONG_TEXT if vr in MULTILINE_VRS else _CONTROL).search(text) is not None


def is_uri(text: str) -> bool:
    """Return whether all characters of a text are allowed in a URI (RFC 3986 section 2)."""
    return _URI_CHARACTERS.fullmatch(text) is not None


def integer_range_issues(vr: str, number: int, location: Location) -> Iterator[Issue]:
    """Yield an issue if an integer is outside the range of its value representation."""
    low, high = INTEGER_RANGES[vr]
    if not low <= number <= high:
        yield make_issue("value.range", location, keyword=_name_attribute_at(location), vr=vr, low=low, high=high)


def float_range_issues(vr: str, number: float, location: Location) -> Iterator[Issue]:
    """Yield an issue if a number is outside the range of its value representation, FL or FD."""
    try:
        data = struct.pack(_FLOAT_CODES[vr], number)
    except (OverflowError, struct.error):
        data = b""
    if not data or math.isinf(struct.unpack(_FLOAT_CODES[vr], data)[0]):
        limit = _FLOAT_LIMITS[vr]
        yield make_issue(
            "value.range", location, keyword=_name_attribute_at(location), vr=vr, low=f"-{limit}", high=limit
        )


def format_float(vr: str, number: float) -> str:
    """Return the text of an FL or FD number: the same text as a scan stores for this number.

    The number is first rounded to the precision of its value representation, so the text may have fewer digits than
    `number`. The number must be in the range of its value representation.
    """
    return str(struct.unpack(_FLOAT_CODES[vr], struct.pack(_FLOAT_CODES[vr], number))[0])


def parse_integer(text: str) -> int:
    """Convert a text that has the form of an integer to an integer.

    Python refuses to convert very long texts. So a long number is cut to its first 25 digits. The integer is then
    wrong, but it is still outside the range of every value representation, so the caller reports it.
    """
    sign, digits = ("-" if "-" in text else ""), text.strip(" +-").lstrip("0")
    return int(sign + (digits[:_MAX_INTEGER_DIGITS] or "0"))


def _length_issues(vr: str, text: str, location: Location) -> Iterator[Issue]:
    if vr in _CHARACTER_LIMITS:
        limit, unit, length = _CHARACTER_LIMITS[vr], "characters", len(text)
    else:
        limit, unit, length = _BYTE_LIMITS.get(vr, _LARGEST_VALUE_BYTES), "bytes", _count_utf_8_bytes(text)
    if length > limit:
        yield make_issue(
            "value.too-long",
            location,
            keyword=_name_attribute_at(location),
            vr=vr,
            length=length,
            unit=unit,
            limit=limit,
        )


def _count_utf_8_bytes(text: str) -> int:
    """Return the number of bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _character_issues(vr: str, text: str, location: Location) -> Iterator[Issue]:
    what = _describe_forbidden_character(vr, text)
    if what:
        yield make_issue("value.characters", location, keyword=_name_attribute_at(location), vr=vr, what=what)


def _describe_forbidden_character(vr: str, text: str) -> str | None:
    """Return a description of a character that the VR does not allow; None if all characters are allowed."""
    if vr in MULTILINE_VRS:
        return "a control character" if has_control_character(vr, text) else None
    if "\\" in text:
        return "a backslash, which separates values"
    if has_control_character(vr, text):
        return "a control character"
    outside = vr in _BYTE_LIMITS and _DEFAULT_REPERTOIRE.fullmatch(text) is None
    return "a character outside the default repertoire" if outside else None


def _person_name_issues(text: str, location: Location) -> Iterator[Issue]:
    yield from _character_issues("PN", text, location)
    groups = text.split("=", PN_GROUPS)
    if len(groups) > PN_GROUPS:
        yield make_issue(
            "value.format", location, keyword=_name_attribute_at(location), vr="PN", expected="of at most 3 groups"
        )
    if any(group.count("^") >= PN_COMPONENTS for group in groups[:PN_GROUPS]):
        expected = "of at most 5 components, separated by ^, in each group"
        yield make_issue("value.format", location, keyword=_name_attribute_at(location), vr="PN", expected=expected)
    for group in groups[:PN_GROUPS]:
        yield from _length_issues("PN", group, location)


def _name_attribute_at(location: Location) -> str:
    """Return the keyword or the column of a location, or `The attribute`, for the beginning of a message."""
    return location.keyword or location.column or "The attribute"
