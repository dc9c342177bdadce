"""Bar chart of studies by day, month, year, decade or century of StudyDate."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from dicommap.issues.wording import format_count
from dicommap.plots.svg import BODY_TOP, LEFT_MARGIN, WIDTH, draw_bar, draw_line, draw_text, make_plot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dicommap.model.study import Study
    from dicommap.plots.svg import Plot

_DATE_DIGITS = len("YYYYMMDD")
_MAX_BARS = 120
_BARS_HEIGHT = 160
_AXIS_WIDTH = 44
"""Width of the area for the numbers on the left of the bars."""
_LABEL_WIDTH = 64
"""Width of a label below the bars."""


def plot_timeline(studies: Iterable[Study], *, show_values: bool) -> Plot:
    """Return a bar chart of the studies by year, or by decade or century if years need too many bars.

    A study with several dates counts once, at its earliest date. The description has the number of studies without a
    valid date.

    Args:
        studies: The studies.
        show_values: Whether a bar may be a day or a month, which may identify a patient.
    """
    days: Counter[date] = Counter()
    without = 0
    for study in studies:
        dates = [day for text in study.values.get("StudyDate", {}) if (day := _parse_date(text))]
        if dates:
            days[min(dates)] += 1
        else:
            without += 1
    unit, name = _choose_unit(days, show_values=show_values)
    bars: Counter[int] = Counter()
    for day, count in days.items():
        bars[unit(day)] += count
    left_out = f"; {without:,} without a valid StudyDate" if without else ""
    description = f"{format_count(days.total(), 'study')} by {name} of StudyDate{left_out}."
    return make_plot("Studies over time", description, BODY_TOP + _BARS_HEIGHT + 56, _draw_bars(bars, name))


def _choose_unit(days: Counter[date], *, show_values: bool) -> tuple[Callable[[date], int], str]:
    """Return the smallest unit of time that needs at most `_MAX_BARS` bars: its function and its name."""
    units: list[tuple[Callable[[date], int], str]] = [
        (_count_years, "year"),
        (_count_decades, "decade"),
        (_count_centuries, "century"),
    ]
    if show_values:
        units = [(_count_days, "day"), (_count_months, "month"), *units]
    for unit, name in units:
        if not days or unit(max(days)) - unit(min(days)) < _MAX_BARS:
            return unit, name
    return units[-1]


def _count_days(day: date) -> int:
    return day.toordinal()


def _count_months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _count_years(day: date) -> int:
    return day.year


def _count_decades(day: date) -> int:
    return day.year // 10


def _count_centuries(day: date) -> int:
    return day.year // 100


def _parse_date(text: str) -> date | None:
    """Convert a DA value to a date; None if the value is not valid (PS3.5 section 6.2)."""
    if len(text) != _DATE_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


_UNIT_LABELS: dict[str, Callable[[int], str]] = {
    "day": lambda number: date.fromordinal(number).isoformat(),
    "month": lambda number: f"{number // 12:04}-{number % 12 + 1:02}",
    "year": str,
    "decade": lambda number: f"{number}0s",
    "century": lambda number: f"{number}00s",
}


def _draw_bars(bars: Counter[int], name: str) -> Iterator[str]:
    left, width, base = LEFT_MARGIN + _AXIS_WIDTH, WIDTH - 2 * LEFT_MARGIN - _AXIS_WIDTH, BODY_TOP + _BARS_HEIGHT + 10
    if not bars:
        yield draw_text(LEFT_MARGIN, BODY_TOP + 36, "no dates", kind="faint")
        return
    first, last, highest = min(bars), max(bars), max(bars.values())
    for mark in _choose_axis_marks(highest):
        y = base - _BARS_HEIGHT * mark / highest
        yield draw_line(left, y, width)
        yield draw_text(left - 6, y + 4, f"{mark:,}", kind="faint", anchor="end")
    step = min(width / (last - first + 1), 60)
    every = max(1, round(_LABEL_WIDTH / step + 0.5))
    for number in range(first, last + 1):
        x = left + (number - first) * step
        if count := bars[number]:
            height = _BARS_HEIGHT * count / highest
            tooltip = f"{_UNIT_LABELS[name](number)}: {format_count(count, 'study')}"
            yield draw_bar(x + step * 0.1, base - height, step * 0.8, height, kind="first", tooltip=tooltip)
        if (number - first) % every == 0:
            yield draw_text(x + step / 2, base + 18, _UNIT_LABELS[name](number), kind="faint", anchor="middle")


def _choose_axis_marks(highest: int) -> list[int]:
    """Return up to five round numbers for the axis, from zero to at most `highest`."""
    size = 1
    while highest / size > 4:
        size = size * 2 if str(size)[0] in "15" else size * 5 // 2
    return list(range(0, highest + 1, size))
