"""What is written on and below pictures: no patient value unless values are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.printable_text_model_mask_part import MASK
from dicommap.dicom.printable_text_model_paths_part import make_printable
from dicommap.model.masking import mask_value_counts

if TYPE_CHECKING:
    from dicommap.model.study import Series

_MAX_VALUE_CHARACTERS = 64


def format_series_label(series: Series, *, show_values: bool) -> str:
    """Return what a series is called: modality, number, and the description where values are shown."""
    modality, number, description = (
        _format_value(series, keyword, show_values=show_values)
        for keyword in ("Modality", "SeriesNumber", "SeriesDescription")
    )
    parts = (modality, f"series {number}" if number else "series", description)
    return " ".join(part for part in parts if part and part != MASK)


def _format_value(series: Series, keyword: str, *, show_values: bool) -> str:
    text = make_printable(mask_value_counts(keyword, series.values.get(keyword, {}), show_values=show_values))
    return text if len(text) <= _MAX_VALUE_CHARACTERS else f"{text[: _MAX_VALUE_CHARACTERS - 1]}…"
