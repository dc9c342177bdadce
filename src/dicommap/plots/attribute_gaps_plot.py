"""Heat map of missing and inconsistent attributes for each modality."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.person_name_comparison import merge_counts_of_equal_names
from dicommap.healthimaging.levels import Level, level_of
from dicommap.issues.wording import format_count
from dicommap.plots.modality_plot import OTHERS, choose_most_frequent_names, get_modality_label
from dicommap.plots.svg import (
    BODY_TOP,
    CHARACTER_WIDTH,
    LEFT_MARGIN,
    MAX_STRENGTH_BELOW_TEXT,
    draw_bar,
    draw_text,
    format_percent,
    make_plot,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.model.study import Series, Study
    from dicommap.plots.svg import Plot

MAX_MODALITIES = 7
MAX_ATTRIBUTES = 60
ALL_MODALITIES = "all"
_ROW_HEIGHT = 22
_CELL_WIDTH = 44
_GAP = 3


@dataclass(slots=True)
class _ProblemCounts:
    """Counts for each pair of attribute and modality: how many items have a problem, and how many items there are.

    An item is a file, series or study. The problem is that the attribute is missing, or that it has different values.
    """

    affected: Counter[tuple[str, str]] = field(default_factory=Counter)
    total: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def has_any(self) -> bool:
        """Return whether at least one item has the problem."""
        return any(self.affected.values())

    def add_counts(self, keyword: str, modalities: Iterable[str], affected: int, total: int) -> None:
        for modality in modalities:
            self.affected[keyword, modality] += affected
            self.total[keyword, modality] += total


def plot_attribute_gaps(studies: Iterable[Study]) -> Plot:
    """Return a heat map of missing and inconsistent attributes, with a column for each modality.

    One panel has the share of files that lack the attribute. The other panel has the share of studies or series in
    which the attribute has different values. Patient and study attributes are compared inside a study, and series
    attributes inside a series. Instance attributes may differ, so they are not compared. At most 60 attributes are
    shown: those with the largest shares.
    """
    missing, inconsistent = _ProblemCounts(), _ProblemCounts()
    files: Counter[str] = Counter()
    compared = 0
    for study in studies:
        compared += 1
        names: dict[str, None] = {}
        for series in study.series:
            modality = get_modality_label(series)
            names[modality] = None
            files[modality] += series.files
            _add_series_counts(series, (modality, ALL_MODALITIES), missing, inconsistent)
        _add_study_counts(study, (*names, ALL_MODALITIES), inconsistent)
    columns = choose_most_frequent_names(files, MAX_MODALITIES)
    folded = len(files) > len(columns)
    for shares in (missing, inconsistent):
        for counts in (shares.affected, shares.total):
            _fold_other_modalities(counts, {*columns, ALL_MODALITIES})
    columns = [*columns, *([OTHERS] if folded else []), *([ALL_MODALITIES] if len(files) > 1 else [])]
    keywords, hidden = _choose_attributes(missing, inconsistent)
    more = f" {format_count(hidden, 'attribute')} with less to tell not shown." if hidden else ""
    nothing = [name for name, shares in (("missing", missing), ("inconsistent", inconsistent)) if not shares.has_any]
    none = f" No attribute is {' or '.join(nothing)}." if nothing and keywords else ""
    description = f"{format_count(files.total(), 'file')} of {format_count(compared, 'study')}.{none}{more}"
    return _draw_heat_map(description, keywords, columns, missing, inconsistent)


def _choose_comparison_level(keyword: str) -> Level:
    level = level_of(tag_of(keyword) or 0)
    return Level.STUDY if level is Level.PATIENT else level


def _add_series_counts(
    series: Series, modalities: tuple[str, ...], missing: _ProblemCounts, inconsistent: _ProblemCounts
) -> None:
    for keyword, counts in series.values.items():
        missing.add_counts(keyword, modalities, counts.get("", 0), series.files)
        if _choose_comparison_level(keyword) is Level.SERIES:
            inconsistent.add_counts(keyword, modalities, len(merge_counts_of_equal_names(keyword, counts)) > 1, 1)


def _add_study_counts(study: Study, modalities: tuple[str, ...], inconsistent: _ProblemCounts) -> None:
    for keyword, counts in study.values.items():
        if _choose_comparison_level(keyword) is Level.STUDY:
            inconsistent.add_counts(keyword, modalities, len(merge_counts_of_equal_names(keyword, counts)) > 1, 1)


def _fold_other_modalities(counts: Counter[tuple[str, str]], named: set[str]) -> None:
    for keyword, modality in [key for key in counts if key[1] not in named]:
        counts[keyword, OTHERS] += counts.pop((keyword, modality))


def _choose_attributes(missing: _ProblemCounts, inconsistent: _ProblemCounts) -> tuple[list[str], int]:
    """Return the keywords of the attributes to draw, in their original order, and the number of other attributes."""
    keywords = list(dict.fromkeys(keyword for keyword, _ in missing.total))
    weight: dict[str, float] = defaultdict(float)
    for shares in (missing, inconsistent):
        for keyword in keywords:
            weight[keyword] += shares.affected[keyword, ALL_MODALITIES] / (shares.total[keyword, ALL_MODALITIES] or 1)
    kept = set(sorted(keywords, key=lambda keyword: -weight[keyword])[:MAX_ATTRIBUTES])
    return [keyword for keyword in keywords if keyword in kept], len(keywords) - len(kept)


def _draw_heat_map(
    description: str, keywords: list[str], columns: list[str], missing: _ProblemCounts, inconsistent: _ProblemCounts
) -> Plot:
    names = LEFT_MARGIN + max((len(keyword) for keyword in keywords), default=10) * CHARACTER_WIDTH + 8
    panel = len(columns) * _CELL_WIDTH + 28
    kinds = (
        (missing, "missing: share of files", "lack it"),
        (inconsistent, "inconsistent: share of studies or series", "differ inside"),
    )
    panels = [kind for kind in kinds if kind[0].has_any]
    title = "Missing and inconsistent attributes"
    if not panels:
        return make_plot(title, description, BODY_TOP, [])
    body = [
        piece
        for place, (shares, name, verb) in enumerate(panels)
        for piece in _draw_panel(names + place * panel, shares, name, verb, keywords, columns)
    ]
    body += [
        draw_text(LEFT_MARGIN, BODY_TOP + 46 + row * _ROW_HEIGHT + 15, keyword) for row, keyword in enumerate(keywords)
    ]
    width = max(names + len(panels) * panel, names + (len(panels) - 1) * panel + 42 * CHARACTER_WIDTH)
    height = BODY_TOP + 46 + _ROW_HEIGHT * len(keywords) + 16
    return make_plot(title, description, height, body, width=width)


def _draw_panel(
    left: float, shares: _ProblemCounts, title: str, verb: str, keywords: list[str], columns: list[str]
) -> Iterator[str]:
    yield draw_text(left, BODY_TOP + 14, title, kind="faint")
    for column, modality in enumerate(columns):
        short = modality if len(modality) * CHARACTER_WIDTH <= _CELL_WIDTH + 2 else f"{modality[:4]}…"
        yield draw_text(left + column * _CELL_WIDTH + _CELL_WIDTH / 2, BODY_TOP + 36, short, anchor="middle")
        for row, keyword in enumerate(keywords):
            x, y = left + column * _CELL_WIDTH, BODY_TOP + 46 + row * _ROW_HEIGHT
            affected, total = shares.affected[keyword, modality], shares.total[keyword, modality]
            tooltip = (
                f"{keyword}, {modality}: {affected:,} of {total:,} {verb}" if total else f"{keyword}: not compared"
            )
            kind, strength = (
                ("third", (0.25 + 0.75 * affected / total) * MAX_STRENGTH_BELOW_TEXT) if affected else ("none", 1)
            )
            if total:
                yield draw_bar(
                    x, y, _CELL_WIDTH - _GAP, _ROW_HEIGHT - _GAP, kind=kind, tooltip=tooltip, strength=strength
                )
            if affected or not total:
                words = format_percent(100 * affected / total) if total else "–"
                yield draw_text(
                    x + (_CELL_WIDTH - _GAP) / 2, y + 14, words, anchor="middle", kind="" if total else "faint"
                )
