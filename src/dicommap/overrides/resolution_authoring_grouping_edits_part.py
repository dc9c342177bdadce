"""Edits of the attributes that HealthImaging groups instances by, told once for each edit and not for each study."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary_model_tags_part import keyword_of
from dicommap.healthimaging.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS
from dicommap.issues import make_issue
from dicommap.overrides.resolution_authoring_accounting_part import filter_effective_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.edits.edit import Edit
    from dicommap.issues import Issue, Location
    from dicommap.overrides.study_resolution import StudyResolution

_GROUPING_TAGS = STUDY_GROUPING_TAGS | SERIES_GROUPING_TAGS


class GroupingEditCounter:
    """Counts, edit by edit, the studies in which one changed a grouping attribute."""

    def __init__(self) -> None:
        self._studies: Counter[tuple[Location, int]] = Counter()

    def note(self, edits: Iterable[Edit], settled: StudyResolution) -> None:
        """Note the edits of one study, and what came of them."""
        found = (
            (edit.place, edit.tag) for edit in filter_effective_edits(edits, settled) if edit.tag in _GROUPING_TAGS
        )
        self._studies.update(dict.fromkeys(found, 1))  # each once, in the order of the edits

    def issues(self) -> Iterator[Issue]:
        """Yield, after the last study, a note for each edit that changed such an attribute anywhere."""
        for (place, tag), count in self._studies.items():
            yield make_issue("edit.grouping-attribute", place, keyword=keyword_of(tag), count=count)
