"""Resolve the edits of one study, its series and instances into changes, overrides and issues of contradictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of, keyword_of, private_creator_tag_of
from dicommap.dicom.json_model import text_from_attribute, text_or_json_from_attribute
from dicommap.healthimaging.levels import Level, level_of
from dicommap.model.instance_values import InstanceReader, read_no_instances
from dicommap.model.masking import UNMASKED_KEYWORDS
from dicommap.model.patient_texts import PatientTexts
from dicommap.model.study import Target, compact_counts
from dicommap.overrides.attribute_change import AttributeChange, UpdateReason, has_only_value
from dicommap.overrides.merged_edits import (
    InstanceKey,
    MergedEdit,
    MergedEdits,
    MergedInstanceEdits,
    build_contradiction_issue,
    build_too_narrow_edit_issue,
    find_instance_contradictions,
    move_instance_edits_to_series,
)
from dicommap.overrides.override import Override

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.dicom.json_model import DataSet
    from dicommap.edits.edit import Edit
    from dicommap.issues import Issue
    from dicommap.model.study import AttributeValues, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResolution:
    """The overrides, changes and issues of one study."""

    overrides: tuple[Override, ...]
    changes: tuple[AttributeChange, ...]
    issues: tuple[Issue, ...]


_SharedOrigins = dict[tuple[str, ...], tuple[str, ...]]
"""Origins -> an equal tuple. Changes with equal origins share one tuple, to save memory."""


def resolve_study(
    study: Study,
    edits: Iterable[Edit],
    instances: InstanceReader = read_no_instances,
    *,
    uses_updates: bool = False,
    is_stored: bool = False,
) -> StudyResolution:
    """Resolve the edits of one study into the smallest overrides, changes by updates, and issues of contradictions.

    If every series has the same value of a patient or study attribute after the edits, the override of the study sets
    the attribute. An edit is dropped if its new value is the current value. If edits of an attribute contradict each
    other, there is an issue, and all edits of this attribute in the study are dropped.

    Args:
        study: The study.
        edits: The edits of the study, its series and its instances.
        instances: A function that returns the instances of the study. It is called only if an edit is for an instance.
        uses_updates: Whether updates set attributes of the instance level. If not, overrides set them, with a warning.
        is_stored: Whether the study is in a data store already. Then updates make all changes.
    """
    merged_edits, of_instances, issues = _merge_edits(study, edits)
    instance_values: dict[InstanceKey, AttributeValues] = {}
    if of_instances:
        instance_values = {
            (member.series_instance_uid, member.sop_instance_uid): member.values
            for member in instances(study.study_instance_uid)
        }
        issues += move_instance_edits_to_series(study.study_instance_uid, instance_values, merged_edits, of_instances)
    _move_series_edits_to_study(study, merged_edits)
    issues += _refuse_removals_from_series(study, merged_edits)
    _hide_values_with_patient_texts(study, [*merged_edits.values(), *of_instances.values()])
    changes = _build_all_changes(study, merged_edits, of_instances, instance_values)
    changes = [_set_update_reason(change, uses_updates=uses_updates, is_stored=is_stored) for change in changes]
    return StudyResolution(
        overrides=tuple(_build_overrides(changes)),
        changes=tuple(changes),
        issues=tuple(issue for _, issue in issues),
    )


def _merge_edits(
    study: Study, edits: Iterable[Edit]
) -> tuple[MergedEdits, MergedInstanceEdits, list[tuple[int, Issue]]]:
    """Merge the edits of a study by target and attribute. If edits of an attribute contradict each other, drop them.

    Returns:
        The edits of the study and its series; the edits of its instances; the tag and issue of each contradiction.

    """
    merged_edits: MergedEdits = {None: {}}
    of_instances: MergedInstanceEdits = {}
    issues: list[tuple[int, Issue]] = []
    for edit in edits:
        issue = _merge_edit(merged_edits, of_instances, edit)
        if issue:
            issues.append((edit.tag, issue))
    issues += _find_level_contradictions(study, merged_edits)
    if of_instances:
        issues += find_instance_contradictions(study.study_instance_uid, merged_edits, of_instances)
    for tag in {tag for tag, _ in issues}:
        for of_target in (*merged_edits.values(), *of_instances.values()):
            of_target.pop(tag, None)
    return merged_edits, of_instances, issues


def _build_all_changes(
    study: Study,
    merged_edits: MergedEdits,
    of_instances: MergedInstanceEdits,
    instance_values: Mapping[InstanceKey, AttributeValues],
) -> list[AttributeChange]:
    """Return the changes of edits that do not contradict each other, in the order of series and instances."""
    values: dict[str | None, AttributeValues] = {series.series_instance_uid: series.values for series in study.series}
    values[None] = study.values
    shared: _SharedOrigins = {}
    changes: list[AttributeChange] = []
    for series in sorted(merged_edits, key=lambda uid: uid or ""):
        target = Target(study_instance_uid=study.study_instance_uid, series_instance_uid=series)
        changes += _build_target_changes(target, values[series], merged_edits[series], shared)
    for series, instance in sorted(of_instances):
        target = Target(
            study_instance_uid=study.study_instance_uid, series_instance_uid=series, sop_instance_uid=instance
        )
        of_instance = instance_values.get((series, instance), {})
        changes += _build_target_changes(target, of_instance, of_instances[series, instance], shared)
    if of_instances:
        changes.sort(key=lambda change: (change.series_instance_uid or "", change.sop_instance_uid or ""))
    return changes


def _merge_edit(merged_edits: MergedEdits, of_instances: MergedInstanceEdits, edit: Edit) -> Issue | None:
    """Add an edit to `merged_edits`, or to `of_instances` if it is for an instance.

    Return an issue if the edit contradicts an earlier edit of the same study, series or instance, else None.
    """
    series, instance = edit.target.series_instance_uid, edit.target.sop_instance_uid
    if instance is None:
        of_target = merged_edits.setdefault(series, {})
    else:
        of_target = of_instances.setdefault((series or "", instance), {})
    merged = of_target.setdefault(edit.tag, MergedEdit(edit.attribute, [], edit.can_be_shown))
    if merged.attribute != edit.attribute:
        return build_contradiction_issue(edit.target, edit.tag, merged.origins[0], edit.origin)
    merged.origins.append(edit.origin)
    merged.can_be_shown &= edit.can_be_shown
    return None


def _find_level_contradictions(study: Study, merged_edits: MergedEdits) -> list[tuple[int, Issue]]:
    """Return the tags that edits of the study and edits of one of its series set to different values, with issues."""
    return [
        (
            tag,
            build_contradiction_issue(
                Target(study_instance_uid=study.study_instance_uid, series_instance_uid=series),
                tag,
                merged_edits[None][tag].origins[0],
                merged.origins[0],
            ),
        )
        for series, of_series in merged_edits.items()
        for tag, merged in of_series.items()
        if series is not None and tag in merged_edits[None] and merged_edits[None][tag].attribute != merged.attribute
    ]


def _move_series_edits_to_study(study: Study, merged_edits: MergedEdits) -> None:
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
            of_study[tag] = MergedEdit(first.attribute, [], can_be_shown=True)
        for series, merged in by_series.items():
            of_study[tag].add_edit(merged)
            del merged_edits[series][tag]
    _restore_private_creators(merged_edits)


def _restore_private_creators(merged_edits: MergedEdits) -> None:
    """Copy private creators from the study's edits to the edits of each series that has their private attributes.

    A private creator is valid only in the data set that has it (PS3.5 section 7.8.1).
    """
    for series, of_series in merged_edits.items():
        for tag in list(of_series) if series else ():
            creator = private_creator_tag_of(tag)
            if creator is not None and creator in merged_edits[None]:
                of_series.setdefault(creator, merged_edits[None][creator])


def _refuse_removals_from_series(study: Study, merged_edits: MergedEdits) -> Iterator[tuple[int, Issue]]:
    """Drop each removal of a patient or study attribute that is for one series only. Yield its tag and an issue.

    If the series has no value of the attribute, the removal is dropped without an issue, because it changes nothing.
    """
    values = {series.series_instance_uid: series.values for series in study.series}
    for series, of_series in merged_edits.items():
        for tag in list(of_series) if series else ():
            if of_series[tag].attribute is None and level_of(tag) in (Level.PATIENT, Level.STUDY):
                removal = of_series.pop(tag)
                if not has_only_value(values[series or ""].get(keyword_of(tag)), ""):
                    target = Target(study_instance_uid=study.study_instance_uid, series_instance_uid=series)
                    yield tag, build_too_narrow_edit_issue(target, tag, removal.origins[0])


def _has_same_value_in_all_series(study: Study, tag: int, by_series: dict[str, MergedEdit]) -> bool:
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
    return all(has_only_value(series.values.get(keyword_of(tag)), text) for series in others)


def _hide_values_with_patient_texts(study: Study, merged_edits: Iterable[dict[int, MergedEdit]]) -> None:
    """Set `can_be_shown` to False for each new value that contains a masked value of the study, current or new."""
    all_edits = [(keyword_of(tag), merged) for of_target in merged_edits for tag, merged in of_target.items()]
    unmasked = [merged for keyword, merged in all_edits if keyword in UNMASKED_KEYWORDS and merged.can_be_shown]
    if not unmasked:
        return
    new_values = ((keyword, text_from_attribute(merged.attribute) or "") for keyword, merged in all_edits)
    current_values = ((keyword, value) for keyword, counts in study.values.items() for value in counts)
    patient_texts = PatientTexts(chain(current_values, new_values))
    for merged in unmasked:
        merged.can_be_shown = not patient_texts.is_any_in(text_or_json_from_attribute(merged.attribute))


def _build_target_changes(
    target: Target,
    values: AttributeValues,
    merged_edits: dict[int, MergedEdit],
    shared: _SharedOrigins,
) -> Iterator[AttributeChange]:
    """Yield a change for each attribute whose current values are not all equal to the new value."""
    for tag, merged in sorted(merged_edits.items()):
        before = values.get(keyword_of(tag))
        if not has_only_value(before, text_from_attribute(merged.attribute)):
            origins = tuple(dict.fromkeys(merged.origins))
            yield AttributeChange(
                study_instance_uid=target.study_instance_uid,
                series_instance_uid=target.series_instance_uid,
                sop_instance_uid=target.sop_instance_uid,
                tag=tag,
                before=None if before is None else compact_counts(before),
                after=merged.attribute,
                origins=shared.setdefault(origins, origins),
                can_be_shown=merged.can_be_shown,
            )


def _set_update_reason(change: AttributeChange, *, uses_updates: bool, is_stored: bool) -> AttributeChange:
    """Return a change with the reason why an update makes it; unchanged if an override makes it."""
    if change.after is None:
        reason = UpdateReason.REMOVAL
    elif change.sop_instance_uid is not None:
        reason = UpdateReason.INSTANCE
    elif is_stored:
        reason = UpdateReason.STORED
    elif uses_updates and level_of(change.tag) is Level.INSTANCE:
        reason = UpdateReason.LEVEL
    else:
        # Without updates, an attribute of the instance level is in the override, whose checks warn of it or refuse it.
        return change
    return replace(change, update_reason=reason)


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
