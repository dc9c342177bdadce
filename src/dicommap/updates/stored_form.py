"""The form of attributes in documents of UpdateImageSetMetadata, which is also the form of image set metadata.

The developer guide shows it by examples: keywords without a value representation (VR), texts, `null` for an empty
attribute, numbers of DS as texts, and tags with DICOMVRs for private elements ("Updating image set metadata",
"Understanding image sets"). Metadata that a user of HealthImaging has published show an array for each attribute whose
multiplicity in PS3.6 is not 1. Forms that no example shows are settings of Assumptions (`updateEmpty`, `updateValues`,
`updatePersonNames`). The form of binary values, and of private elements in sequence items, is not known at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import entry_of, hex_of, is_private, vm_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.dicom.vr import BINARY_VRS, FLOAT_VRS, INTEGER_VRS, NUMBER_TEXT_VRS

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute
    from dicommap.healthimaging.assumptions import Assumptions


def get_stored_name(tag: int) -> str:
    """Return the name of an attribute in a document: its keyword, or its tag as eight hexadecimal digits."""
    entry = entry_of(tag)
    return (entry and entry[4]) or hex_of(tag)


def has_known_form(attribute: Attribute) -> bool:
    """Return whether AWS documents the form of a value in documents, or an assumption names it.

    Return False for binary and bulk data.
    """
    if "BulkDataURI" in attribute or "InlineBinary" in attribute:
        return False
    if attribute["vr"] in BINARY_VRS:
        return not attribute.get("Value")
    if attribute["vr"] != "SQ":
        return True
    return all(
        has_known_form(nested) and not is_private(int(tag, 16))
        for item in attribute.get("Value", ())
        for tag, nested in (item or {}).items()
    )


def make_stored_value(tag: int, attribute: Attribute, assumptions: Assumptions) -> Any:  # noqa: ANN401  JSON of any type
    """Return the value of an attribute in the form of image set metadata.

    Args:
        tag: The tag of the attribute.
        attribute: The attribute in the DICOM JSON Model. `has_known_form` must be True for it.
        assumptions: The settings for the forms that AWS does not document.

    """
    vr, values = attribute["vr"], attribute.get("Value", [])
    if vr == "SQ":
        items = [_make_stored_item(item or {}, assumptions) for item in values]
        return items or _make_empty_value(assumptions)
    if not text_from_attribute({"vr": vr, "Value": values}):
        return _make_empty_value(assumptions)
    converted = [_make_single_value(vr, value, assumptions) for value in values]
    if len(converted) == 1 and not allows_several_values(tag):
        return converted[0]
    if assumptions.updateValues == "text" and vr not in FLOAT_VRS | INTEGER_VRS | {"PN"}:
        return "\\".join("" if value is None else str(value) for value in converted)
    return converted


def allows_several_values(tag: int) -> bool:
    """Return whether an attribute may have several values (PS3.6).

    Return False for private elements: it is not known.
    """
    multiplicity = vm_of(tag)
    return multiplicity is not None and multiplicity.high != 1


def _make_stored_item(item: dict[str, Attribute], assumptions: Assumptions) -> dict[str, Any]:
    return {
        get_stored_name(int(tag, 16)): make_stored_value(int(tag, 16), attribute, assumptions)
        for tag, attribute in item.items()
    }


def _make_empty_value(assumptions: Assumptions) -> str | None:
    return "" if assumptions.updateEmpty == "text" else None


def _make_single_value(vr: str, value: Any, assumptions: Assumptions) -> Any:  # noqa: ANN401  JSON of any type
    """Return one value of an attribute in the form of image set metadata."""
    if vr == "PN" and isinstance(value, dict):
        return value if assumptions.updatePersonNames == "object" else text_from_attribute({"vr": vr, "Value": [value]})
    if vr in NUMBER_TEXT_VRS and value is not None:
        return str(value)
    return value
