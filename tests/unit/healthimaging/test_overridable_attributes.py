"""Which attributes an override may set, and at which level."""

from __future__ import annotations

import pytest

from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.uid import describe_uid_violation
from dicommap.errors import AttributeNameError
from dicommap.healthimaging.levels import (
    ENCODING_TAGS,
    PATIENT_TAGS,
    PER_INSTANCE_TAGS,
    SERIES_GROUPING_TAGS,
    SERIES_TAGS,
    STUDY_GROUPING_TAGS,
    STUDY_TAGS,
    Level,
    fits_override_level,
    level_of,
)
from dicommap.healthimaging.limits import describe_uid_mapping_problem
from dicommap.healthimaging.overridable_attributes import (
    level_mismatch_issues,
    not_overridable_issues,
    unknown_keyword_issues,
)
from dicommap.issues import Location
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS, list_captured_keywords
from dicommap.model.masking import UNMASKED_KEYWORDS, Masker, make_different_values_marker
from dicommap.overrides.override import Override


def test_every_attribute_has_one_level() -> None:
    assert not PATIENT_TAGS & STUDY_TAGS
    assert not PATIENT_TAGS & SERIES_TAGS
    assert not STUDY_TAGS & SERIES_TAGS
    assert not PER_INSTANCE_TAGS & (PATIENT_TAGS | STUDY_TAGS | SERIES_TAGS)
    assert not ENCODING_TAGS & (PATIENT_TAGS | STUDY_TAGS | SERIES_TAGS | PER_INSTANCE_TAGS)
    assert STUDY_GROUPING_TAGS <= PATIENT_TAGS | STUDY_TAGS
    assert SERIES_GROUPING_TAGS <= SERIES_TAGS


@pytest.mark.parametrize(
    ("keyword", "level"),
    [
        ("PatientID", "patient"),
        ("StudyDate", "study"),
        ("PatientWeight", "study"),
        ("Modality", "series"),
        ("Manufacturer", "series"),
        ("SpecificCharacterSet", "instance"),
        ("InstanceNumber", "instance"),
    ],
)
def test_attributes_have_the_level_that_healthimaging_lists(keyword: str, level: str) -> None:
    tag = tag_of(keyword) or 0
    assert level_of(tag) == level
    assert fits_override_level(tag, Level.STUDY) is (level in ("patient", "study"))
    assert fits_override_level(tag, Level.SERIES) is (level == "series")
    assert bool(list(level_mismatch_issues(tag, Level.SERIES, Location()))) is (level != "series")


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        (0x00020010, "attribute.forbidden"),
        (0x00080000, "attribute.forbidden"),
        (0xFFFEE000, "attribute.forbidden"),
        (0xFFFF0010, "attribute.forbidden"),
        (0x00070010, "attribute.forbidden"),
        (0x00080005, "attribute.describes-content"),
        (0x00281201, "attribute.describes-content"),
        (0x00080018, "attribute.per-instance"),
        (0x7FE00010, "attribute.per-instance"),
        (0x00200032, "attribute.per-instance"),
        (0x0020000D, "attribute.uid"),
        (0x00200052, "attribute.uid"),
        (0x00100020, None),
        (0x00101002, None),
    ],
)
def test_uids_and_what_differs_between_instances_are_refused(tag: int, code: str | None) -> None:
    assert [found.code for found in not_overridable_issues(tag, Location())] == ([code] if code else [])


def test_what_describes_the_content_of_a_file_is_in_the_dictionary_and_refused() -> None:
    keywords = ["Rows", "Columns", "PhotometricInterpretation", "SamplesPerPixel", "PlanarConfiguration"]
    keywords += ["NumberOfFrames", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"]
    keywords += [
        f"{colour}PaletteColorLookupTable{part}"
        for colour in ("Red", "Green", "Blue", "Alpha")
        for part in ("Descriptor", "Data")
    ]
    assert {tag_of(keyword) for keyword in keywords} <= ENCODING_TAGS
    assert all(vrs_of(tag) for tag in ENCODING_TAGS)


def test_an_unknown_keyword_comes_with_the_closest_ones() -> None:
    (found,) = unknown_keyword_issues("PatientId", Location())
    assert found.code == "attribute.unknown"
    assert "did you mean PatientID" in found.message
    assert not list(unknown_keyword_issues("PatientID", Location()))


def test_the_level_of_an_override_is_that_of_its_target() -> None:
    assert Override(study_instance_uid="1.2", series_instance_uid=None, data_set={}).level is Level.STUDY
    assert Override(study_instance_uid="1.2", series_instance_uid="1.3", data_set={}).level is Level.SERIES


@pytest.mark.parametrize(
    ("uid", "problem"),
    [
        ("1.2", None),
        ("0.01", None),
        ("1" * 256, None),
        ("1" * 257, "257 characters"),
        ("", "is empty"),
        ("1.a", "digits and dots"),
        ("1.2\n", "digits and dots"),
        ("٣.1", "digits and dots"),
        ("1..2", "empty component"),
        (".1", "empty component"),
        ("1.", "empty component"),
    ],
)
def test_a_mapping_names_uids_that_healthimaging_stores(uid: str, problem: str | None) -> None:
    found = describe_uid_mapping_problem(uid)
    assert (found is None) if problem is None else (problem in (found or ""))


@pytest.mark.parametrize(
    ("uid", "conforms"),
    [
        ("1.2", True),
        ("1", False),
        ("3.1", False),
        ("1.02", False),
        ("1.39", True),
        ("0.40.1", False),
        ("1.40", False),
        ("2.999", True),
        ("1." + "1" * 63, False),
    ],
)
def test_ps3_5_is_stricter_about_uids(uid: str, conforms: bool) -> None:
    assert (describe_uid_violation(uid) is None) is conforms


def test_captured_keywords_begin_with_the_usual_ones() -> None:
    assert list_captured_keywords() == DEFAULT_KEYWORDS
    assert list_captured_keywords(["PatientWeight", "PatientID", "PatientWeight"]) == (
        *DEFAULT_KEYWORDS,
        "PatientWeight",
    )
    assert list_captured_keywords(["StudyInstanceUID"]) == DEFAULT_KEYWORDS


@pytest.mark.parametrize("keyword", ["PatientId", "", "PixelData", "OtherPatientIDsSequence", "TransferSyntaxUIDs"])
def test_what_cannot_be_captured_is_refused(keyword: str) -> None:
    with pytest.raises(AttributeNameError):
        list_captured_keywords([keyword])


def test_values_are_masked_unless_they_are_asked_for() -> None:
    assert Masker().mask("PatientID", "007") == "<PatientID 1>"
    assert Masker(show_values=True).mask("PatientID", "007") == "007"
    assert Masker().mask("PatientID", "") == ""
    assert Masker().mask("Modality", "CT") == "CT"
    assert not {"PatientID", "PatientName", "AccessionNumber", "StudyDate"} & UNMASKED_KEYWORDS


def test_differing_values_are_counted_and_never_listed() -> None:
    assert make_different_values_marker(2) == "<2 different values>"
    assert Masker(show_values=True).mask_counts("PatientID", {"a": 1, "b": 2}) == "<2 different values>"
    assert Masker().mask_counts("PatientID", {"a": 1}) == "<PatientID 1>"
    assert Masker().mask_counts("PatientID", {}) == ""
