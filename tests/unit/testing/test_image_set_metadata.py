"""The form of stored metadata, against the forms that AWS and its users have published."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from dicommap.dicom.json_model import DataSet
from dicommap.testing.image_set_metadata import NumberPadding, build_image_set_metadata, compress_metadata
from dicommap.testing.image_sets import ImageSets, ImportedInstance
from tests.support.imported_instances import imported_instance

STORE = "5" * 32


def built(*instances: ImportedInstance, padding: NumberPadding = "kept") -> dict[str, Any]:
    image_sets = ImageSets()
    for instance in instances:
        image_set = image_sets.add(STORE, instance)
    return build_image_set_metadata(image_set, image_set.latest, padding)


def instance_level(data_set: DataSet, padding: NumberPadding = "kept") -> tuple[dict[str, Any], dict[str, str]]:
    """Return the attributes and the VRs of an instance with these attributes."""
    before = imported_instance().before
    instance = ImportedInstance(job_id="job", key="in/1", before=before, after={**before, **data_set})
    (series,) = built(instance, padding=padding)["Study"]["Series"].values()
    (stored,) = series["Instances"].values()
    return stored["DICOM"], stored["DICOMVRs"]


def test_attributes_are_at_their_levels() -> None:
    instances = [
        imported_instance(SOPInstanceUID=uid, InstanceNumber=number, StudyDescription="")
        for number, uid in enumerate(("1.1", "1.2"), 1)
    ]
    metadata = built(*instances)
    assert metadata["SchemaVersion"] == "1.1"
    assert metadata["DatastoreID"] == STORE
    assert len(metadata["ImageSetID"]) == 32
    assert metadata["Patient"]["DICOM"] == {"PatientName": "Doe^Jane", "PatientID": "P1"}
    assert metadata["Study"]["DICOM"] == {
        "StudyDate": "20260102",
        "AccessionNumber": "A1",
        "StudyDescription": None,
        "StudyInstanceUID": instances[0].study_instance_uid,
        "StudyID": "S1",
    }
    ((series_uid, series),) = metadata["Study"]["Series"].items()
    assert series_uid == instances[0].series_instance_uid
    assert series["DICOM"] == {"Modality": "CT", "SeriesInstanceUID": series_uid, "SeriesNumber": "1 "}
    assert {uid: one["DICOM"]["InstanceNumber"] for uid, one in series["Instances"].items()} == {
        "1.1": "1 ",
        "1.2": "2 ",
    }
    stored = series["Instances"]["1.1"]
    assert stored["DICOM"]["Rows"] == 1
    assert (stored["DICOMVRs"], stored["ImageFrames"]) == ({}, [])


def test_levels_are_those_of_the_last_import() -> None:
    metadata = built(
        imported_instance("a", SOPInstanceUID="1.1", StudyDescription="old"),
        imported_instance("b", SOPInstanceUID="1.2", StudyDescription="new"),
    )
    assert metadata["Study"]["DICOM"]["StudyDescription"] == "new"


@pytest.mark.parametrize(
    ("keyword", "tag", "attribute", "stored"),
    [
        ("ImagePositionPatient", "00200032", {"vr": "DS", "Value": [0, 0, -2.625]}, ["0", "0", "-2.625"]),
        ("PixelSpacing", "00280030", {"vr": "DS", "Value": ["0.25", "0.25"]}, ["0.25", "0.25 "]),
        ("SliceLocation", "00201041", {"vr": "DS", "Value": ["5"]}, "5 "),
        ("WindowCenter", "00281050", {"vr": "DS", "Value": [40]}, ["40"]),
        ("ImageType", "00080008", {"vr": "CS", "Value": ["ORIGINAL"]}, ["ORIGINAL"]),
        ("Columns", "00280011", {"vr": "US", "Value": [640]}, 640),
        ("FrameIncrementPointer", "00280009", {"vr": "AT", "Value": ["00181063"]}, ["00181063"]),
        ("AcquisitionNumber", "00200012", {"vr": "IS"}, None),
        ("AcquisitionComments", "00184000", {"vr": "LT", "Value": [None]}, None),
        ("SourceImageSequence", "00082112", {"vr": "SQ"}, None),
        ("ICCProfile", "00282000", {"vr": "OB", "InlineBinary": "AAE="}, "AAE="),
        (
            "OperatorsName",
            "00404009",
            {"vr": "PN", "Value": [{"Alphabetic": "A^B", "Phonetic": "C"}]},
            "A^B==C",
        ),
    ],
)
def test_values_have_the_published_form(keyword: str, tag: str, attribute: Any, stored: Any) -> None:
    attributes, vrs = instance_level({tag: attribute})
    by_name = {"OperatorsName": "HumanPerformerName"} if tag == "00404009" else {}
    name = by_name.get(keyword, keyword)
    value = attributes[next(one for one in attributes if one.startswith(name[:10]))]
    assert (value, vrs) == (stored, {})


def test_padding_can_be_removed() -> None:
    attributes, _ = instance_level({"00201041": {"vr": "DS", "Value": ["5"]}}, padding="removed")
    assert attributes["SliceLocation"] == "5"


def test_private_elements_have_their_tag_and_vr() -> None:
    attributes, vrs = instance_level(
        {
            "00190010": {"vr": "LO", "Value": ["CREATOR"]},
            "001910F9": {"vr": "DS", "Value": ["97"]},
            "00082112": {"vr": "SQ", "Value": [{"00191001": {"vr": "SH", "Value": ["x"]}}]},
        }
    )
    assert attributes["001910F9"] == "97"
    assert attributes["SourceImageSequence"] == [{"00191001": "x"}]
    assert vrs == {"00190010": "LO", "001910F9": "DS", "00191001": "SH"}


def test_the_body_is_json_in_gzip() -> None:
    metadata = built(imported_instance(PatientName="Müller^Jörg"))
    assert json.loads(gzip.decompress(compress_metadata(metadata))) == metadata
