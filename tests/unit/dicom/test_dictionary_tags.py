"""Tags, keywords and multiplicities as the dictionary gives them."""

from __future__ import annotations

import pytest
from pydicom._dicom_dict import DicomDictionary

from dicommap.dicom.dictionary import hex_of, is_private, keyword_of, parse_multiplicity, tag_of, vm_of, vrs_of
from dicommap.dicom.vr import ALL_VRS


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        ("1", [0, 1], [2]),
        ("3", [0, 3], [1, 2, 4]),
        ("1-2", [0, 1, 2], [3]),
        ("1-n", [0, 1, 99], []),
        ("2-n", [0, 2, 3], [1]),
        ("2-2n", [0, 2, 4], [1, 3, 5]),
        ("3-3n", [0, 3, 6], [1, 2, 4, 7]),
    ],
)
def test_multiplicities_are_read_as_ps3_6_writes_them(text: str, allowed: list[int], refused: list[int]) -> None:
    found = parse_multiplicity(text)
    assert all(found.allows(count) for count in allowed)
    assert not any(found.allows(count) for count in refused)


@pytest.mark.parametrize("text", ["", "n", "1-", "-1", "1-2-3", "a"])
def test_what_is_no_multiplicity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="multiplicity"):
        parse_multiplicity(text)


def test_every_entry_of_the_dictionary_is_understood() -> None:
    for tag, (_, vm, *_) in DicomDictionary.items():
        assert vm_of(tag) == parse_multiplicity(vm)
        assert set(vrs_of(tag)) <= ALL_VRS


def test_names_of_a_tag() -> None:
    assert tag_of("PatientID") == 0x00100020
    assert tag_of("patientid") is None
    assert keyword_of(0x00100020) == "PatientID"
    assert keyword_of(0x0009FF02) == "(0009,FF02)"
    assert hex_of(0x00100020) == "00100020"
    assert vrs_of(0x00280106) == ("US", "SS")
    assert vrs_of(0x00091002) == ()
    assert vm_of(0x00091002) is None
    assert is_private(0x00091002)
    assert not is_private(0x00080060)
