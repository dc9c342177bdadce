"""Where metadata has gaps: for each attribute and modality, how much is missing and how much is inconsistent."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.model.levels import Level, level_of
from dicommap.model.person_names import distinct_values
from dicommap.model.tags import tag_of
from dicommap.pictures.plots.modalities import OTHERS, modality_of, most
from dicommap.pictures.plots.svg import CHARACTER, LEFT, TOP, bar, plot, text
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.model.hierarchy import Series, Study
    from dicommap.pictures.plots.plot import Plot

MOST_MODALITIES = 7
MOST_ATTRIBUTES = 60
ALL = "all"
_ROW = 22
_CELL = 40
_GAP = 3


@dataclass(slots=True)
class _Shares:
    """Counts of what is affected and of what there is, by attribute and modality."""

    affected: Counter[tuple[str, str]] = field(default_factory=Counter)
    of: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, keyword: str, modalities: Iterable[str], affected: int, of: int) -> None:
        for modality in modalities:
            self.affected[keyword, modality] += affected
            self.of[keyword, modality] += of


def attributes_plot(studies: Iterable[Study]) -> Plot:
    """Return a heat map: the share of files that lack an attribute, and of studies or series where it differs inside.

    Attributes of patient and study are compared inside a study, those of a series inside a series; attributes of
    instances may differ, and are not compared. At most 60 attributes are shown, those with the most to tell.
    """
    missing, inconsistent = _Shares(), _Shares()
    files: Counter[str] = Counter()
    compared = 0
    for study in studies:
        compared += 1
        names: dict[str, None] = {}
        for series in study.series:
            modality = modality_of(series)
            names[modality] = None
            files[modality] += series.files
            _count_series(series, (modality, ALL), missing, inconsistent)
        _count_study(study, (*names, ALL), inconsistent)
    columns = most(files, MOST_MODALITIES)
    folded = len(files) > len(columns)
    for shares in (missing, inconsistent):
        for counts in (shares.affected, shares.of):
            _fold(counts, {*columns, ALL})
    columns = [*columns, *([OTHERS] if folded else []), *([ALL] if len(files) > 1 else [])]
    keywords, hidden = _chosen(missing, inconsistent)
    more = f" {counted(hidden, 'attribute')} with less to tell not shown." if hidden else ""
    description = f"{counted(files.total(), 'file')} of {counted(compared, 'study')}.{more}"
    return _drawn(description, keywords, columns, missing, inconsistent)


def _level(keyword: str) -> Level:
    level = level_of(tag_of(keyword) or 0)
    return Level.STUDY if level is Level.PATIENT else level


def _count_series(series: Series, modalities: tuple[str, ...], missing: _Shares, inconsistent: _Shares) -> None:
    for keyword, counts in series.values.items():
        missing.add(keyword, modalities, counts.get("", 0), series.files)
        if _level(keyword) is Level.SERIES:
            inconsistent.add(keyword, modalities, len(distinct_values(keyword, counts)) > 1, 1)


def _count_study(study: Study, modalities: tuple[str, ...], inconsistent: _Shares) -> None:
    for keyword, counts in study.values.items():
        if _level(keyword) is Level.STUDY:
            inconsistent.add(keyword, modalities, len(distinct_values(keyword, counts)) > 1, 1)


def _fold(counts: Counter[tuple[str, str]], named: set[str]) -> None:
    for keyword, modality in [key for key in counts if key[1] not in named]:
        counts[keyword, OTHERS] += counts.pop((keyword, modality))


def _chosen(missing: _Shares, inconsistent: _Shares) -> tuple[list[str], int]:
    """Return the attributes to show, in their order, and how many others there are."""
    keywords = list(dict.fromkeys(keyword for keyword, _ in missing.of))
    weight: dict[str, float] = defaultdict(float)
    for shares in (missing, inconsistent):
        for keyword in keywords:
            weight[keyword] += shares.affected[keyword, ALL] / (shares.of[keyword, ALL] or 1)
    kept = set(sorted(keywords, key=lambda keyword: -weight[keyword])[:MOST_ATTRIBUTES])
    return [keyword for keyword in keywords if keyword in kept], len(keywords) - len(kept)


def _drawn(description: str, keywords: list[str], columns: list[str], missing: _Shares, inconsistent: _Shares) -> Plot:
    names = LEFT + max((len(keyword) for keyword in keywords), default=10) * CHARACTER + 8
    panel = len(columns) * _CELL + 28
    panels = (
        (names, missing, "missing: share of files", "lack it"),
        (names + panel, inconsistent, "inconsistent: share of studies or series", "differ inside"),
    )
    body = [piece for one in panels for piece in _panel(*one, keywords, columns)]
    body += [text(LEFT, TOP + 46 + row * _ROW + 15, keyword) for row, keyword in enumerate(keywords)]
    width = max(names + 2 * panel, names + panel + 42 * CHARACTER)
    height = TOP + 46 + _ROW * max(len(keywords), 1) + 16
    return plot("Missing and inconsistent attributes", description, height, body, width=width)


def _panel(
    left: float, shares: _Shares, title: str, verb: str, keywords: list[str], columns: list[str]
) -> Iterator[str]:
    yield text(left, TOP + 14, title, kind="faint")
    for column, modality in enumerate(columns):
        short = modality if len(modality) * CHARACTER <= _CELL + 2 else f"{modality[:4]}…"
        yield text(left + column * _CELL + _CELL / 2, TOP + 36, short, anchor="middle")
        for row, keyword in enumerate(keywords):
            x, y = left + column * _CELL, TOP + 46 + row * _ROW
            affected, of = shares.affected[keyword, modality], shares.of[keyword, modality]
            told = f"{keyword}, {modality}: {affected:,} of {of:,} {verb}" if of else f"{keyword}: not compared"
            kind, strength = ("third", 0.25 + 0.75 * affected / of) if affected else ("none", 1)
            if of:
                yield bar(x, y, _CELL - _GAP, _ROW - _GAP, kind=kind, told=told, strength=strength)
            if affected or not of:
                words = _percent(affected, of) if of else "–"
                yield text(x + (_CELL - _GAP) / 2, y + 14, words, anchor="middle", kind="" if of else "faint")


def _percent(part: int, whole: int) -> str:
    """Return a share for people; what is not all is never called 100%, and what is there never 0%."""
    share = 100 * part / whole
    if share < 1:
        return "<1%"
    return "100%" if part == whole else f"{min(round(share), 99)}%"
