"""The DICOM JSON Model (PS3.18 Annex F): data sets as JSON, checked strictly."""

from dicommap.dicom.json_model.attributes import attribute_from_text, text_from_attribute
from dicommap.dicom.json_model.attributes_model_dicom_json_types_part import Attribute, DataSet, PersonName
from dicommap.dicom.json_model.attributes_model_dicom_json_write_part import dump_data_set, sort_data_set
from dicommap.dicom.json_model.data_set_check import data_set_issues

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
