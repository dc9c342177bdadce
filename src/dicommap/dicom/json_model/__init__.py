"""The DICOM JSON Model (PS3.18 Annex F): data sets as JSON."""

from dicommap.dicom.json_model.attributes import (
    Attribute,
    DataSet,
    PersonName,
    attribute_from_text,
    dump_data_set,
    parse_number_text,
    sort_data_set,
    text_from_attribute,
    text_or_json_from_attribute,
)
from dicommap.dicom.json_model.data_set_check import data_set_issues

__all__ = [
    "Attribute",
    "DataSet",
    "PersonName",
    "attribute_from_text",
    "text_from_attribute",
    "text_or_json_from_attribute",
    "data_set_issues",
    "dump_data_set",
    "parse_number_text",
    "sort_data_set",
]
