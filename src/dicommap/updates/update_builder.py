"""Build the updates of stored metadata from changes that no override makes, and find what AWS does not allow."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import is_private, keyword_of
from dicommap.dicom.json_model import attribute_from_text
from dicommap.dicom.printable_text import is_undecodable
from dicommap.healthimaging.levels import Level, level_of
from dicommap.healthimaging.limits import MAX_UPDATE_BYTES
from dicommap.issues import Location, has_errors, make_issue
from dicommap.updates.attribute_issues import (
    forbidden_attribute_issues,
    level_issues,
    needs_force,
    unavailable_issues,
    value_issues,
)
from dicommap.updates.attribute_update import AttributeUpdate
from dicommap.updates.request_packing import measure_request, pack_requests
from dicommap.updates.stored_form import make_stored_value
from dicommap.updates.update import MAX_REQUESTS, Update

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.issues import Issue
    from dicommap.overrides.attribute_change import AttributeChange


def find_update_issues(changes: Iterable[AttributeChange], assumptions: Assumptions) -> Iterator[Issue]:
    """Yield the issues of changes that updates would make.

    Issues of several instances of a series that are equal but for the instance are yielded once, for the first one.

    Args:
        changes: The changes. The changes that overrides make are left out.
        assumptions: The assumptions that name the form of updates.

    """
    for _, of_study in groupby(changes, key=lambda change: change.study_instance_uid):
        issues = (
            issue
            for change in of_study
            if change.update_reason is not None
            for issue in _change_issues(change, assumptions)
        )
        first: dict[Issue, Issue] = {}
        for issue in issues:
            first.setdefault(replace(issue, location=replace(issue.location, instance=None)), issue)
        yield from first.values()


def _change_issues(change: AttributeChange, assumptions: Assumptions) -> list[Issue]:
    """Return the issues of one change: AWS forbids it, its form is not known, or its request is too large."""
    location = Location(
        keyword=keyword_of(change.tag),
        study=change.study_instance_uid,
        series=change.series_instance_uid,
        instance=change.sop_instance_uid,
    )
    issues = list(forbidden_attribute_issues(change.tag, location))
    if issues:
        return issues
    level = level_of(change.tag)
    place = level if change.sop_instance_uid is None else Level.INSTANCE
    issues += level_issues(change.tag, place, location, is_one_series=change.series_instance_uid is not None)
    issues += value_issues(change.tag, change.after, location)
    issues += unavailable_issues(change.tag, change.after, assumptions, location)
    if not has_errors(issues):
        size = measure_request(_make_attribute_update(change, _LONGEST_PLACE[level], assumptions))
        if size > MAX_UPDATE_BYTES:
            limit = MAX_UPDATE_BYTES
            issues.append(
                make_issue("update-document.too-large", location, what=location.keyword, size=size, limit=limit)
            )
    return issues


MAX_PREVIOUS_VALUES = 100
"""Maximum number of values before an edit that an update lists for one attribute."""

_LONGEST_UID = "1" * 64
_LONGEST_PLACE = {
    Level.PATIENT: (None, None),
    Level.STUDY: (None, None),
    Level.SERIES: (_LONGEST_UID, None),
    Level.INSTANCE: (_LONGEST_UID, _LONGEST_UID),
}
"""Level -> a Series and a SOP Instance UID of the maximum length, if the level needs them."""


def build_updates(changes: Iterable[AttributeChange], assumptions: Assumptions) -> Iterator[Update]:
    """Yield the updates for changes that no override makes, study by study.

    The update of a whole study precedes those of its series.

    Args:
        changes: The changes that `iterate_update_changes` yields: each is for the study, series or instance that keeps
            the attribute. Those of one study follow each other. `find_update_issues` must have found no error in them.
        assumptions: The assumptions that name the form of updates.

    """
    for study, of_study in groupby(changes, key=lambda change: change.study_instance_uid):
        by_series: dict[str | None, dict[Any, AttributeUpdate]] = {}
        for change in of_study:
            place = (change.series_instance_uid, change.sop_instance_uid)
            update = _make_attribute_update(change, place, assumptions)
            # A change of an instance and one of its whole series may be equal.
            by_series.setdefault(change.series_instance_uid, {})[update.tag, update.place] = update
        for series in sorted(by_series, key=lambda uid: uid or ""):
            requests = pack_requests(by_series[series].values())
            while batch := tuple(islice(requests, MAX_REQUESTS)):
                yield Update(study_instance_uid=study, series_instance_uid=series, requests=batch)


def _make_attribute_update(
    change: AttributeChange, place: tuple[str | None, str | None], assumptions: Assumptions
) -> AttributeUpdate:
    """Return the update of an attribute at a place, which has the Series and SOP Instance UID that its level needs."""
    attribute = change.after
    series, instance = place
    return AttributeUpdate(
        tag=change.tag,
        level=level_of(change.tag),
        series=series,
        instance=instance,
        value=_make_current_value(change, assumptions)
        if attribute is None
        else make_stored_value(change.tag, attribute, assumptions),
        vr=attribute["vr"] if attribute is not None and is_private(change.tag) else None,
        is_removal=attribute is None,
        needs_force=needs_force(change.tag, attribute),
        previous=_list_previous_texts(change),
    )


def _list_previous_texts(change: AttributeChange) -> tuple[str, ...] | None:
    """Return the texts of the values before a change; None if they are not known, or are too many to list."""
    texts = change.before
    if texts is None or len(texts) > MAX_PREVIOUS_VALUES or any(map(is_undecodable, texts)):
        return None
    return tuple(sorted(texts))


def _make_current_value(change: AttributeChange, assumptions: Assumptions) -> Any:  # noqa: ANN401  JSON of any type
    """Return the value that an attribute has before its removal, in the form of image set metadata.

    Return None if the inventory has no value, or several different values.
    """
    texts = list(change.before or ())
    attribute = attribute_from_text(change.tag, texts[0], Location()) if len(texts) == 1 else []
    return None if isinstance(attribute, list) else make_stored_value(change.tag, attribute, assumptions)
