"""Warnings are known by type or number, although AWS's page has two numbers for some."""

from __future__ import annotations

import pytest

from dicommap.healthimaging.job_output import UNKNOWN_WARNING, find_warning_name, is_documented_warning


@pytest.mark.parametrize(
    ("kind", "number", "name"),
    [
        ("InvalidOffsetTable", 45330, "INVALID_OFFSET_TABLE"),
        ("INVALID_OFFSET_TABLE", None, "INVALID_OFFSET_TABLE"),
        ("invalid offset table", None, "INVALID_OFFSET_TABLE"),
        (None, 0xB112, "INVALID_OFFSET_TABLE"),
        (None, "0xB112", "INVALID_OFFSET_TABLE"),
        (None, "45330", "INVALID_OFFSET_TABLE"),
        (None, 45330.0, "INVALID_OFFSET_TABLE"),
        # Rows whose decimal is not their hexadecimal: 0xB201 is 45569, and 45570 is printed for it.
        (None, 45569, "INVALID_UID_FORMAT"),
        (None, 45570, "45570"),
        ("InvalidUidFormat", 45570, "INVALID_UID_FORMAT"),
        ("InvalidDicomValueLength", 45570, "INVALID_DICOM_VALUE_LENGTH"),
        (None, 45571, "INVALID_DICOM_VALUE_LENGTH"),
        (None, 47513, "OTHER"),
        (None, 49151, "OTHER"),
        ("Other", 45330, "OTHER"),  # the type weighs more
        ("SomethingNew", 60000, "SomethingNew"),
        ("not a type!", 60000, "60000"),
        ("not a type!", None, UNKNOWN_WARNING),
        (None, True, UNKNOWN_WARNING),
        (None, -1, UNKNOWN_WARNING),
        (None, float("inf"), UNKNOWN_WARNING),
        (None, float("nan"), UNKNOWN_WARNING),
        (None, "0xZZ", UNKNOWN_WARNING),
        (["x"], {"y": 1}, UNKNOWN_WARNING),
    ],
)
def test_the_name_is_found(kind: object, number: object, name: str) -> None:
    assert find_warning_name(kind, number) == name


def test_listed_ones_are_known() -> None:
    assert is_documented_warning("INVALID_OFFSET_TABLE")
    assert not is_documented_warning("SomethingNew")
    assert not is_documented_warning("45570")
