"""Resolve the edits of one study into changes, overrides and issues of contradictions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of, keyword_of, private_creator_tag_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.healthimaging.levels import Level, level_of
from dicommap.issues import Location, make_issue
from dicommap.model.masking import UNMASKED_KEYWORDS
from dicommap.model.patient_texts import PatientTexts
from dicommap.model.study import compact_counts
from dicommap.overrides.attribute_change import AttributeChange, UpdateReason
from dicommap.overrides.override import Override

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.edits.edit import Edit
    from dicommap.issues import Issue
    from dicommap.model.study import AttributeValues, Study, ValueCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResolution:
    """The overrides, changes and issues of one study."""

    overrides: tuple[Override, ...]
    changes: tuple[AttributeChange, ...]
    issues: tuple[Issue, ...]


@dataclass(slots=True)
class _MergedEdit:
    attribute: Attribute | None
    """The new value; None if the attribute is removed."""
    origins: list[str]
    can_be_shown: bool


_MergedEdits = dict[str | None, dict[int, _MergedEdit]]
"""A Series Instance UID, or None for the whole study -> tag -> new value and the origins of its edits."""

_SharedOrigins = dict[tuple[str, ...], tuple[str, ...]]
"""Origins -> an equal tuple. Changes with equal origins share one tuple, to save memory."""


def resolve_study(study: Study, edits: Iterable[Edit]) -> StudyResolution:
    """Resolve the edits of one study into the smallest overrides and the issues of contradictions.

    If every series has the same value of a patient or study attribute after the edits, the override of the study sets
    the attribute. An edit is dropped if its new value is the current value. If edits of an attribute contradict each
    other, there is an issue, and all edits of this attribute in the study are dropped.
    """
    merged_edits: _MergedEdits = {None: {}}
    contradictions: list[tuple[int, Issue]] = []
    for edit in edits:
        issue = _merge_edit(merged_edits, edit)
        if issue:
            contradictions.append((edit.tag, issue))
    contradictions += _find_level_contradictions(study, merged_edits)
    for tag in {tag for tag, _ in contradictions}:
        for of_target in merged_edits.values():
            of_target.pop(tag, None)
    _move_to_study(study, merged_edits)
    values: dict[str | None, AttributeValues] = {series.series_instance_uid: series.values for series in study.series}
    values[None] = study.values
    shared: _SharedOrigins = {}
    _mask_patient_texts(study, merged_edits)
    changes = [
        change
        for series in sorted(merged_edits, key=lambda uid: uid or "")
        for change in _build_changes(study.study_instance_uid, series, values[series], merged_edits[series], shared)
    ]
    return StudyResolution(
        overrides=tuple(_build_overrides(changes)),
        changes=tuple(changes),
        issues=tuple(issue for _, issue in contradictions),
    )


def _merge_edit(merged_edits: _MergedEdits, edit: Edit) -> Issue | None:
    """Add an edit to `merged_edits`.

    Return an issue if the edit contradicts an earlier edit of the same study or series, else None.
    """
    series = edit.target.series_instance_uid
    of_target = merged_edits.setdefault(series, {})
    merged = of_target.setdefault(edit.tag, _MergedEdit(edit.attribute, [], edit.can_be_shown))
    if merged.attribute != edit.attribute:
        return _build_contradiction_issue(
            edit.target.study_instance_uid, series, edit.tag, merged.origins[0], edit.origin
        )
    merged.origins.append(edit.origin)
    merged.can_be_shown &= edit.can_be_shown
    return None


def _find_level_contradictions(study: Study, merged_edits: _MergedEdits) -> list[tuple[int, Issue]]:
    """Return the tags that a study and one of its series set to different values, each with its issue."""
    return [
        (
            tag,
            _build_contradiction_issue(
                study.study_instance_uid, series, tag, merged_edits[None][tag].origins[0], merged.origins[0]
            ),
        )
        for series, of_series in merged_edits.items()
        for tag, merged in of_series.items()
        if series is not None and tag in merged_edits[None] and merged_edits[None][tag].attribute != merged.attribute
    ]


def _build_contradiction_issue(study: str, series: str | None, tag: int, first: str, second: str) -> Issue:
    location = Location(keyword=keyword_of(tag), study=study, series=series)
    return make_issue("edit.contradiction", location, first=first, second=second)


def _move_to_study(study: Study, merged_edits: _MergedEdits) -> None:
    """Replace the edits of series with an edit of the study if all series then have the same value."""
    of_study = merged_edits[None]
    for tag in {tag for series, tags in merged_edits.items() if series for tag in tags}:
        by_series = {series: tags[tag] for series, tags in merged_edits.items() if series and tag in tags}
        first = next(iter(by_series.values()))
        if tag not in of_study:
            if level_of(tag) not in (Level.PATIENT, Level.STUDY) or not _has_same_value_in_all_series(
                study, tag, by_series
            ):
                continue
            of_study[tag] = _MergedEdit(first.attribute, [], True)
        for series, merged in by_series.items():
            of_study[tag].origins += merged.origins
            of_study[tag].can_be_shown &= merged.can_be_shown
            del merged_edits[series][tag]
    _restore_private_creators(merged_edits)


def _restore_private_creators(merged_edits: _MergedEdits) -> None:
    """Copy private creators from the study to the series whose private attributes need them.

    A private creator is valid only in the data set that has it (PS3.5 section 7.8.1).
    """
    for series, of_series in merged_edits.items():
        for tag in list(of_series) if series else ():
            creator = private_creator_tag_of(tag)
            if creator is not None and creator in merged_edits[None]:
                of_series.setdefault(creator, merged_edits[None][creator])


def _has_same_value_in_all_series(study: Study, tag: int, by_series: dict[str, _MergedEdit]) -> bool:
    """Return whether every series of a study has the same value of an attribute after the edits.

    Args:
        study: The study.
        tag: The attribute.
        by_series: Series Instance UID -> the edit of the attribute in the series.

    """
    attribute = next(iter(by_series.values())).attribute
    if any(merged.attribute != attribute for merged in by_series.values()):
        return False
    text = text_from_attribute(attribute)
    others = (series for series in study.series if series.series_instance_uid not in by_series)
    return all(_has_only_value(series.values.get(keyword_of(tag)), text) for series in others)


def _has_only_value(before: ValueCounts | None, text: str | None) -> bool:
    return before is not None and list(before) == [text]


def _mask_patient_texts(study: Study, merged_edits: _MergedEdits) -> None:
    """Set `can_be_shown` to False for each new value that contains a masked value of the study, current or new."""
    all_edits = [(keyword_of(tag), merged) for of_target in merged_edits.values() for tag, merged in of_target.items()]
    unmasked = [merged for keyword, merged in all_edits if keyword in UNMASKED_KEYWORDS and merged.can_be_shown]
    if not unmasked:
        return
    new_values = ((keyword, text_from_attribute(merged.attribute) or "") for keyword, merged in all_edits)
    current_values = ((keyword, value) for keyword, counts in study.values.items() for value in counts)
    patient_texts = PatientTexts(chain(current_values, new_values))
    for merged in unmasked:
        merged.can_be_shown = not patient_texts.is_in(_read_text(merged.attribute))


def _read_text(attribute: Attribute | None) -> str:
    text = text_from_attribute(attribute)
    return json.dumps(attribute, ensure_ascii=False) if text is None else text


def _build_changes(
    study: str,
    series: str | None,
    values: AttributeValues,
    merged_edits: dict[int, _MergedEdit],
    shared: _SharedOrigins,
) -> Iterator[AttributeChange]:
    """Yield a change for each attribute whose current values are not all equal to the new value."""
    for tag, merged in sorted(merged_edits.items()):
        before = values.get(keyword_of(tag))
        if not _has_only_value(before, text_from_attribute(merged.attribute)):
            origins = tuple(dict.fromkeys(merged.origins))
            yield AttributeChange(
                study_instance_uid=study,
                series_instance_uid=series,
                tag=tag,
                before=None if before is None else compact_counts(before),
                after=merged.attribute,
                origins=shared.setdefault(origins, origins),
                update_reason=UpdateReason.REMOVAL if merged.attribute is None else None,
                can_be_shown=merged.can_be_shown,
            )


def _build_overrides(changes: list[AttributeChange]) -> list[Override]:
    """Return one override for each study or series with changes, without the changes that an update makes."""
    data_sets: dict[tuple[str, str | None], DataSet] = {}
    for change in changes:
        if change.update_reason is None and change.after is not None:
            data_set = data_sets.setdefault((change.study_instance_uid, change.series_instance_uid), {})
            data_set[hex_of(change.tag)] = change.after
    return [
        Override(study_instance_uid=study, series_instance_uid=series, data_set=data_set)
        for (study, series), data_set in data_sets.items()
    ]
