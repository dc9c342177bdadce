"""Columns: names that cannot be taken for each other, types by value representation."""

from __future__ import annotations

import pytest
from pydicom._dicom_dict import DicomDictionary

from dicommap.errors import AttributeNameError
from dicommap.inventory.frames.columns import CellType, FrameLevel, cell_type_of, list_frame_columns
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS, list_captured_keywords


@pytest.mark.parametrize(
    ("keyword", "kind"),
    [
        ("StudyDate", CellType.DATE),
        ("SeriesNumber", CellType.INTEGER),
        ("Rows", CellType.INTEGER),
        ("SliceThickness", CellType.NUMBER),
        ("PatientID", CellType.TEXT),
        ("StudyTime", CellType.TEXT),
        ("AcquisitionDateTime", CellType.TEXT),
        ("PixelSpacing", CellType.TEXT),  # two values
        ("DateOfSecondaryCapture", CellType.DATE),
        ("DateOfLastCalibration", CellType.TEXT),  # one or more
        ("SmallestImagePixelValue", CellType.TEXT),  # US or SS
        ("OfNoDictionary", CellType.TEXT),
    ],
)
def test_types_follow_the_dictionary(keyword: str, kind: CellType) -> None:
    assert cell_type_of(keyword) is kind


@pytest.mark.parametrize("level", [FrameLevel.STUDY, FrameLevel.SERIES, FrameLevel.INSTANCE])
def test_no_attribute_has_the_name_of_another_column(level: FrameLevel) -> None:
    """SQLite does not tell upper from lower case, so neither may we."""
    names = {column.name.lower() for column in list_frame_columns(level, ())}
    for _, _, _, _, keyword in DicomDictionary.values():
        assert "_" not in keyword
        if keyword.lower() in names:
            assert keyword not in _capturable(keyword)


def _capturable(keyword: str) -> tuple[str, ...]:
    try:
        return list_captured_keywords([keyword])
    except AttributeNameError:
        return ()


@pytest.mark.parametrize("level", FrameLevel)
def test_names_are_distinct(level: FrameLevel) -> None:
    names = [column.name.lower() for column in list_frame_columns(level, DEFAULT_KEYWORDS)]
    assert len(set(names)) == len(names)
