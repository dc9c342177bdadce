"""The preview: every change with its values before and after, and the edit behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.attributes import SHOWN_ALWAYS
from dicommap.model.dicom_json import text_from_attribute
from dicommap.model.masking import MASK
from dicommap.model.tags import hex_of, keyword_of

if TYPE_CHECKING:
    from dicommap.authoring.settling import Change, ValueCounts

_NOT_CAPTURED = "(not captured)"
_EMPTY = "(empty)"


def preview_row(change: Change, *, show_values: bool) -> dict[str, str]:
    """Return one line of the preview, its values masked unless they are asked for."""
    keyword = keyword_of(change.tag)
    hidden = not show_values and keyword not in SHOWN_ALWAYS
    after = text_from_attribute(change.after)
    return {
        "StudyInstanceUID": change.study_instance_uid,
        "SeriesInstanceUID": change.series_instance_uid or "",
        "tag": hex_of(change.tag),
        "keyword": keyword,
        "before": _before(change.before, hidden=hidden),
        "after": _value(after or "", hidden=hidden),
        "because of": "; ".join(change.causes),
    }


def _before(counts: ValueCounts | None, *, hidden: bool) -> str:
    if counts is None:
        return _NOT_CAPTURED
    if len(counts) == 1:
        return _value(next(iter(counts)), hidden=hidden)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{_value(value, hidden=hidden)} ({files})" for value, files in ranked)


def _value(text: str, *, hidden: bool) -> str:
    if not text:
        return _EMPTY
    return MASK if hidden else text
