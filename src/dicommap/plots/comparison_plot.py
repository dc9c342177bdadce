"""Bar chart of a comparison of two inventories: unchanged, changed, new and gone items, and the changed attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.comparison_report import summarize_totals
from dicommap.issues.wording import format_count
from dicommap.model.inventory_difference import DifferenceStatus
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
    from collections.abc import Iterator, Mapping, Sequence

    from dicommap.display.comparison_report import ComparisonContent
    from dicommap.model.inventory_difference import AttributeTotals, ComparisonTotals, InstanceCounts
    from dicommap.plots.svg import Plot

MAX_ATTRIBUTES = 12
MAX_STUDIES = 10
_ROW_HEIGHT = 24
_BAR_HEIGHT = 16
_NAME_WIDTH = 180
_NUMBER_WIDTH = 150
_BAR_WIDTH = WIDTH - 2 * LEFT_MARGIN - _NAME_WIDTH - _NUMBER_WIDTH
_LEAST_WIDTH = 3
"""Minimum width of a part of a bar that is not empty. One changed instance among millions is then visible."""
_MAX_UID_CHARACTERS = 26

SAME, CHANGED, NEW, GONE, OTHER_SERIES = "same", "changed", "new", "gone", "other series"
_CLASSES = {SAME: "none line", CHANGED: "doubtful", NEW: "good", GONE: "bad", OTHER_SERIES: "second"}
"""Name of a part of a bar -> CSS class of its colour. Order, numbers and tooltips also distinguish the parts."""


def plot_comparison(content: ComparisonContent) -> Plot:
    """Return a bar chart of a comparison.

    The first panel has bars for studies, series and instances. Each bar is divided into same, changed, new and gone
    items. Another panel has the attributes that changed in most instances. The last panel has the studies with the most
    differing instances.
    """
    totals = content.totals
    pieces = [*draw_legend(_CLASSES), *_draw_levels(totals)]
    top = BODY_TOP + 36 + 3 * _ROW_HEIGHT
    if totals.attributes:
        pieces += _draw_attributes(totals.attributes, top)
        rows = min(len(totals.attributes), MAX_ATTRIBUTES) + (len(totals.attributes) > MAX_ATTRIBUTES)
        top += 34 + _ROW_HEIGHT * rows
    largest = content.largest[:MAX_STUDIES]
    if largest:
        pieces.append(draw_text(LEFT_MARGIN, top + 18, "studies with the most differing instances", kind="faint"))
        for number, study in enumerate(largest):
            uid = shorten_uid(study.study_instance_uid, _MAX_UID_CHARACTERS)
            counts = study.counts
            parts = _count_instances_by_part(counts, counts.to_other_series + counts.from_other_series)
            pieces += _draw_row(
                top + 26 + number * _ROW_HEIGHT, uid, parts, _describe_difference_count(parts, "instance")
            )
        top += 34 + _ROW_HEIGHT * len(largest)
    described = f"{content.before.name} and {content.after.name}. " + "; ".join(summarize_totals(totals)) + "."
    return make_plot("Two inventories compared", described, top + 8, pieces)


def _draw_levels(totals: ComparisonTotals) -> Iterator[str]:
    rows: list[tuple[str, Mapping[str, int]]] = [
        ("studies", {status.value: totals.studies[status] for status in DifferenceStatus}),
        ("series", {status.value: totals.series[status] for status in DifferenceStatus}),
        ("instances", _count_instances_by_part(totals.instances, totals.instances.to_other_series)),
    ]
    for number, (noun, parts) in enumerate(rows):
        words = f"{sum(parts.values()) - parts[SAME]:,} of {sum(parts.values()):,} differ"
        yield from _draw_row(BODY_TOP + 22 + number * _ROW_HEIGHT, noun, parts, words)


def _count_instances_by_part(counts: InstanceCounts, other_series: int) -> dict[str, int]:
    """Return the number of instances for each part of a bar: name of the part -> number.

    `other_series` is the number of instances that are in another series in the other inventory.
    """
    numbers = (counts.same, counts.changed, counts.new, counts.gone, other_series)
    return dict(zip((SAME, CHANGED, NEW, GONE, OTHER_SERIES), numbers, strict=True))


def _draw_row(top: float, name: str, parts: Mapping[str, int], words: str) -> Iterator[str]:
    """Yield the SVG elements of one row of the chart: its name, a bar divided into `parts`, and a text after it."""
    yield draw_text(LEFT_MARGIN, top + 13, name)
    left: float = LEFT_MARGIN + _NAME_WIDTH
    total = sum(parts.values()) or 1
    shown = [(part, parts.get(part, 0)) for part in _CLASSES if parts.get(part, 0)]
    free = _BAR_WIDTH - _LEAST_WIDTH * len(shown)
    for part, count in shown:
        width = _LEAST_WIDTH + free * count / total
        yield draw_bar(left, top, width - 1, _BAR_HEIGHT, kind=_CLASSES[part], tooltip=f"{name}: {count:,} {part}")
        left += width
    yield draw_text(LEFT_MARGIN + _NAME_WIDTH + _BAR_WIDTH + 8, top + 13, words, kind="faint")


def _describe_difference_count(parts: Mapping[str, int], noun: str) -> str:
    return f"{format_count(sum(parts.values()) - parts[SAME], noun)} differ"


def _draw_attributes(attributes: Mapping[str, AttributeTotals], top: float) -> Iterator[str]:
    yield draw_text(LEFT_MARGIN, top + 18, "changed attributes, by instances", kind="faint")
    ranked: Sequence[str] = sorted(attributes, key=lambda keyword: (-attributes[keyword].instances, keyword))
    highest = attributes[ranked[0]].instances or 1
    for number, keyword in enumerate(ranked[:MAX_ATTRIBUTES]):
        numbers = attributes[keyword]
        y = top + 26 + number * _ROW_HEIGHT
        words = f"{format_count(numbers.instances, 'instance')} in {format_count(numbers.studies, 'study')}"
        yield draw_text(LEFT_MARGIN, y + 13, keyword)
        width = max(_LEAST_WIDTH, _BAR_WIDTH * numbers.instances / highest)
        yield draw_bar(
            LEFT_MARGIN + _NAME_WIDTH, y, width, _BAR_HEIGHT, kind=_CLASSES[CHANGED], tooltip=f"{keyword}: {words}"
        )
        yield draw_text(LEFT_MARGIN + _NAME_WIDTH + _BAR_WIDTH + 8, y + 13, words, kind="faint")
    if len(ranked) > MAX_ATTRIBUTES:
        words = f"and {format_count(len(ranked) - MAX_ATTRIBUTES, 'more attribute')}"
        yield draw_text(LEFT_MARGIN, top + 26 + MAX_ATTRIBUTES * _ROW_HEIGHT + 13, words, kind="faint")
