"""Convert pydicom data sets to the DICOM JSON Model, with an issue for each attribute that is left out."""

from __future__ import annotations

import base64
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName as PydicomPersonName

from dicommap.dicom.dictionary import hex_of, is_outside_data_sets, keyword_of
from dicommap.dicom.json_model.attributes import Attribute, DataSet
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.vr import ALL_VRS, BINARY_VRS, FLOAT_VRS, NUMBER_TEXT_VRS, UNIT_BYTES
from dicommap.issues import Issue, Location, make_issue
from dicommap.issues.wording import format_count
from dicommap.reading.document_limits import DEPTH_LIMIT

if TYPE_CHECKING:
    from pydicom import DataElement

_GROUPS = (("Alphabetic", "alphabetic"), ("Ideographic", "ideographic"), ("Phonetic", "phonetic"))
_PIXEL_GROUP = 0x7FE0
_LEVELS_OF_AN_ITEM = 3
"""Number of nesting levels that a sequence item adds to a JSON document: the attribute, its Value and the item."""


class _NotConvertibleError(Exception):
    """Error for an attribute that cannot be converted to JSON. Its text is the reason."""


def data_set_from_pydicom(dataset: Dataset) -> tuple[DataSet, list[Issue]]:
    """Convert a pydicom data set to the DICOM JSON Model.

    Values of DS and IS keep the text from which they were read. Binary values become little endian (PS3.18 F.2.7).
    Group lengths, file meta attributes and other tags that no data set may have are left out without an issue.

    Returns:
        The data set, and issues: one for pixel data, and one for each value that JSON cannot express.

    """
    conversion = _DataSetConverter(little=dataset.original_encoding[1] is not False)
    return conversion.convert_data_set(dataset, "", 1), conversion.issues


class _DataSetConverter:
    """The conversion of one pydicom data set to JSON. It keeps the byte order of the data set and collects issues."""

    def __init__(self, *, little: bool) -> None:
        self.issues: list[Issue] = []
        self._little = little

    def convert_data_set(self, dataset: Dataset, pointer: str, depth: int) -> DataSet:
        """Return a pydicom data set, or an item of a sequence, in the DICOM JSON Model.

        Args:
            dataset: The data set or item.
            pointer: The JSON Pointer of the result in the document.
            depth: The nesting level of the result in the document; 1 for the whole data set.
        """
        result: DataSet = {}
        for tag in map(int, sorted(dataset.keys())):
            if is_outside_data_sets(tag):
                continue
            place = f"{pointer}/{hex_of(tag)}"
            try:
                result[hex_of(tag)] = self._convert_attribute(dataset, tag, place, depth)
            except _NotConvertibleError as reason:
                where = Location(pointer=place, keyword=keyword_of(tag))
                self.issues.append(make_issue("dicom-json.left-out", where, keyword=keyword_of(tag), reason=reason))
        return result

    def _convert_attribute(self, dataset: Dataset, tag: int, pointer: str, depth: int) -> Attribute:
        if tag >> 16 == _PIXEL_GROUP:
            raise _NotConvertibleError("pixel data are no metadata")
        try:
            element = dataset[tag]
        except Exception as error:  # noqa: BLE001  pydicom's converters raise all kinds
            raise _NotConvertibleError(f"pydicom cannot read its value ({mask_unknown_type(type(error))})") from None
        if element.VR not in ALL_VRS:
            raise _NotConvertibleError("its value representation is not known")
        if element.VR == "SQ":
            return self._convert_sequence(element, pointer, depth)
        if element.VR in BINARY_VRS:
            return self._convert_binary(element)
        values = list(element.value) if isinstance(element.value, MultiValue | list) else [element.value]
        converted = [_convert_value(element.VR, value) for value in values]
        if all(value is None for value in converted):
            return Attribute(vr=element.VR)
        return Attribute(vr=element.VR, Value=converted)

    def _convert_sequence(self, element: DataElement, pointer: str, depth: int) -> Attribute:
        if depth + 2 * _LEVELS_OF_AN_ITEM > DEPTH_LIMIT:
            raise _NotConvertibleError("it is nested too deep")
        if not all(isinstance(item, Dataset) for item in element.value or ()):
            raise _NotConvertibleError("its value is not a sequence of items")
        items = [
            self.convert_data_set(item, f"{pointer}/Value/{index}", depth + _LEVELS_OF_AN_ITEM)
            for index, item in enumerate(element.value or ())
        ]
        return Attribute(vr="SQ", Value=items) if items else Attribute(vr="SQ")

    def _convert_binary(self, element: DataElement) -> Attribute:
        data, unit = element.value, UNIT_BYTES[element.VR]
        if not data:
            return Attribute(vr=element.VR)
        if not isinstance(data, bytes) or len(data) % unit:
            raise _NotConvertibleError(f"its value has no whole units of {format_count(unit, 'byte')}")
        if not self._little and unit > 1:
            data = b"".join(data[at : at + unit][::-1] for at in range(0, len(data), unit))
        return Attribute(vr=element.VR, InlineBinary=base64.b64encode(data).decode("ascii"))


def _convert_value(vr: str, value: Any) -> Any:  # noqa: ANN401  pydicom's and JSON's types
    """Convert one value of pydicom to JSON; None if it is empty.

    Raises _NotConvertibleError if JSON has no such value.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bytes | bytearray):
        raise _NotConvertibleError("its value is bytes, whose meaning is not known")
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        raise _NotConvertibleError("a number is not finite")
    if vr == "PN":
        name = value if isinstance(value, PydicomPersonName) else PydicomPersonName(value)
        return {ours: group for ours, theirs in _GROUPS if (group := getattr(name, theirs))} or None
    if vr == "AT":
        return hex_of(int(value))
    if vr in NUMBER_TEXT_VRS:
        return _convert_number_text(value)
    if vr in FLOAT_VRS:
        return float(value)
    if isinstance(value, float | Decimal):
        raise _NotConvertibleError("a text is a number, which has lost leading zeros")
    return value if isinstance(value, int) else str(value)


def _convert_number_text(value: Any) -> int | float | str:  # noqa: ANN401  pydicom's number types
    """Return the text from which a value of DS or IS was read; the number if it was not read from a text."""
    original = getattr(value, "original_string", None)
    if original or isinstance(value, str):
        return str(original or value).strip()
    return int(value) if isinstance(value, int) else float(value)
