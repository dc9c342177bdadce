"""Values that identify a person, in the form in which they are compared to find out if it is the same patient."""

from __future__ import annotations

import re
import unicodedata

from dicommap.dicom.person_names import normalize_person_name

COMPARED_PART_COUNTS = {"PatientName": 3}
"""Attributes that are compared in parts: a name by its component groups, of which one may be absent (PS3.5 6.2.1)."""

_SEPARATORS = re.compile(r"([\^=])")
_OLD_DATE = re.compile(r"([0-9]{4})\.([0-9]{2})\.([0-9]{2})")
"""A date as ACR-NEMA wrote it (PS3.5 Table 6.2-1, note of DA)."""


def normalize_identity_value(keyword: str, text: str) -> tuple[str, ...]:
    """Return the parts of a value in the form in which they are compared; the empty text for a part without value.

    Names are equal whatever their letters' case and Unicode normal form, and without empty components at the end
    (PS3.5 section 6.2.1). PatientSex is equal whatever its letters' case. An identifier is equal to no other spelling.
    """
    if keyword == "PatientName":
        groups = normalize_person_name(_fold_person_name(text)).split("=")
        return tuple((*groups, "", "", "")[: COMPARED_PART_COUNTS[keyword]])
    if keyword == "PatientBirthDate":
        return (_OLD_DATE.sub(r"\1\2\3", text.strip(" ")),)
    return (text.strip(" ").upper() if keyword == "PatientSex" else text.strip(" "),)


def _fold_person_name(text: str) -> str:
    """Return a name in one letter case and normal form, with single spaces inside its components and none around."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    parts = (" ".join(part.split()) for part in _SEPARATORS.split(folded))
    return "".join(parts)
