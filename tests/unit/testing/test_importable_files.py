"""Which files a job of the stand-in imports, and what it reads of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicommap.testing.image_set_metadata import build_image_set_metadata, compress_metadata
from dicommap.testing.image_sets import ImageSets, ImportedInstance
from dicommap.testing.importable_files import RejectedFileError, read_importable_file
from tests.support.p10_files import CT_IMAGE_STORAGE, DEFLATED, EXPLICIT_LITTLE, p10


def test_a_file_has_its_data_set_and_its_file_meta_information() -> None:
    file = read_importable_file(p10(SOPInstanceUID="1.2.3.4"))
    assert file.data_set["00080018"] == {"vr": "UI", "Value": ["1.2.3.4"]}
    assert file.file_meta["00020010"] == {"vr": "UI", "Value": [EXPLICIT_LITTLE]}
    assert file.file_meta["00020002"] == {"vr": "UI", "Value": [CT_IMAGE_STORAGE]}
    assert file.file_meta["00020001"] == {"vr": "OB", "InlineBinary": "AAE="}
    assert isinstance(file.file_meta["00020000"]["Value"][0], int)
    assert file.warnings == ()


def test_file_meta_information_with_an_unusual_uid_is_read_without_a_warning_of_pydicom() -> None:
    file = read_importable_file(p10(SOPInstanceUID="1.22").replace(b"1.22", b"1.02"))
    assert file.file_meta["00020003"] == {"vr": "UI", "Value": ["1.02"]}
    assert [warning.type for warning in file.warnings] == ["InvalidUidFormat"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no P10", "DICOM attributes does not exist"),
        (p10(StudyInstanceUID=None), "DICOM attribute StudyInstanceUID does not exist"),
        (p10(transfer_syntax=DEFLATED)[:400], "DICOM data set cannot be read"),
    ],
)
def test_a_file_that_is_rejected(content: bytes, message: str) -> None:
    with pytest.raises(RejectedFileError) as error:
        read_importable_file(content)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "rtdose.dcm", "rtplan.dcm", "test-SR.dcm"])
def test_real_files_have_metadata(name: str) -> None:
    path = get_testdata_file(name, download=False)
    assert path is not None
    file = read_importable_file(Path(str(path)).read_bytes())
    image_sets = ImageSets()
    image_set = image_sets.add(
        "5" * 32,
        ImportedInstance(job_id="job", key="in/1", before=file.data_set, after=file.data_set, file_meta=file.file_meta),
    )
    metadata = build_image_set_metadata(image_set, image_set.latest, "kept")
    assert compress_metadata(metadata)
    (series,) = metadata["Study"]["Series"].values()
    (instance,) = series["Instances"].values()
    count = sum(len(part["DICOM"]) for part in (metadata["Patient"], metadata["Study"], series, instance))
    assert count == len(file.data_set) + len(file.file_meta)
