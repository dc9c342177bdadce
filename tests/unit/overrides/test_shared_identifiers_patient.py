"""Values that identify a person, as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.person_name_comparison import normalize_person_name
from dicommap.overrides.shared_identifiers import COMPARED_PART_COUNTS, normalize_identity_value
from tests.support.example_counts import examples


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Doe^John", "DOE^JOHN^^^"),
        ("Doe^John", " Doe ^ John ^ ^"),
        ("Mu\u0308ller^J", "M\u00dcLLER^j"),
        ("Yamada^Tarou=A^B=C", "YAMADA^TAROU^=A^B^^=C^"),
        ("Stra\u00dfe", "STRASSE"),
        ("Doe  Smith^J", "Doe Smith^J"),
        ("", "^^="),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert normalize_identity_value("PatientName", one) == normalize_identity_value("PatientName", other)


@pytest.mark.parametrize(("one", "other"), [("Doe^John", "DoeJohn"), ("Doe^^John", "Doe^John"), ("A=B", "A==B")])
def test_different_names_stay_different(one: str, other: str) -> None:
    assert normalize_identity_value("PatientName", one) != normalize_identity_value("PatientName", other)


@examples(200)
@given(st.text(alphabet="aB \u00fc\u0308\u00df^=", max_size=12))
def test_names_that_dicom_takes_for_one_have_the_same_parts(name: str) -> None:
    parts = normalize_identity_value("PatientName", name)
    assert len(parts) == COMPARED_PART_COUNTS["PatientName"]
    assert parts == normalize_identity_value("PatientName", normalize_person_name(name))
    assert not any(part.endswith("^") for part in parts)


def test_dates_identifiers_and_sex() -> None:
    assert normalize_identity_value("PatientBirthDate", "1970.01.31 ") == normalize_identity_value(
        "PatientBirthDate", "19700131"
    )
    assert normalize_identity_value("PatientSex", "f") == normalize_identity_value("PatientSex", "F ")
    assert normalize_identity_value("PatientID", "007") != normalize_identity_value("PatientID", "7")
