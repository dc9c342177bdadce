"""Detect dates and times that a spreadsheet, pandas or R rewrote."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH_LIMIT = 64
"""Maximum number of characters of a text that can be a date. No program writes a longer date."""
_MONTHS = (
    ("january", "januar", "janvier", "enero", "gennaio", "janeiro", "januari", "styczen"),
    ("february", "februar", "fevrier", "febrero", "febbraio", "fevereiro", "februari", "luty"),
    ("march", "marz", "maerz", "mrz", "mars", "marzo", "marco", "maart", "mrt", "marts", "marzec"),
    ("april", "avril", "abril", "aprile", "kwiecien"),
    ("may", "mai", "mayo", "maggio", "maio", "mei", "maj"),
    ("june", "juni", "juin", "junio", "giugno", "junho", "czerwiec"),
    ("july", "juli", "juillet", "julio", "luglio", "julho", "lipiec"),
    ("august", "aout", "agosto", "augustus", "augusti", "sierpien"),
    ("september", "septembre", "septiembre", "settembre", "setembro", "wrzesien"),
    ("october", "oktober", "octobre", "octubre", "ottobre", "outubro", "pazdziernik"),
    ("november", "novembre", "noviembre", "novembro", "listopad"),
    ("december", "dezember", "decembre", "diciembre", "dicembre", "dezembro", "desember", "grudzien"),
)
"""Names of each month in English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, and Scandinavian
languages, without accents."""
_MONTH_NAME = r"(?P<name>[^\W\d_]{3,12})\.?"
_SEPARATOR = r"[-./, ]*"
_NUMERIC_DATE = re.compile(r"(?P<a>[0-9]{1,4})(?P<mark>[-/.]|\. | )(?P<b>[0-9]{1,2})(?:(?P=mark)(?P<c>[0-9]{1,4}))?\.?")
_TWO_NUMBERS = re.compile(r"(?P<a>[0-9]{1,4})[-/. ](?P<b>[0-9]{1,4})")
_DAY_FIRST_DATE = re.compile(
    rf"(?P<day>[0-9]{{1,2}})(?:\.|st|nd|rd|th)?{_SEPARATOR}{_MONTH_NAME}(?:{_SEPARATOR}(?P<year>[0-9]{{2,4}}))?"
)
_MONTH_FIRST_DATE = re.compile(
    rf"{_MONTH_NAME}{_SEPARATOR}(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:[-/, ]+(?P<year>[0-9]{{2,4}}))?"
    rf"|(?P<month>[^\W\d_]{{3,12}})\.?{_SEPARATOR}(?P<of>[0-9]{{2,4}})"
)
_EAST_ASIAN_DATE = re.compile(
    "(?:(?P<year>[0-9]{4})[\u5e74\ub144] ?)?(?P<month>[0-9]{1,2})[\u6708\uc6d4] ?(?:(?P<day>[0-9]{1,2})[\u65e5\uc77c])?"
)
_DICOM_DATE = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?:[0-9]{2,6}(?:\.[0-9]+)?)?")
_WEEKDAY = re.compile(r"[^\W\d_]{2,12}\.?,? +(?=.*[0-9].*[ ./-].*[0-9])")
_TIME_SUFFIX = re.compile(
    r"[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-][0-9:]{4,5})?$"
)
_SERIAL_DAY = re.compile(r"[0-9]{5}")
_SERIAL_EPOCHS = (date(1899, 12, 30), date(1904, 1, 1))
"""The dates that the number 0 can mean in a spreadsheet. Any other date is stored as the days since one of them."""
_YEARS = range(1990, 2100)
_TIME = re.compile(
    r"(?:(?:1899-12-3[01]|190[04]-01-0[0-9])[ T])?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)? ?(?P<half>[AaPp]\.? ?[Mm]\.?)?"
)
_SHORT_TIME = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2}))?")
"""Pattern of a text that spreadsheets read as a time, but that people may mean as a ratio: 1:2 becomes 01:02:00."""
_DICOM_TIME = re.compile(r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?(?:\.[0-9]+)?")
_MINUTES_AND_SECONDS = re.compile(r"(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})[.,][0-9]")
_PART_OF_DAY = re.compile(r"0[.,](?P<digits>[0-9]{2,})")
_SECONDS_PER_DAY = 24 * 60 * 60


class _PartialDate(NamedTuple):
    """A date. Its year, month or day is None if it is not known."""

    year: int | None
    month: int | None
    day: int | None


def describe_date_damage(before: str, cell: str) -> str | None:
    """Return a description of how a program changed the value `before` to the date `cell`; None if it did not."""
    if not (0 < len(before) <= _LENGTH_LIMIT and 0 < len(cell) <= _LENGTH_LIMIT):
        return None
    were = set(_parse_value_dates(before))
    if not were:
        return None
    if any(_can_be_same_date(cell_date, value_date) for cell_date in _parse_cell_dates(cell) for value_date in were):
        has_year = _DICOM_DATE.fullmatch(before) or any(None not in value_date for value_date in were)
        return "a date in another notation" if has_year else "a date, though the value was not one"
    if _SERIAL_DAY.fullmatch(cell) and not before.isdigit():
        days = (epoch + timedelta(days=int(cell)) for epoch in _SERIAL_EPOCHS)
        dates = [_PartialDate(day.year, day.month, day.day) for day in days if day.year in _YEARS]
        if any(_can_be_same_date(cell_date, value_date) for cell_date in dates for value_date in were):
            return "the number that stands for a date"
    return None


def looks_like_date(cell: str) -> bool:
    """Return whether a cell is a date in a form that spreadsheets and pandas write, but people rarely type."""
    return _SPREADSHEET_DATE.fullmatch(cell) is not None and any(True for _ in _parse_cell_dates(cell))


_SPREADSHEET_DATE = re.compile(
    r"[0-9]{1,2}(?:-|\. ?)[A-Z][^\W\d_A-Z]{2,8}\.?(?:[- ][0-9]{2,4})?|[A-Z][^\W\d_A-Z]{2,8}\.?[- ][0-9]{2}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
)


def describe_time_damage(before: str, cell: str) -> str | None:
    """Return a description of how a program changed the time of day `before` to `cell`; None if it did not."""
    if not (0 < len(before) <= _LENGTH_LIMIT and 0 < len(cell) <= _LENGTH_LIMIT):
        return None
    was, became = _TIME.fullmatch(before) or _SHORT_TIME.fullmatch(before), _TIME.fullmatch(cell)
    if was is None and became is not None:
        was = _DICOM_TIME.fullmatch(before)
    if was is None:
        return None
    second = _count_seconds_of_day(was)
    if became is not None:
        same = _count_seconds_of_day(became) == second or (
            not became["second"] and _count_seconds_of_day(became) // 60 == second // 60
        )
    else:
        same = _is_time_as_part_of_day(second, cell) or _is_time_without_hour(was, cell)
    return "a time in another notation" if same else None


def _count_seconds_of_day(match: re.Match[str]) -> int:
    """Return the number of seconds from midnight to the time of a match."""
    hour = int(match["hour"])
    half = (match.groupdict().get("half") or "").casefold()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return hour * 3600 + int(match["minute"]) * 60 + int(match["second"] or 0)


def _is_time_as_part_of_day(second: int, cell: str) -> bool:
    """Return whether a cell is a time as a spreadsheet stores it: as a part of a day. For example, noon is 0.5.

    `second` is the number of seconds since midnight.
    """
    match = _PART_OF_DAY.fullmatch(cell)
    if match is None:
        return False
    digits = match["digits"][:9]
    unit = 0.1 ** len(digits)
    return abs(int(digits) * unit - second / _SECONDS_PER_DAY) <= unit / 2 + 1e-9


def _is_time_without_hour(was: re.Match[str], cell: str) -> bool:
    """Return whether a cell has the minutes and seconds of the time `was`, but no hours."""
    match = _MINUTES_AND_SECONDS.fullmatch(cell)
    return match is not None and (match["minute"], match["second"]) == (was["minute"], was["second"])


def _can_be_same_date(day: _PartialDate, other_day: _PartialDate) -> bool:
    """Return whether two dates can be the same: at least two parts (year, month, day) are known in both, and equal."""
    shared = [(a, b) for a, b in zip(day, other_day, strict=True) if a is not None and b is not None]
    return len(shared) >= 2 and all(a == b for a, b in shared)


def _parse_value_dates(text: str) -> Iterator[_PartialDate]:
    """Yield each date that a current value can mean, for a person or a spreadsheet: for `3-4`, March 4 and April 3."""
    compact = _DICOM_DATE.fullmatch(text)
    if compact:
        yield from _filter_valid_dates(_PartialDate(int(compact["year"]), int(compact["month"]), int(compact["day"])))
        return
    two = _TWO_NUMBERS.fullmatch(text)
    if two:
        first, second = two["a"], two["b"]
        yield from _filter_valid_dates(
            _PartialDate(None, int(first), int(second)), _PartialDate(None, int(second), int(first))
        )
        for year in _list_possible_years(first):
            yield from _filter_valid_dates(_PartialDate(year, int(second), None))
        for year in _list_possible_years(second):
            yield from _filter_valid_dates(_PartialDate(year, int(first), None))
    yield from _parse_cell_dates(text)


def _parse_cell_dates(cell: str) -> Iterator[_PartialDate]:
    """Yield each date that a cell can mean if a program has written it."""
    text = _TIME_SUFFIX.sub("", cell)
    text = _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) and _parse_month(text) is None else text
    numeric = _NUMERIC_DATE.fullmatch(text)
    if numeric and numeric["c"] is not None:
        yield from _parse_numeric_dates(numeric)
    day_first = _DAY_FIRST_DATE.fullmatch(text)
    if day_first:
        month = _parse_month(day_first["name"])
        for year in _list_possible_years(day_first["year"]) or [None]:
            yield from _filter_valid_dates(_PartialDate(year, month, int(day_first["day"])))
        if not day_first["year"]:
            for year in _list_possible_years(day_first["day"]):
                yield from _filter_valid_dates(_PartialDate(year, month, None))
    yield from _parse_month_first_dates(text)
    east_asian = _EAST_ASIAN_DATE.fullmatch(text)
    if east_asian:
        parts = (east_asian[part] for part in ("year", "month", "day"))
        yield from _filter_valid_dates(_PartialDate(*(int(part) if part else None for part in parts)))


def _parse_month_first_dates(text: str) -> Iterator[_PartialDate]:
    """Yield the dates that a text such as `Mar 5 2024` can mean."""
    match = _MONTH_FIRST_DATE.fullmatch(text)
    if match and match["name"]:
        month = _parse_month(match["name"])
        for year in _list_possible_years(match["year"]) or [None]:
            yield from _filter_valid_dates(_PartialDate(year, month, int(match["day"])))
        if not match["year"]:
            for year in _list_possible_years(match["day"]):
                yield from _filter_valid_dates(_PartialDate(year, month, None))
    elif match:
        for year in _list_possible_years(match["of"]):
            yield from _filter_valid_dates(_PartialDate(year, _parse_month(match["month"]), None))


def _parse_numeric_dates(match: re.Match[str]) -> Iterator[_PartialDate]:
    """Yield the dates that three numbers can mean. The first number can be the year, the day or the month."""
    first, second, third = match["a"], match["b"], match["c"]
    if len(first) != 3 and len(third) <= 2:
        for year in _list_possible_years(first):
            yield from _filter_valid_dates(_PartialDate(year, int(second), int(third)))
    if len(first) <= 2:
        for year in _list_possible_years(third):
            yield from _filter_valid_dates(_PartialDate(year, int(second), int(first)))
            if "." not in match["mark"]:
                yield from _filter_valid_dates(_PartialDate(year, int(first), int(second)))


def _list_possible_years(digits: str | None) -> list[int | None]:
    """Return the years that one, two or four digits can mean, such as 1970 and 2070 for `70`; else an empty list."""
    if not digits or len(digits) == 3:
        return []
    return [int(digits)] if len(digits) == 4 else [1900 + int(digits), 2000 + int(digits)]


def _filter_valid_dates(*dates: _PartialDate) -> Iterator[_PartialDate]:
    """Yield the dates whose month is known, and whose month and day can exist."""
    for day in dates:
        if day.month is not None and 1 <= day.month <= 12 and (day.day is None or 1 <= day.day <= 31):
            yield day


def _parse_month(name: str) -> int | None:
    """Return the number of a month from its name or the beginning of its name; None for another word."""
    letters = "".join(letter for letter in unicodedata.normalize("NFD", name.casefold()) if letter.isalpha())
    if len(letters) < 3:
        return None
    return next(
        (
            number
            for number, names in enumerate(_MONTHS, 1)
            if any(month_name.startswith(letters) for month_name in names)
        ),
        None,
    )
