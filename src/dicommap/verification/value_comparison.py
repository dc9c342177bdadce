r"""Compare the value of an override with a stored value by DICOM meaning, never by text alone.

The form of stored values is documented for texts, numbers and empty values only: a JSON text, a number, or null. For
several values, several groups of a person name, sequences and binary values, AWS shows no form beyond examples. So a
stored value is read in each plausible way, for example `A\B` and `["A", "B"]` as two values. If one of the readings
has the same meaning as the wanted value, the values are equal. If none has, values in a documented form are different,
and so are texts and names of which no part is stored. All others are not comparable.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from decimal import Context, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dicommap.dicom.person_name_comparison import normalize_person_name
from dicommap.dicom.vr import BINARY_VRS, FLOAT_VRS, INTEGER_VRS, NUMBER_TEXT_VRS, SINGLE_VALUE_VRS, format_float
from dicommap.verification.stored_metadata import ABSENT, find_value, list_stored_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.dicom.json_model import Attribute


class Agreement(StrEnum):
    """The result of comparing a stored value with the value of an override (the wanted value)."""

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_COMPARABLE = "not comparable"
    """AWS does not document the form of the stored value, and no plausible reading of it is the wanted value."""


_WORST_FIRST = (Agreement.DIFFERENT, Agreement.NOT_COMPARABLE)

Values = tuple[str, ...]
"""The values of one attribute, each in its normal form. The tuple is empty if the attribute has no value."""

_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_PADDED_AT_BOTH_ENDS = frozenset({"AE", "CS", "DS", "IS", "LO", "SH"})
"""VRs whose spaces at the beginning have no meaning (PS3.5 Table 6.2-1)."""
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]{1,9})?")
_MAX_NUMBER_CHARACTERS = 1024
_NUMBER_VRS = NUMBER_TEXT_VRS | INTEGER_VRS
_PADDING = " \0"
_NOT_ATTRIBUTES = frozenset({"DICOMVRs"})
"""Members of a stored sequence item that are not attributes."""


def compare_attribute(wanted: Attribute, stored: Any) -> Agreement:  # noqa: ANN401  JSON of any type
    """Compare a stored value with the value of a wanted attribute. Return the result as an Agreement.

    Args:
        wanted: The attribute of an override, in the DICOM JSON Model.
        stored: The stored JSON value. ABSENT counts as empty.

    """
    vr = wanted["vr"]
    if "BulkDataURI" in wanted:
        return Agreement.NOT_COMPARABLE
    if vr in BINARY_VRS:
        return _compare_binary(wanted.get("InlineBinary", ""), stored)
    if vr == "SQ":
        return _compare_sequence(wanted.get("Value", []), stored)
    values = read_wanted_values(wanted)
    readings = list(read_stored_values(vr, stored))
    if values in readings:
        return Agreement.EQUAL
    if _normalize_unicode(values) in map(_normalize_unicode, readings):
        return Agreement.NOT_COMPARABLE  # AWS does not document whether it changes the Unicode normal form of texts
    if (
        () in readings
        or (readings and not values)
        or (_has_documented_form(stored) and _has_documented_storage(vr, values))
    ):
        return Agreement.DIFFERENT  # a value instead of none, none instead of a value, or two values of known forms
    if readings and vr not in _NUMBER_VRS | FLOAT_VRS and not _has_common_part(vr, values, readings):
        return Agreement.DIFFERENT  # each form of the wanted value would contain one of its values or groups
    return Agreement.NOT_COMPARABLE


def read_wanted_values(wanted: Attribute) -> Values:
    """Return the values of an attribute in the DICOM JSON Model, in their normal form."""
    return _drop_if_all_empty(tuple(_normalize_value(wanted["vr"], value) or "" for value in wanted.get("Value", [])))


def read_stored_values(vr: str, stored: Any) -> Iterator[Values]:  # noqa: ANN401  JSON of any type
    """Yield the DICOM values that a stored value may mean. Yield nothing if it has no meaning for the VR.

    The stored value must not be that of a sequence or of binary data.
    """
    if stored is ABSENT or stored is None:
        yield ()
    elif isinstance(stored, str):
        yield _drop_if_all_empty(_split_values(vr, stored))
    elif isinstance(stored, list):
        values = [_normalize_value(vr, value) for value in stored]
        if None not in values:
            yield _drop_if_all_empty(tuple(value for value in values if value is not None))
    elif (value := _normalize_value(vr, stored)) is not None:
        yield _drop_if_all_empty((value,))


def _normalize_unicode(values: Values) -> Values:
    """Return the values in Unicode normal form NFC, in which a letter and its accent are one character if possible."""
    return tuple(unicodedata.normalize("NFC", value) for value in values)


def _has_common_part(vr: str, values: Values, readings: Iterable[Values]) -> bool:
    """Return whether one of the values, or one group of a person name, is a part of the stored value.

    `readings` are the possible interpretations of the stored value.
    """
    parts = [
        part for value in _normalize_unicode(values) for part in (value.split("=") if vr == "PN" else [value]) if part
    ]
    texts = ["\\".join(_normalize_unicode(reading)) for reading in readings]
    return any(part in text for part in parts for text in texts)


def _split_values(vr: str, text: str) -> Values:
    """Return the values in a stored text. A backslash divides them, except for VRs that have only one value."""
    parts = [text] if vr in SINGLE_VALUE_VRS else text.rstrip(_PADDING).split("\\")
    return tuple(_normalize_value(vr, part) or "" for part in parts)


def _drop_if_all_empty(values: Values) -> Values:
    """Return the values, or no values if all of them are empty."""
    return values if any(values) else ()


def _normalize_value(vr: str, value: Any) -> str | None:  # noqa: ANN401  JSON of any type
    """Return one value in its normal form; None if the JSON is not a value of this value representation.

    The normal form has no padding. Equal numbers have the same normal form.
    """
    if value is None:
        return ""
    if isinstance(value, dict):
        return _normalize_person_name_object(value) if vr == "PN" else None
    if isinstance(value, bool | list):
        return None
    text = str(value).rstrip(_PADDING)
    if vr in _PADDED_AT_BOTH_ENDS or vr in _NUMBER_VRS or vr in FLOAT_VRS:
        text = text.strip(" ")
    if vr in _NUMBER_VRS:
        return _normalize_number(text)
    if vr in FLOAT_VRS:
        return _normalize_float(vr, text)
    if vr == "PN":
        return normalize_person_name("=".join(group.strip(" ") for group in text.split("=")))
    return text.upper() if vr == "AT" else text


def _normalize_person_name_object(name: Mapping[str, Any]) -> str | None:
    if set(name) - set(_GROUPS) or not all(isinstance(group, str | None) for group in name.values()):
        return None
    return _normalize_value("PN", "=".join(name.get(group) or "" for group in _GROUPS))


def _normalize_number(text: str) -> str:
    """Return the normal form of DS, IS or another number as text. A text that is no number is returned unchanged."""
    if len(text) > _MAX_NUMBER_CHARACTERS or _DECIMAL.fullmatch(text) is None:
        return text
    number = Decimal(text)
    # All digits are kept: only equal numbers have the same normal form.
    exact = Context(prec=len(text) + 1, Emax=10**12, Emin=-(10**12), traps=[])
    return str(number.normalize(exact)) if number else "0"


def _normalize_float(vr: str, text: str) -> str:
    if len(text) > _MAX_NUMBER_CHARACTERS or _DECIMAL.fullmatch(text) is None:
        return text
    try:
        return format_float(vr, float(text) + 0.0)
    except (OverflowError, ValueError):
        return text


def _has_documented_storage(vr: str, values: Values) -> bool:
    """Return whether AWS documents how these values are stored.

    This is so for at most one value. A person name must have only one component group.
    """
    return len(values) <= 1 and not (vr == "PN" and any("=" in value for value in values))


def _has_documented_form(stored: Any) -> bool:  # noqa: ANN401  JSON of any type
    """Return whether a stored value has a form that AWS documents, or that can be read in only one way."""
    if isinstance(stored, list):
        # Published answers have an array, also for one value, if the multiplicity of the attribute is not 1.
        return len(stored) == 1 and isinstance(stored[0], str | int | Decimal) and not isinstance(stored[0], bool)
    return isinstance(stored, str | int | Decimal) and not isinstance(stored, bool)


def _is_empty(stored: Any) -> bool:  # noqa: ANN401  JSON of any type
    """Return whether a stored value means that the attribute has no value."""
    return stored is ABSENT or stored in (None, "", [], {}) or stored == [None] or stored == [""]


def _compare_binary(wanted: str, stored: Any) -> Agreement:  # noqa: ANN401  JSON of any type
    if _is_empty(stored) or not wanted:
        return Agreement.EQUAL if _is_empty(stored) and not wanted else Agreement.DIFFERENT
    if isinstance(stored, str):
        try:
            values = [base64.b64decode(text, validate=True) for text in (wanted, stored)]
        except ValueError:
            return Agreement.NOT_COMPARABLE
        # A value of an odd length is padded with one NUL (PS3.5 section 6.2).
        if len({value + bytes(len(value) % 2) for value in values}) == 1:
            return Agreement.EQUAL
    return Agreement.NOT_COMPARABLE


def _compare_sequence(wanted: list[Any], stored: Any) -> Agreement:  # noqa: ANN401  JSON of any type
    if _is_empty(stored) or not wanted:
        return Agreement.EQUAL if _is_empty(stored) and not wanted else Agreement.DIFFERENT
    items = stored if isinstance(stored, list) else [stored]
    if not all(isinstance(item, dict) for item in items):
        return Agreement.NOT_COMPARABLE
    if len(items) != len(wanted):
        # An object alone may be the form of a sequence. In an array, each object is an item.
        return Agreement.DIFFERENT if isinstance(stored, list) else Agreement.NOT_COMPARABLE
    agreements = set(map(_compare_item, wanted, items))
    return next((worst for worst in _WORST_FIRST if worst in agreements), Agreement.EQUAL)


def _compare_item(wanted: Mapping[str, Attribute], stored: Mapping[str, Any]) -> Agreement:
    """Return whether a stored item has all attributes of a wanted item, and no other attribute with a value.

    The items are different if an attribute that both have is different. An attribute that only one of them has may be
    stored under a name that is not documented, so this alone is not comparable.
    """
    values = {tag: find_value(stored, int(tag, 16)) for tag in wanted}
    agreements = {tag: compare_attribute(attribute, values[tag]) for tag, attribute in wanted.items()}
    if any(agreements[tag] is Agreement.DIFFERENT and value is not ABSENT for tag, value in values.items()):
        return Agreement.DIFFERENT
    names = {name for tag in wanted for name in list_stored_names(int(tag, 16))} | _NOT_ATTRIBUTES
    has_others = any(name not in names and not _is_empty(value) for name, value in stored.items())
    is_equal = not has_others and all(agreement is Agreement.EQUAL for agreement in agreements.values())
    return Agreement.EQUAL if is_equal else Agreement.NOT_COMPARABLE
