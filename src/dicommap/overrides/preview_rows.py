"""Rows of preview.csv: each change with its values before and after and its edits."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of, keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.model.masking import mask_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dicommap.dicom.json_model import Attribute
    from dicommap.model.study import ValueCounts
    from dicommap.overrides.study_resolution import AttributeChange

_NOT_CAPTURED = "(not captured)"
_EMPTY = "(empty)"
_ORIGINS_LIMIT = 3
"""An edit of a study may come from as many rows of a sheet as the study has series."""


def build_preview_row(change: AttributeChange, *, show_values: bool, shorten: bool = True) -> dict[str, str]:
    """Return one line of the preview, its values masked unless they are asked for, many edits behind it shortened."""
    keyword = keyword_of(change.tag)

    def value(text: str) -> str:
        return mask_value(keyword, text, show_values=show_values) or _EMPTY

    return {
        "StudyInstanceUID": change.study_instance_uid,
        "SeriesInstanceUID": change.series_instance_uid or "",
        "tag": hex_of(change.tag),
        "keyword": keyword,
        "before": _format_values_before(change.before, value),
        "after": value(_format_value_after(change.after)),
        "because of": _format_origins(change.origins) if shorten else "; ".join(change.origins),
    }


def build_study_edit_rows(changes: Iterable[AttributeChange]) -> Iterator[dict[str, str]]:
    """Yield a line for each study and each edit that changed something in it: where, and which attributes.

    The changes of a study must follow each other.
    """
    for study, of_study in groupby(changes, key=lambda change: change.study_instance_uid):
        by_origin: dict[str, list[AttributeChange]] = {}
        for change in of_study:
            for origin in change.origins:
                by_origin.setdefault(origin, []).append(change)
        for origin, caused in by_origin.items():
            series = {change.series_instance_uid for change in caused}
            places = [
                *(["study"] if None in series else []),
                *([f"{len(series - {None})} series"] if series - {None} else []),
            ]
            yield {
                "StudyInstanceUID": study,
                "edit": origin,
                "changed in": ", ".join(places),
                "attributes": ", ".join(dict.fromkeys(keyword_of(change.tag) for change in caused)),
            }


def _format_value_after(attribute: Attribute) -> str:
    text = text_from_attribute(attribute)
    # What no text means, such as a sequence, is shown as it will be written.
    return json.dumps(attribute, ensure_ascii=False) if text is None else text


def _format_values_before(counts: ValueCounts | None, value: Callable[[str], str]) -> str:
    if counts is None:
        return _NOT_CAPTURED
    if len(counts) == 1:
        return value(next(iter(counts)))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{value(text)} ({files})" for text, files in ranked)


def _format_origins(origins: Sequence[str]) -> str:
    more = len(origins) - _ORIGINS_LIMIT
    return "; ".join([*origins[:_ORIGINS_LIMIT], *([f"and {more:,} more"] if more > 0 else [])])
