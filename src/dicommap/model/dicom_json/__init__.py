"""The DICOM JSON Model (PS3.18 Annex F): data sets as JSON, checked strictly."""

from dicommap.model.dicom_json.check import data_set_issues
from dicommap.model.dicom_json.text import attribute_from_text, text_from_attribute
from dicommap.model.dicom_json.types import Attribute, DataSet, PersonName
from dicommap.model.dicom_json.write import dump_data_set, sort_data_set

__all__ = [
    "Attribute",
    "DataSet",
    "PersonName",
    "attribute_from_text",
    "text_from_attribute",
    "data_set_issues",
    "dump_data_set",
    "sort_data_set",
]
