"""Bar chart of a forecast: in each series, the groups of files that may become separate image sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.conflict_report import EMPTY_VALUE
from dicommap.display.formatting import truncate_text
from dicommap.display.inventory_report import join_first_names_by_commas
from dicommap.issues.wording import format_count
from dicommap.plots.svg import (
    BODY_TOP,
    LEFT_MARGIN,
    WIDTH,
    draw_bar,
    draw_legend,
    draw_text,
    make_plot,
    shorten_uid,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.display.report import Figure
    from dicommap.model.masking import Masker
    from dicommap.overrides.image_set_forecast import SeriesFileGroups, StudyFileGroups
    from dicommap.plots.svg import Plot

MAX_STUDIES = 10
MAX_SERIES = 8
"""Maximum number of series of one study that are drawn."""
_ROW_HEIGHT = 22
_BAR_HEIGHT = 15
_NAME_WIDTH = 190
_TEXT_WIDTH = 190
_BAR_WIDTH = WIDTH - 2 * LEFT_MARGIN - _NAME_WIDTH - _TEXT_WIDTH
_LEAST_WIDTH = 3
"""Minimum width of a group. One file among thousands is then visible."""
_GAP = 2
_UID_CHARACTERS = 27
_MAX_TITLE_CHARACTERS = 78

PRIMARY, NON_PRIMARY = "assumed primary", "likely non-primary"
_CLASSES = {PRIMARY: "first", NON_PRIMARY: "third"}


def draw_forecast_figure(studies: Sequence[StudyFileGroups], masker: Masker) -> Figure:
    """Return the bar chart of `plot_forecast` as a block of a report."""
    return plot_forecast(studies, masker).to_figure()


def plot_forecast(studies: Sequence[StudyFileGroups], masker: Masker) -> Plot:
    """Return a bar chart of the first studies. Each series has a bar, which is divided into groups of files.

    The files of a group have the same grouping attributes after the edits. AWS does not document which group becomes
    the primary image set. The plot assumes that it is the largest group.

    Args:
        studies: The studies in which grouping attributes differ.
        masker: The Masker for the values in tooltips.
    """
    shown = studies[:MAX_STUDIES]
    pieces = list(draw_legend(_CLASSES))
    top: float = BODY_TOP + 22
    for study in shown:
        rows = list(_draw_study(study, top, masker))
        pieces += [piece for row in rows for piece in row]
        top += _ROW_HEIGHT * len(rows) + 8
    if len(studies) > len(shown):
        words = f"and {format_count(len(studies) - len(shown), 'more study')}"
        pieces.append(draw_text(LEFT_MARGIN, top + 13, words, kind="faint"))
        top += _ROW_HEIGHT
    if not studies:
        words = "Each grouping attribute has one value in every study and series."
        pieces.append(draw_text(LEFT_MARGIN, top + 13, words, kind="faint"))
        top += _ROW_HEIGHT
    description = "A forecast: the largest group is assumed to become primary. AWS does not document which one does."
    return make_plot("Groups of files that may become separate image sets", description, top + 8, pieces)


def _draw_study(study: StudyFileGroups, top: float, masker: Masker) -> Iterator[list[str]]:
    """Yield lists of SVG elements, one for each row of a study: its title, its series, and a count of other series."""
    words = f"{study.non_primary_files:,} of {format_count(study.files, 'file')} likely non-primary"
    differ = "differs" if len(study.keywords) == 1 else "differ"
    title = f"Study {shorten_uid(study.study_instance_uid, 40)}: {join_first_names_by_commas(study.keywords)} {differ}"
    yield [
        draw_text(LEFT_MARGIN, top + 13, truncate_text(title, _MAX_TITLE_CHARACTERS)),
        draw_text(WIDTH - LEFT_MARGIN, top + 13, words, kind="faint", anchor="end"),
    ]
    shown = study.series[:MAX_SERIES]
    widest = max(series.files for series in shown)
    for number, series in enumerate(shown, start=1):
        yield list(_draw_series(study, series, top + number * _ROW_HEIGHT, widest, masker))
    if study.series_count > len(shown):
        y = top + (len(shown) + 1) * _ROW_HEIGHT + 13
        words = f"and {study.series_count - len(shown):,} more series"
        yield [draw_text(LEFT_MARGIN + 12, y, words, kind="faint")]


def _draw_series(
    study: StudyFileGroups, series: SeriesFileGroups, top: float, widest: int, masker: Masker
) -> Iterator[str]:
    yield draw_text(LEFT_MARGIN + 12, top + 13, shorten_uid(series.series_instance_uid, _UID_CHARACTERS))
    left: float = LEFT_MARGIN + _NAME_WIDTH
    free = _BAR_WIDTH - len(series.groups) * (_LEAST_WIDTH + _GAP)
    for group in series.groups:
        width = _LEAST_WIDTH + free * group.files / widest
        name = PRIMARY if group.is_primary else NON_PRIMARY
        values = (
            f"{keyword} {masker.mask(keyword, value, can_be_shown=keyword not in study.masked_keywords) or EMPTY_VALUE}"
            for keyword, value in zip(study.keywords, group.values, strict=True)
        )
        tooltip = f"{format_count(group.files, 'file')}, {name}: {', '.join(values)}"
        yield draw_bar(left, top + 1, width, _BAR_HEIGHT, kind=_CLASSES[name], tooltip=tooltip)
        left += width + _GAP
    files = format_count(series.files, "file")
    words = files if series.group_count == 1 else f"{files} in {format_count(series.group_count, 'group')}"
    yield draw_text(left + 6, top + 13, words, kind="faint")
