"""Attributes that describe the content of a single instance."""

from __future__ import annotations

import pytest

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.instance_content import _KEYWORDS_BY_MODULE, find_content_module
from dicommap.healthimaging.levels import Level, level_of


@pytest.mark.parametrize(
    ("keyword", "module"),
    [
        ("ImageOrientationPatient", "C.7.6.2 Image Plane"),
        ("RescaleSlope", "C.11.1 Modality LUT"),
        ("WindowCenter", "C.11.2 VOI LUT"),
        ("PerFrameFunctionalGroupsSequence", "C.7.6.16 Multi-frame Functional Groups"),
        ("ROIContourSequence", "C.8.8.6 ROI Contour"),
        ("ContentSequence", "C.17.3 SR Document Content"),
        ("WaveformSequence", "C.10.9 Waveform"),
        ("SegmentSequence", "C.8.20 Segmentation"),
        ("BeamSequence", "C.8.8 Radiotherapy plans and records"),
        ("SourceImageSequence", "C.12.4 General Reference"),
    ],
)
def test_content_is_named_with_its_module(keyword: str, module: str) -> None:
    assert find_content_module(tag_of(keyword) or 0) == module


@pytest.mark.parametrize(
    "keyword", ["PatientID", "StudyDate", "SeriesDescription", "ImageComments", "KVP", "Manufacturer"]
)
def test_other_attributes_are_no_content(keyword: str) -> None:
    assert find_content_module(tag_of(keyword) or 0) is None


@pytest.mark.parametrize(
    ("tag", "module"),
    [
        (0x60000022, "C.9.2 Overlay Plane"),
        (0x60FE3000, "C.9.2 Overlay Plane"),
        (0x50003000, "C.10.2 Curve"),
        (0x60010010, None),
        (0x61000010, None),
    ],
)
def test_overlays_and_curves_are_even_repeating_groups(tag: int, module: str | None) -> None:
    assert find_content_module(tag) == module


def test_each_keyword_is_in_the_dictionary_once_and_of_the_instance_level() -> None:
    keywords = [keyword for words in _KEYWORDS_BY_MODULE.values() for keyword in words.split()]
    assert len(keywords) == len(set(keywords))
    assert [keyword for keyword in keywords if tag_of(keyword) is None] == []
    assert {level_of(tag_of(keyword) or 0) for keyword in keywords} == {Level.INSTANCE}
