"""Edits that carry a value on whose Specific Character Set is likely to be wrong: each becomes a warning."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.character_set_mismatch import character_set_mismatch
from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.dicom.dictionary_model_tags_part import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.issues import make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.edits.edit import CurrentValue, Edit
    from dicommap.issues import Issue
    from dicommap.model.study import Series, Study

_CHARACTER_SET = "SpecificCharacterSet"
_NON_ASCII_TEXT = re.compile(r"[^\x00-\x7f]+")


def doubtful_character_set_issues(study: Study, edits: Sequence[Edit]) -> Iterator[Issue]:
    """Yield a warning for each attribute of the study whose new value comes from a doubtful current one.

    That is one which the edit was computed from. If an edit does not say what it was computed from, its new value is
    compared: it may hold the characters of a doubtful current one.
    """
    warned: set[tuple[int, str]] = set()
    for edit in edits:
        members = _find_target_series(study, edit.target.series_instance_uid)
        sources = edit.computed_from or _find_non_ascii_sources(members, edit)
        for keyword, value in sources:
            reason = None if value.isascii() else _describe_doubt(members, (keyword, value))
            if reason is None or (edit.tag, keyword) in warned:
                continue
            warned.add((edit.tag, keyword))
            place = replace(edit.place, keyword=keyword_of(edit.tag), study=study.study_instance_uid)
            yield make_issue("edit.doubtful-source", place, keyword=keyword_of(edit.tag), source=keyword, reason=reason)


def _find_target_series(study: Study, series: str | None) -> list[Series]:
    return [one for one in study.series if series in (None, one.series_instance_uid)]


def _describe_doubt(members: list[Series], source: CurrentValue) -> str | None:
    """Return why a current value is doubtful in one of the character sets that the files with it declare."""
    keyword, value = source
    having = [one.values for one in members if value in one.values.get(keyword, {})]
    declared = dict.fromkeys(terms for values in having for terms in values.get(_CHARACTER_SET, {"": 1}))
    reasons = (character_set_mismatch(value, parse_specific_character_set(terms)) for terms in declared)
    return next((reason for reason in reasons if reason), None)


def _find_non_ascii_sources(members: list[Series], edit: Edit) -> list[CurrentValue]:
    """Return the current values that have characters beyond ASCII in common with a new one."""
    text = text_from_attribute(edit.attribute) or ""
    if text.isascii():
        return []
    return [
        (keyword, value)
        for one in members
        for keyword, counts in one.values.items()
        for value in counts
        if not value.isascii() and any(part in text for part in _NON_ASCII_TEXT.findall(value))
    ]
