"""What is there, and how much of it: instances and bytes of each modality."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.pictures.plots.svg import CHARACTER, LEFT, TOP, bar, plot, text
from dicommap.render.text import byte_count, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.model.hierarchy import Series, Study
    from dicommap.pictures.plots.plot import Plot

MOST_MODALITIES = 20
OTHERS = "others"
_NAME_LENGTH = 16
_ROW = 24
_NAMES = 120
_PANEL = 280
_ROOM_FOR_NUMBER = 80


def modalities_plot(studies: Iterable[Study]) -> Plot:
    """Return bars of the instances and bytes of each modality, the most instances first.

    Bytes are those of all files, duplicates included.
    """
    instances: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for study in studies:
        for series in study.series:
            name = modality_of(series)
            instances[name] += series.instances
            size[name] += series.size
    names = most(instances, MOST_MODALITIES)
    for counts in (instances, size):
        fold(counts, names)
    rows = [*names, OTHERS] if instances[OTHERS] or size[OTHERS] else names
    description = f"{counted(instances.total(), 'instance')} and {byte_count(size.total())} by Modality."
    height = TOP + 24 + _ROW * max(len(rows), 1) + 12
    return plot("Instances and bytes of each modality", description, height, _body(rows, instances, size))


def modality_of(series: Series) -> str:
    """Return the Modality of a series, or words where it has none or several."""
    found = series.values.get("Modality", {})
    if len(found) > 1:
        return "(several)"
    name = next(iter(found), "") or "(none)"
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"


def most(counts: Counter[str], limit: int) -> list[str]:
    """Return the names with the highest counts, those of one count in order of the alphabet."""
    return sorted(counts, key=lambda name: (-counts[name], name))[:limit]


def fold(counts: Counter[str], names: list[str]) -> None:
    """Add up what is not named under `others`."""
    for name in counts.keys() - set(names) - {OTHERS}:
        counts[OTHERS] += counts.pop(name)


def _body(rows: list[str], instances: Counter[str], size: Counter[str]) -> Iterator[str]:
    panels = ((LEFT + _NAMES, instances, "instances", "first"), (LEFT + _NAMES + _PANEL + 10, size, "bytes", "second"))
    for left, _, title, _ in panels:
        yield text(left, TOP + 10, title, kind="faint")
    if not rows:
        yield text(LEFT, TOP + 36, "no instances", kind="faint")
    for number, name in enumerate(rows):
        top = TOP + 20 + number * _ROW
        yield text(LEFT, top + 15, name)
        for left, counts, _, kind in panels:
            length = (_PANEL - _ROOM_FOR_NUMBER) * counts[name] / (max(counts.values()) or 1)
            shown = f"{counts[name]:,}" if counts is instances else byte_count(counts[name])
            told = counted(counts[name], "instance") if counts is instances else shown
            yield bar(left, top + 2, length, _ROW - 6, kind=kind, told=f"{name}: {told}")
            yield text(left + length + CHARACTER, top + 15, shown)
