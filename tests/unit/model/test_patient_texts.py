"""The texts of a study's patient are recognized in other texts; unmasked values and short parts are not searched."""

from __future__ import annotations

import pytest

from dicommap.model.patient_texts import PatientTexts

VALUES = [
    ("PatientName", "Müller-Lee^Jo^\\山田^太郎"),
    ("PatientID", "AB-00712"),
    ("AccessionNumber", "12.34.56"),
    ("PatientBirthDate", "19800131"),
    ("PatientSex", "M"),
    ("StudyID", "17"),
    ("InstitutionName", "General Hospital"),
    ("StudyDescription", "Brain routine"),
]


@pytest.mark.parametrize(
    "text",
    [
        "MULLER",
        "müller's brain",
        "xLEEx",
        "Brain ab-00712",
        "Brain 00712",
        "123456",
        "12 34 56",
        "1980-01-31",
        "31.01.1980",
        "01/31/1980",
        "GENERAL HOSPITAL routine",
        "太郎 CT",
    ],
)
def test_masked_values_are_recognized(text: str) -> None:
    assert PatientTexts(VALUES).is_any_in(text)


@pytest.mark.parametrize("text", ["", "Brain routine", "Jo M 17", "1980", "T2 general", "a 712 b"])
def test_other_texts_are_not(text: str) -> None:
    assert not PatientTexts(VALUES).is_any_in(text)
