"""Divide the changes that updates make, so that each is for the object that keeps the attribute in HealthImaging.

HealthImaging keeps patient and study attributes for a study, series attributes for a series, and all others for an
instance (developer guide, "DICOM metadata normalization"). For example, the removal of a private attribute from a study
is divided into one change for each instance of the study.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.healthimaging.levels import Level, level_of
from dicommap.model.study import compact_counts
from dicommap.overrides.attribute_change import has_only_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.model.instance_values import InstanceReader
    from dicommap.overrides.attribute_change import AttributeChange


def iterate_update_changes(changes: Iterable[AttributeChange], instances: InstanceReader) -> Iterator[AttributeChange]:
    """Yield the changes that updates make, each for the study, series or instance that keeps the attribute.

    Changes by overrides are left out. A change is also left out for each instance that has the new value already.

    Args:
        changes: The changes of a draft. The changes of one study must be next to each other.
        instances: A function that returns the instances of a study. It is called only if a change must be divided.
    """
    for change in changes:
        if change.update_reason is None:
            continue
        level = level_of(change.tag)
        if level is Level.INSTANCE and change.sop_instance_uid is None:
            yield from _divide_change_among_instances(change, instances)
        elif level is Level.SERIES and change.series_instance_uid is None:
            members = instances(change.study_instance_uid)
            for series in sorted({member.series_instance_uid for member in members}):
                yield replace(change, series_instance_uid=series)
        else:
            yield change


def _divide_change_among_instances(change: AttributeChange, instances: InstanceReader) -> Iterator[AttributeChange]:
    """Yield the change for each instance that does not have the new value."""
    text = text_from_attribute(change.after)
    for member in instances(change.study_instance_uid):
        if change.series_instance_uid not in (None, member.series_instance_uid):
            continue
        before = member.values.get(keyword_of(change.tag))
        if not has_only_value(before, text):
            yield replace(
                change,
                series_instance_uid=member.series_instance_uid,
                sop_instance_uid=member.sop_instance_uid,
                before=None if before is None else compact_counts(before),
            )
