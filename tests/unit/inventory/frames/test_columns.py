"""Columns: names that cannot be taken for each other, types by value representation."""

from __future__ import annotations

import pytest
from pydicom._dicom_dict import DicomDictionary

from dicommap.errors import AttributeNameError
from dicommap.inventory.frames.columns import FrameLevel, Kind, columns_of, kind_of
from dicommap.model.attributes import CAPTURED, captured_keywords


@pytest.mark.parametrize(
    ("keyword", "kind"),
    [
        ("StudyDate", Kind.DATE),
        ("SeriesNumber", Kind.WHOLE),
        ("Rows", Kind.WHOLE),
        ("SliceThickness", Kind.NUMBER),
        ("PatientID", Kind.TEXT),
        ("StudyTime", Kind.TEXT),
        ("AcquisitionDateTime", Kind.TEXT),
        ("PixelSpacing", Kind.TEXT),  # two values
        ("DateOfSecondaryCapture", Kind.DATE),
        ("DateOfLastCalibration", Kind.TEXT),  # one or more
        ("SmallestImagePixelValue", Kind.TEXT),  # US or SS
        ("OfNoDictionary", Kind.TEXT),
    ],
)
def test_types_follow_the_dictionary(keyword: str, kind: Kind) -> None:
    assert kind_of(keyword) is kind


@pytest.mark.parametrize("level", [FrameLevel.STUDY, FrameLevel.SERIES, FrameLevel.INSTANCE])
def test_no_attribute_has_the_name_of_another_column(level: FrameLevel) -> None:
    """SQLite does not tell upper from lower case, so neither may we."""
    names = {column.name.lower() for column in columns_of(level, ())}
    for _, _, _, _, keyword in DicomDictionary.values():
        assert "_" not in keyword
        if keyword.lower() in names:
            assert keyword not in _capturable(keyword)


def _capturable(keyword: str) -> tuple[str, ...]:
    try:
        return captured_keywords([keyword])
    except AttributeNameError:
        return ()


@pytest.mark.parametrize("level", FrameLevel)
def test_names_are_distinct(level: FrameLevel) -> None:
    names = [column.name.lower() for column in columns_of(level, CAPTURED)]
    assert len(set(names)) == len(names)
