"""DICOM's texts as FHIR's primitive types."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.display import fhir_values
from dicommap.display.fhir_values import FhirConversionError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" Chest ", "Chest"),
        ("", None),
        ("  ", None),
        ("\u3000", None),
        ("頭部\u3000CT", "頭部\u3000CT"),
        ("a\tb", "a\tb"),
    ],
)
def test_strings(text: str, found: str | None) -> None:
    assert fhir_values.to_string(text) == found


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "\x7f", "\ud800"])
def test_texts_with_control_characters_are_no_strings(text: str) -> None:
    with pytest.raises(FhirConversionError):
        fhir_values.to_string(text)


@pytest.mark.parametrize(("text", "found"), [("7", 7), (" +7 ", 7), ("0", 0), ("2147483647", 2**31 - 1), (" ", None)])
def test_numbers(text: str, found: int | None) -> None:
    assert fhir_values.to_unsigned_int(text) == found


@pytest.mark.parametrize("text", ["-1", "2147483648", "1.0", "x", "1\\2", "٣", "9" * 5_000])
def test_what_is_no_number_from_0_on(text: str) -> None:
    with pytest.raises(FhirConversionError):
        fhir_values.to_unsigned_int(text)


@pytest.mark.parametrize(("text", "found"), [("20240229", date(2024, 2, 29)), ("", None)])
def test_days(text: str, found: date | None) -> None:
    assert fhir_values.to_date(text) == found


@pytest.mark.parametrize("text", ["20230229", "2024.02.29", "202402", "20240229-", "00000101", "２０２４０２２９"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(FhirConversionError):
        fhir_values.to_date(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [("1015", "10:15:00"), ("101530", "10:15:30"), ("101530.5", "10:15:30.5"), ("235959.123456", "23:59:59.123456")],
)
def test_times(text: str, found: str) -> None:
    assert fhir_values.to_time(text) == found


@pytest.mark.parametrize("text", ["10", "2400", "1060", "10:15:30", "101530.", "101530.1234567"])
def test_what_is_no_time_to_the_minute(text: str) -> None:
    with pytest.raises(FhirConversionError):
        fhir_values.to_time(text)


@pytest.mark.parametrize(("text", "found"), [("+0100", "+01:00"), ("-0330", "-03:30"), ("+1400", "+14:00"), ("", None)])
def test_offsets(text: str, found: str | None) -> None:
    assert fhir_values.to_offset(text) == found


@pytest.mark.parametrize("text", ["-0000", "+1401", "-1201", "+01:00", "0100", "+0160"])
def test_what_is_no_offset(text: str) -> None:
    with pytest.raises(FhirConversionError):
        fhir_values.to_offset(text)


@pytest.mark.parametrize(
    ("on", "time", "found"),
    [
        (date(2026, 1, 2), "10:15:00", "+01:00"),
        (date(2026, 7, 2), "10:15:00", "+02:00"),
        (date(2026, 10, 25), "01:59:59", "+02:00"),
        (date(2026, 10, 25), "03:00:00", "+01:00"),
        (date(2026, 3, 29), "01:59:59.9", "+01:00"),
        (date(2026, 3, 29), "03:00:00", "+02:00"),
        (date(1900, 1, 2), "10:15:00", "+01:00"),
    ],
)
def test_the_offset_of_a_time_zone_is_that_of_the_day(on: date, time: str, found: str) -> None:
    assert fhir_values.format_zone_offset(on, time, ZoneInfo("Europe/Berlin")) == found


@pytest.mark.parametrize(
    ("zone", "on", "time", "how"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "02:00:00", "not at all"),
        ("Europe/Berlin", date(2026, 3, 29), "02:59:59", "not at all"),
        ("Europe/Berlin", date(2026, 10, 25), "02:00:00", "twice"),
        ("Europe/Berlin", date(2026, 10, 25), "02:59:59.999", "twice"),
        ("Australia/Lord_Howe", date(2026, 4, 5), "01:45:00", "twice"),  # its summer time is half an hour
        ("America/New_York", date(2026, 3, 8), "02:30:00", "not at all"),
        ("Pacific/Apia", date(2011, 12, 30), "12:00:00", "not at all"),  # it passed over a whole day
        ("Europe/Berlin", date(1880, 1, 2), "10:00:00", "no whole number of minutes"),
    ],
)
def test_a_time_that_clocks_do_not_show_once_has_no_offset(zone: str, on: date, time: str, how: str) -> None:
    with pytest.raises(FhirConversionError, match=how):
        fhir_values.format_zone_offset(on, time, ZoneInfo(zone))


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2037, 12, 31)).map(lambda one: one.replace(microsecond=0)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_an_offset_is_given_if_exactly_one_moment_has_the_local_time(local: datetime, zone: str) -> None:
    around = [local.replace(tzinfo=UTC) + timedelta(minutes=15 * steps) for steps in range(-4 * 15, 4 * 15)]
    moments = [one for one in around if one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local]
    try:
        offset = fhir_values.format_zone_offset(local.date(), f"{local:%H:%M:%S}", ZoneInfo(zone))
    except FhirConversionError:
        assert len(moments) != 1
        return
    assert [datetime.fromisoformat(f"{local.isoformat()}{offset}")] == moments
