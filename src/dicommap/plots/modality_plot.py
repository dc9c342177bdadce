"""Bar chart of the instances and bytes of each modality."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.display.formatting import format_byte_count
from dicommap.issues.wording import format_count
from dicommap.plots.svg import BODY_TOP, CHARACTER_WIDTH, LEFT_MARGIN, draw_bar, draw_text, make_plot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.model.study import Series, Study
    from dicommap.plots.svg import Plot

MAX_MODALITIES = 20
OTHERS = "others"
_MAX_NAME_CHARACTERS = 16
_ROW_HEIGHT = 24
_NAME_WIDTH = 120
_PANEL_WIDTH = 280
_NUMBER_WIDTH = 80


def plot_modalities(studies: Iterable[Study]) -> Plot:
    """Return a bar chart of the instances and bytes of each modality.

    The modality with the most instances is first. The bytes include duplicates.
    """
    instances: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for study in studies:
        for series in study.series:
            name = get_modality_label(series)
            instances[name] += series.instances
            size[name] += series.size
    names = choose_most_frequent_names(instances, MAX_MODALITIES)
    for counts in (instances, size):
        fold_into_others(counts, names)
    title = "Instances and bytes of each modality"
    if not names:
        return make_plot(title, "The inventory has no instances.", BODY_TOP, [])
    rows = [*names, OTHERS] if instances[OTHERS] or size[OTHERS] else names
    description = f"{format_count(instances.total(), 'instance')} and {format_byte_count(size.total())} by Modality."
    height = BODY_TOP + 24 + _ROW_HEIGHT * len(rows) + 12
    return make_plot(title, description, height, _draw_bars(rows, instances, size))


def get_modality_label(series: Series) -> str:
    """Return the Modality of a series: `(none)` without a value, `(several)` if its files have different values."""
    counts = series.values.get("Modality", {})
    if len(counts) > 1:
        return "(several)"
    name = next(iter(counts), "") or "(none)"
    return name if len(name) <= _MAX_NAME_CHARACTERS else f"{name[: _MAX_NAME_CHARACTERS - 1]}…"


def choose_most_frequent_names(counts: Counter[str], limit: int) -> list[str]:
    """Return the `limit` names with the highest counts. They are sorted by count, highest first, then by name."""
    return sorted(counts, key=lambda name: (-counts[name], name))[:limit]


def fold_into_others(counts: Counter[str], names: list[str]) -> None:
    """Replace all counts whose name is not in `names` by one count with the name `others`, which is their sum."""
    for name in counts.keys() - set(names) - {OTHERS}:
        counts[OTHERS] += counts.pop(name)


def _draw_bars(rows: list[str], instances: Counter[str], size: Counter[str]) -> Iterator[str]:
    panels = (
        (LEFT_MARGIN + _NAME_WIDTH, instances, "instances", "first"),
        (LEFT_MARGIN + _NAME_WIDTH + _PANEL_WIDTH + 10, size, "bytes", "second"),
    )
    for left, _, title, _ in panels:
        yield draw_text(left, BODY_TOP + 10, title, kind="faint")
    for number, name in enumerate(rows):
        top = BODY_TOP + 20 + number * _ROW_HEIGHT
        yield draw_text(LEFT_MARGIN, top + 15, name)
        for left, counts, _, kind in panels:
            length = (_PANEL_WIDTH - _NUMBER_WIDTH) * counts[name] / (max(counts.values()) or 1)
            shown = f"{counts[name]:,}" if counts is instances else format_byte_count(counts[name])
            words = format_count(counts[name], "instance") if counts is instances else shown
            yield draw_bar(left, top + 2, length, _ROW_HEIGHT - 6, kind=kind, tooltip=f"{name}: {words}")
            yield draw_text(left + length + CHARACTER_WIDTH, top + 15, shown)
