"""Collect the edits that only updates could make, and report them if a draft does not allow updates.

There is one issue for each edit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.issues import make_issue
from dicommap.overrides.affected_studies import AffectedStudies
from dicommap.overrides.attribute_change import UpdateReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.edits.edit import Edit, EditScope
    from dicommap.issues import Issue, Location
    from dicommap.overrides.study_resolution import StudyResolution

REASON_PHRASES = {
    UpdateReason.INSTANCE: "changes a single instance",
    UpdateReason.REMOVAL: "removes an attribute",
    UpdateReason.LEVEL: "sets an attribute of the instance level",
    UpdateReason.STORED: "changes instances that are stored already",
}
"""The reason of an update -> what the edit does, as the end of a sentence that begins with "The edit"."""


class EditsNeedingUpdates:
    """Collector of edits that only updates could make, and of the studies in which they occur."""

    def __init__(self) -> None:
        """Make a collector without edits."""
        self._studies: dict[tuple[Location, int, UpdateReason], AffectedStudies] = {}

    def add_study(self, study: str, edits: Iterable[Edit], resolution: StudyResolution) -> None:
        """Add a study with its edits. `resolution` is the result of resolving all of them."""
        reasons = {
            (change.series_instance_uid, change.sop_instance_uid, change.tag): change.update_reason
            for change in resolution.changes
            if change.update_reason is not None
        }
        if not reasons:
            return
        for key in dict.fromkeys(_iterate_edit_reasons(edits, reasons)):
            self._studies.setdefault(key, AffectedStudies()).add_study(study)

    def issues(self) -> Iterator[Issue]:
        """Yield an issue for each collected edit. Call it after the last study."""
        for (location, tag, reason), studies in self._studies.items():
            place = replace(location, keyword=keyword_of(tag))
            yield make_issue("edit.needs-updates", place, what=REASON_PHRASES[reason], studies=str(studies))


def _iterate_edit_reasons(
    edits: Iterable[Edit], reasons: dict[EditScope, UpdateReason]
) -> Iterator[tuple[Location, int, UpdateReason]]:
    """Yield the location and tag of each edit that needs an update, with the reason."""
    for edit in edits:
        for scope in edit.scopes():
            if scope in reasons:
                yield edit.location, edit.tag, reasons[scope]
                break
