"""What is written on and below pictures: no patient value unless values are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.mask import MASK
from dicommap.model.masking import one_line
from dicommap.model.paths import printable

if TYPE_CHECKING:
    from dicommap.model.hierarchy import Series

_LONGEST = 64


def series_label(series: Series, *, show_values: bool) -> str:
    """Return what a series is called: modality, number, and the description where values are shown."""
    modality, number, description = (
        _value(series, keyword, show_values=show_values)
        for keyword in ("Modality", "SeriesNumber", "SeriesDescription")
    )
    parts = (modality, f"series {number}" if number else "series", description)
    return " ".join(part for part in parts if part and part != MASK)


def _value(series: Series, keyword: str, *, show_values: bool) -> str:
    text = printable(one_line(keyword, series.values.get(keyword, {}), show_values=show_values))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
