"""Bar chart of studies by day, month, year, decade or century of StudyDate."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
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
_MAX_OUTLIER_SHARE = 0.05
"""Maximum share of studies whose dates may be outside the axis. The axis can then have a smaller unit."""
_MIN_STUDIES_FOR_OUTLIER = 5
"""If there are at least this many studies, one of them may always be outside the axis."""
_BARS_HEIGHT = 160
_AXIS_WIDTH = 44
"""Width of the area for numbers to the left of the bars."""
_LABEL_WIDTH = 64
"""Width of a label below the bars."""
_OUTLIER_WIDTH = 84
"""Width of the area for the bar with earlier or later studies."""
_MAX_BAR_WIDTH = 60

_Unit = tuple[str, "Callable[[date], int]"]
"""The name of a unit of time, and a function that converts a date to the number of its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bars:
    """The bars of a timeline, and the numbers of studies that are earlier than the first bar or later than the last."""

    unit: str
    counts: Counter[int]
    earlier: int
    later: int

    @property
    def first_number(self) -> int:
        return min(self.counts)

    @property
    def last_number(self) -> int:
        return max(self.counts)

    def format_label(self, number: int) -> str:
        return _UNIT_LABELS[self.unit](number)


def plot_timeline(studies: Iterable[Study], *, show_values: bool) -> Plot:
    """Return a bar chart of the number of studies in each year, or in each decade, century, month or day.

    The smallest unit that does not need too many bars is used. Months and days are used only if `show_values` is True.

    A study with several dates counts once, at its earliest date. If a few studies are much earlier or later than all
    others, they share one bar at the side. The plot's description gives the number of these studies, and the number of
    studies without a valid date.

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
    title = "Studies over time"
    if not days:
        return make_plot(title, f"None of {format_count(without, 'study')} has a valid StudyDate.", BODY_TOP, [])
    bars = _make_bars(days, show_values=show_values)
    outside = [
        f"; {count:,} of them {side} {bars.format_label(limit)}"
        for count, side, limit in ((bars.earlier, "before", bars.first_number), (bars.later, "after", bars.last_number))
        if count
    ]
    left_out = f"; {without:,} without a valid StudyDate" if without else ""
    description = f"{format_count(days.total(), 'study')} by {bars.unit} of StudyDate{''.join(outside)}{left_out}."
    return make_plot(title, description, BODY_TOP + _BARS_HEIGHT + 84, _draw_bars(bars))


def _make_bars(days: Counter[date], *, show_values: bool) -> _Bars:
    """Return the bars for the smallest unit that needs at most `_MAX_BARS` bars, without the outliers."""
    units: list[_Unit] = [("year", _get_year_number), ("decade", _get_decade_number), ("century", _get_century_number)]
    if show_values:
        units = [("day", _get_day_number), ("month", _get_month_number), *units]
    for name, unit in units:
        counts: Counter[int] = Counter()
        for day, count in days.items():
            counts[unit(day)] += count
        if max(counts) - min(counts) < _MAX_BARS:
            return _Bars(unit=name, counts=counts, earlier=0, later=0)
        if (bars := _leave_out_outliers(name, counts)) is not None:
            return bars
    raise AssertionError("All years of DICOM dates are 100 centuries.")


def _leave_out_outliers(unit: str, counts: Counter[int]) -> _Bars | None:
    """Return the bars without outliers: a few studies that are far from all others.

    Return None if too many studies would be left out, or if the axis would keep more than half of its length.
    """
    total = counts.total()
    most = max(int(total * _MAX_OUTLIER_SHARE), int(total >= _MIN_STUDIES_FOR_OUTLIER))
    numbers = sorted(counts)
    ends = (bisect_left(numbers, number + _MAX_BARS) - 1 for number in numbers)
    first, last = max(enumerate(ends), key=lambda axis: _sum_counts_between(counts, numbers, *axis))
    earlier, later = (
        _sum_counts_between(counts, numbers, 0, first - 1),
        _sum_counts_between(counts, numbers, last + 1, len(numbers) - 1),
    )
    if earlier + later > most or 2 * (numbers[last] - numbers[first]) > numbers[-1] - numbers[0]:
        return None
    kept = Counter({number: counts[number] for number in numbers[first : last + 1]})
    return _Bars(unit=unit, counts=kept, earlier=earlier, later=later)


def _sum_counts_between(counts: Counter[int], numbers: list[int], first: int, last: int) -> int:
    return sum(counts[number] for number in numbers[first : last + 1])


def _get_day_number(day: date) -> int:
    return day.toordinal()


def _get_month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _get_year_number(day: date) -> int:
    return day.year


def _get_decade_number(day: date) -> int:
    return day.year // 10


def _get_century_number(day: date) -> int:
    return day.year // 100


def _parse_date(text: str) -> date | None:
    """Convert a DA value to a date. Return None if the value is not valid (PS3.5 section 6.2)."""
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


def _draw_bars(bars: _Bars) -> Iterator[str]:
    base = BODY_TOP + _BARS_HEIGHT + 18
    left, right = LEFT_MARGIN + _AXIS_WIDTH, WIDTH - LEFT_MARGIN
    marks = _choose_axis_marks(max(*bars.counts.values(), bars.earlier, bars.later))
    scale = _BARS_HEIGHT / marks[-1]
    yield draw_text(left - 6, BODY_TOP + 4, "studies", kind="faint", anchor="end")
    for mark in marks:
        yield draw_line(left, base - scale * mark, right - left)
        yield draw_text(left - 6, base - scale * mark + 4, f"{mark:,}", kind="faint", anchor="end")
    if bars.earlier:
        yield from _draw_outliers(left, base, scale, bars.earlier, f"before {bars.format_label(bars.first_number)}")
        left += _OUTLIER_WIDTH
    if bars.later:
        right -= _OUTLIER_WIDTH
        yield from _draw_outliers(right, base, scale, bars.later, f"after {bars.format_label(bars.last_number)}")
    step = min((right - left) / (bars.last_number - bars.first_number + 1), _MAX_BAR_WIDTH)
    every = max(1, round(_LABEL_WIDTH / step + 0.5))
    for number in range(bars.first_number, bars.last_number + 1):
        x = left + (number - bars.first_number) * step
        if count := bars.counts[number]:
            tooltip = f"{bars.format_label(number)}: {format_count(count, 'study')}"
            height = scale * count
            yield draw_bar(x + step * 0.1, base - height, step * 0.8, height, kind="first", tooltip=tooltip)
        if (number - bars.first_number) % every == 0:
            yield draw_text(x + step / 2, base + 18, bars.format_label(number), kind="faint", anchor="middle")
    yield draw_text((left + right) / 2, base + 40, f"{bars.unit} of StudyDate", kind="faint", anchor="middle")


def _draw_outliers(left: float, base: float, scale: float, count: int, words: str) -> Iterator[str]:
    """Yield the SVG elements of the side bar for studies that are much earlier or later, and of its label.

    The bar has a separate colour.
    """
    x, width = left + 12, _OUTLIER_WIDTH - 24
    tooltip = f"{words}: {format_count(count, 'study')}"
    yield draw_bar(x, base - scale * count, width, scale * count, kind="second", tooltip=tooltip)
    yield draw_text(x + width / 2, base + 18, words, kind="faint", anchor="middle")


def _choose_axis_marks(highest: int) -> list[int]:
    """Return at most six round numbers for the axis.

    The first number is zero, and the last number is `highest` or more.
    """
    size = 1
    while highest / size > 4:
        size = size * 2 if str(size)[0] in "15" else size * 5 // 2
    return list(range(0, highest + size, size))
