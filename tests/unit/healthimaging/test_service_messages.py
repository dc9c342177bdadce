"""The service's words are shown where they describe a fault, and masked where they may be a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.printable_text import MASK
from dicommap.healthimaging.service_messages import mask_service_message


@pytest.mark.parametrize(
    "message",
    [
        "DICOM attribute TransferSyntaxUID does not exist",
        "DICOM attributes does not exist",
        "DICOM attribute SOPClassUID does not exist",
        "Invalid value of (0010,0020) in 1.2.840.113619.2.55",
        "DICOM import job has failed. FILE_COUNTS_LIMIT_EXCEEDED",
        "INVALID_OFFSET_TABLE",
        "ValidationException: the file is empty.",
        "Access denied, as requested by the test",
        "Amazon S3 was not reached: NoCredentialsError",
        "Request was refused by Amazon S3",
        "The security token included in the request is invalid",
        "Rate exceeded",
        "",
    ],
)
def test_words_about_faults_are_shown(message: str) -> None:
    assert mask_service_message(message, show_values=False) == message


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("PatientName Doe^Jane is invalid", f"PatientName {MASK} is invalid"),
        ("PatientID 0042 is not valid", f"PatientID {MASK} is not valid"),
        ("value 'doe jane' of PatientName", f"value '{MASK}' of PatientName"),
        ("StudyDate 1970.01.01", f"StudyDate {MASK}"),
        ("DOE_JANE", MASK),
        ("_doe_", MASK),
        ("山田太郎", MASK),
        ("key in/doe/1.dcm", f"key in/{MASK}.dcm"),
    ],
)
def test_what_may_be_a_value_is_masked(message: str, shown: str) -> None:
    masked = mask_service_message(message, show_values=False)
    assert not any(word in masked.lower() for word in ("doe", "jane", "0042", "1970", "山田"))
    if "in/" not in message:
        assert masked == shown
    assert mask_service_message(message, show_values=True) == message


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("PatientName Do^An is invalid", f"PatientName {MASK} is invalid"),
        ("PatientName DO^AN^^^", f"PatientName {MASK}"),
        ("value 'no an' of PatientName", f"value '{MASK}' of PatientName"),
        ('value "Set" of PatientName', f'value "{MASK}" of PatientName'),
        ("PatientName Do An is invalid", f"PatientName {MASK} is invalid"),
        ("PatientName NO is invalid", f"PatientName {MASK} is invalid"),
        ("PatientName=Case", MASK),
        ("PatientName Test is invalid", f"PatientName {MASK} is invalid"),
        ("PatientName Amazon is invalid", f"PatientName {MASK} is invalid"),
        (
            "The file has 'PatientName'. The DICOM file is invalid",
            "The file has 'PatientName'. The DICOM file is invalid",
        ),
        ("ValidationException: The value is invalid", "ValidationException: The value is invalid"),
    ],
)
def test_names_that_are_words_are_masked(message: str, shown: str) -> None:
    assert mask_service_message(message, show_values=False) == shown


@given(st.text())
def test_any_message_can_be_shown(message: str) -> None:
    assert isinstance(mask_service_message(message, show_values=False), str)


@given(st.text(alphabet="xyzqjk^0123456789", min_size=3))
def test_letters_that_are_no_word_never_pass(value: str) -> None:
    assert value not in mask_service_message(f"PatientName {value} is invalid", show_values=False)
