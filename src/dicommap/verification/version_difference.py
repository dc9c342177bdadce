"""Compare two versions of an image set with a request, to find out whether the request has made the second one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.healthimaging.levels import Level
from dicommap.updates.attribute_update import list_attribute_updates
from dicommap.verification.effects import Effect, choose_worst_effect
from dicommap.verification.stored_metadata import ABSENT, list_stored_names
from dicommap.verification.update_values import find_stored_value, judge_stored_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.updates.update import Place, UpdateRequest
    from dicommap.verification.stored_metadata import StoredImageSet

StoredPlace = tuple["Place", str]
"""A place in the metadata and the name of an attribute. The name is empty for all of a series or an instance."""


class VersionMatch(StrEnum):
    """The results of comparing the difference between two versions with a request."""

    EXACT = "exact"
    """The versions differ in the attributes of the request and in nothing else, and these have the wanted values."""
    OTHER_VALUES = "other values"
    """An attribute of the request does not have the wanted value: the request has not made the version."""
    MORE = "more"
    """The attributes of the request have the wanted values, but the versions differ in other attributes, too."""
    NOT_COMPARABLE = "not comparable"
    """A stored value is in a form that AWS does not document, so that it is not known if it is the wanted one."""


def match_versions(request: UpdateRequest, before: StoredImageSet, after: StoredImageSet) -> VersionMatch:
    """Compare the difference between two versions of an image set with a request.

    Args:
        request: The request as it was sent for the first version.
        before: The metadata of the first version.
        after: The metadata of the next version.

    """
    updates = list_attribute_updates(request)
    effects = []
    for update in updates:
        value = find_stored_value(update, after)
        effects.append(judge_stored_value(update, value, find_stored_value(update, before)))
    worst = choose_worst_effect(effects)
    if worst is Effect.NOT_COMPARABLE:
        return VersionMatch.NOT_COMPARABLE
    if worst is not Effect.APPLIED:
        return VersionMatch.OTHER_VALUES
    expected = {(update.place, name) for update in updates for name in list_stored_names(update.tag)}
    is_exact = all(place in expected for place in find_differences(before, after))
    return VersionMatch.EXACT if is_exact else VersionMatch.MORE


def find_differences(before: StoredImageSet, after: StoredImageSet) -> Iterator[StoredPlace]:
    """Yield each attribute in which two versions of an image set differ. A sequence counts as one attribute.

    A series or an instance that only one of the versions has is yielded with an empty name.
    """
    yield from _find_attribute_differences((Level.PATIENT, None, None), before.patient, after.patient)
    yield from _find_attribute_differences((Level.STUDY, None, None), before.study, after.study)
    for series in before.series.keys() ^ after.series.keys():
        yield (Level.SERIES, series, None), ""
    for series in before.series.keys() & after.series.keys():
        old, new = before.series[series], after.series[series]
        yield from _find_attribute_differences((Level.SERIES, series, None), old.attributes, new.attributes)
        for instance in old.instances.keys() ^ new.instances.keys():
            yield (Level.INSTANCE, series, instance), ""
        for instance in old.instances.keys() & new.instances.keys():
            place = (Level.INSTANCE, series, instance)
            yield from _find_attribute_differences(place, old.instances[instance], new.instances[instance])


def _find_attribute_differences(
    place: Place, old: Mapping[str, object], new: Mapping[str, object]
) -> Iterator[StoredPlace]:
    """Yield the attributes at one place that two versions have with different values."""
    if old != new:
        for name in old.keys() | new.keys():
            if old.get(name, ABSENT) != new.get(name, ABSENT):
                yield place, name
