"""Edits of one study merged by target and attribute, and edits of instances that become edits of their series.

HealthImaging keeps patient and study attributes once for a study, and series attributes once for a series. So an edit
of such an attribute for a single instance is possible only if all instances of the series have the same value after the
edits. Then it is an edit of the series, and an override can make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.healthimaging.levels import Level, level_of
from dicommap.issues import Location, make_issue
from dicommap.model.study import Target
from dicommap.overrides.attribute_change import has_only_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.dicom.json_model import Attribute
    from dicommap.issues import Issue
    from dicommap.model.study import AttributeValues


@dataclass(slots=True)
class MergedEdit:
    """Equal edits of one attribute of one target, merged into one. The origins of all these edits are kept."""

    attribute: Attribute | None
    """The new value; None if the attribute is removed."""
    origins: list[str]
    can_be_shown: bool

    def add_edit(self, other: MergedEdit) -> None:
        """Add an edit that has the same new value, but a narrower target, such as a series of the study."""
        self.origins += other.origins
        self.can_be_shown &= other.can_be_shown


MergedEdits = dict[str | None, dict[int, MergedEdit]]
"""A Series Instance UID, or None for the whole study -> tag -> new value and the origins of its edits."""

InstanceKey = tuple[str, str]
"""Series and SOP Instance UID."""

MergedInstanceEdits = dict[InstanceKey, dict[int, MergedEdit]]
"""Series and SOP Instance UID -> tag -> new value and the origins of its edits."""


def build_contradiction_issue(target: Target, tag: int, first: str, second: str) -> Issue:
    """Return the issue of two edits that give the attribute `tag` different values.

    Args:
        target: The narrower target of the two edits.
        tag: The attribute.
        first: The origin of one edit.
        second: The origin of the other edit.
    """
    return make_issue("edit.contradiction", _locate_attribute(target, tag), first=first, second=second)


def build_too_narrow_edit_issue(target: Target, tag: int, origin: str) -> Issue:
    """Return the issue of an edit for only some files of the study or series for which HealthImaging stores one value.

    Args:
        target: The series or instance of the edit.
        tag: The attribute.
        origin: The origin of the edit.
    """
    level = level_of(tag)
    return make_issue(
        "edit.update-level",
        _locate_attribute(target, tag),
        origin=origin,
        keyword=keyword_of(tag),
        level=level.value,
        kept="series" if level is Level.SERIES else "study",
        target=target.level.value,
    )


def _locate_attribute(target: Target, tag: int) -> Location:
    return Location(
        keyword=keyword_of(tag),
        study=target.study_instance_uid,
        series=target.series_instance_uid,
        instance=target.sop_instance_uid,
    )


def find_instance_contradictions(
    study: str, merged_edits: MergedEdits, of_instances: MergedInstanceEdits
) -> list[tuple[int, Issue]]:
    """Return the tags that an instance and its series or study set to different values, each with its issue.

    If both set the same value, the edit of the instance becomes part of the other edit.

    Args:
        study: The Study Instance UID.
        merged_edits: The edits of the study and its series.
        of_instances: The edits of its instances. Edits that become part of other edits are removed.
    """
    issues: list[tuple[int, Issue]] = []
    for (series, instance), of_instance in of_instances.items():
        for tag, merged in list(of_instance.items()):
            broader = [of_group[tag] for key in (series, None) if tag in (of_group := merged_edits.get(key, {}))]
            other = next((edit for edit in broader if edit.attribute != merged.attribute), None)
            if other is not None:
                target = Target(study_instance_uid=study, series_instance_uid=series, sop_instance_uid=instance)
                issues.append((tag, build_contradiction_issue(target, tag, other.origins[0], merged.origins[0])))
            elif broader:
                broader[0].add_edit(of_instance.pop(tag))
    return issues


def move_instance_edits_to_series(
    study: str,
    values: Mapping[InstanceKey, AttributeValues],
    merged_edits: MergedEdits,
    of_instances: MergedInstanceEdits,
) -> Iterator[tuple[int, Issue]]:
    """Replace instance edits of patient, study and series attributes with edits of their series.

    This is possible if all instances of the series have the same value after the edits. Otherwise, the edits are
    removed, and their tag and issue are yielded: there is one issue for each series and attribute.

    Args:
        study: The Study Instance UID.
        values: The current values of each instance of the study.
        merged_edits: The edits of the study and its series. The new edits are added.
        of_instances: The edits of its instances. Edits that change nothing are removed, and edits that are replaced.
    """
    by_attribute: dict[tuple[str, int], dict[str, MergedEdit]] = {}
    for (series, instance), of_instance in of_instances.items():
        for tag in [tag for tag in of_instance if level_of(tag) is not Level.INSTANCE]:
            merged = of_instance.pop(tag)
            before = values.get((series, instance), {}).get(keyword_of(tag))
            if not has_only_value(before, text_from_attribute(merged.attribute)):
                by_attribute.setdefault((series, tag), {})[instance] = merged
    for (series, tag), by_instance in by_attribute.items():
        instance, first = next(iter(by_instance.items()))
        others = [
            of_instance.get(keyword_of(tag))
            for (of_series, uid), of_instance in values.items()
            if of_series == series and uid not in by_instance
        ]
        text = text_from_attribute(first.attribute)
        if any(merged.attribute != first.attribute for merged in by_instance.values()) or not all(
            has_only_value(before, text) for before in others
        ):
            target = Target(study_instance_uid=study, series_instance_uid=series, sop_instance_uid=instance)
            yield tag, build_too_narrow_edit_issue(target, tag, first.origins[0])
            continue
        lifted = merged_edits.setdefault(series, {}).setdefault(tag, MergedEdit(first.attribute, [], can_be_shown=True))
        for merged in by_instance.values():
            lifted.add_edit(merged)
