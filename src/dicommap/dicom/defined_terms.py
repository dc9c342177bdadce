"""Attributes whose values are listed in PS3.3: enumerated values, and the most frequent defined terms.

An attribute with enumerated values can have no other value. Defined terms are only a list of known values: everybody
may use other values, too (PS3.5 section 6.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.issues import Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.issues import Issue

_YES_NO = ("YES", "NO")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueList:
    """The values that PS3.3 lists for an attribute, and whether other values are allowed."""

    values: tuple[str, ...]
    is_closed: bool
    """Whether no other values are allowed (enumerated values). If false, the values are defined terms."""
    source: str
    """The section of PS3.3 that lists the values."""


def _make_enumerated_values(source: str, *values: str) -> ValueList:
    return ValueList(values=values, is_closed=True, source=source)


def _make_defined_terms(source: str, *values: str) -> ValueList:
    return ValueList(values=values, is_closed=False, source=source)


VALUE_LISTS = {
    "PatientSex": _make_enumerated_values("C.7.1.1", "M", "F", "O"),
    "PatientSexNeutered": _make_enumerated_values("C.7.2.2", "ALTERED", "UNALTERED"),
    "PregnancyStatus": _make_enumerated_values("C.2.4", "1", "2", "3", "4"),
    "SmokingStatus": _make_enumerated_values("C.2.4", "YES", "NO", "UNKNOWN"),
    "QualityControlSubject": _make_enumerated_values("C.7.1.1", *_YES_NO),
    "PatientIdentityRemoved": _make_enumerated_values("C.7.1.1", *_YES_NO),
    "LongitudinalTemporalInformationModified": _make_enumerated_values("C.12.1", "UNMODIFIED", "MODIFIED", "REMOVED"),
    "BurnedInAnnotation": _make_enumerated_values("C.7.6.1", *_YES_NO),
    "RecognizableVisualFeatures": _make_enumerated_values("C.7.6.1", *_YES_NO),
    "Laterality": _make_enumerated_values("C.7.3.1", "R", "L"),
    "AnatomicalOrientationType": _make_enumerated_values("C.7.3.1", "BIPED", "QUADRUPED"),
    "PresentationIntentType": _make_enumerated_values("C.8.11.1", "FOR PRESENTATION", "FOR PROCESSING"),
    "TypeOfPatientID": _make_defined_terms("C.7.1.1", "TEXT", "RFID", "BARCODE"),
    "ResponsiblePersonRole": _make_defined_terms(
        "C.7.1.1.1.2",
        "OWNER",
        "PARENT",
        "CHILD",
        "SPOUSE",
        "SIBLING",
        "RELATIVE",
        "GUARDIAN",
        "CUSTODIAN",
        "AGENT",
        "INVESTIGATOR",
        "VETERINARIAN",
    ),
    "PatientPosition": _make_defined_terms(
        "C.7.3.1.1.2",
        *("HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"),
        *("LFP", "LFS", "RFP", "RFS", "AFDR", "AFDL", "PFDR", "PFDL"),
    ),
    "Modality": _make_defined_terms(
        "C.7.3.1.1.1",
        *("CR", "CT", "DX", "ECG", "ES", "IO", "IVOCT", "IVUS", "KO", "MG", "MR", "NM", "OCT", "OP", "OPT", "OT"),
        *("PR", "PT", "PX", "REG", "RF", "RTDOSE", "RTIMAGE", "RTPLAN", "RTRECORD", "RTSTRUCT", "SEG", "SM", "SR"),
        *("US", "XA", "XC"),
    ),
    "BodyPartExamined": _make_defined_terms(
        "C.7.3.1",
        *("ABDOMEN", "ANKLE", "ARM", "BREAST", "CHEST", "CLAVICLE", "COCCYX", "CSPINE", "ELBOW", "EXTREMITY", "FOOT"),
        *("HAND", "HEAD", "HEART", "HIP", "JAW", "KNEE", "LEG", "LSPINE", "NECK", "PELVIS", "SHOULDER", "SKULL"),
        *("SSPINE", "TSPINE"),
    ),
}
"""Keyword of an attribute -> the values that PS3.3 lists."""


def find_violated_value_list(tag: int, attribute: Attribute) -> ValueList | None:
    """Return the enumerated values of an attribute if the attribute has a value that is not one of them.

    Return None if all values are allowed, or if PS3.3 does not list enumerated values for the attribute.
    """
    value_list = VALUE_LISTS.get(keyword_of(tag))
    if value_list is None or not value_list.is_closed:
        return None
    items = attribute.get("Value", ())
    return value_list if any(item is not None and str(item) not in value_list.values for item in items) else None


def unlisted_value_issues(data_set: DataSet, pointer: str = "") -> Iterator[Issue]:
    """Yield an issue for each attribute of a data set that has a value which PS3.3 does not allow.

    Args:
        data_set: A valid data set.
        pointer: The JSON Pointer to the data set.

    """
    for member, attribute in data_set.items():
        value_list = find_violated_value_list(int(member, 16), attribute)
        if value_list is not None:
            keyword = keyword_of(int(member, 16))
            yield make_issue(
                "value.unlisted",
                Location(pointer=f"{pointer}/{member}", keyword=keyword),
                keyword=keyword,
                source=value_list.source,
                values=", ".join(value_list.values),
            )
