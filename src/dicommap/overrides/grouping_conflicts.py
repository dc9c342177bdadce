"""Grouping conflicts: grouping attributes with several values after the overrides, with their files.

HealthImaging groups instances into image sets by seven attributes; instances with conflicting values become non-primary
image sets (developer guide, "Understanding image sets"). AWS does not document which group becomes the primary one, so
the conflicts are a forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.healthimaging.levels import Level
from dicommap.model.study import FileValues

if TYPE_CHECKING:
    from dicommap.model.study import ValueCounts


StudyFileReader = Callable[[str, tuple[str, ...]], Iterable[FileValues]]
"""A function from a Study Instance UID and keywords to the files of that study, in the same order each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonPrimaryFile:
    """One file that is likely to become part of a non-primary image set."""

    source: str
    path: str
    series_instance_uid: str
    sop_instance_uid: str
    value: str = field(repr=False)
    """The value of the conflicting attribute after the overrides; the empty text if there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingConflict:
    """A grouping attribute that has several values in a study, or in a series, after the overrides."""

    study_instance_uid: str
    series_instance_uid: str | None
    """The series with the conflict; None for an attribute of the whole study."""
    keyword: str
    values: ValueCounts = field(repr=False)
    """Value after the overrides -> number of files, the most frequent first."""
    primary: str = field(repr=False)
    """The value of the largest group, which is assumed to become the primary image set."""
    outside: int
    """Number of files with another value than `primary`, which are likely to become non-primary image sets."""
    listed: tuple[NonPrimaryFile, ...] = field(repr=False)
    """These files, in order of series and path; only the first ones if a draft has very many."""
    cure_value: str | None = field(repr=False)
    """The value that `cure` gives all files; None if a person must choose it."""
    is_harmonizable: bool
    """Whether harmonizing the keyword removes the conflict: no edit sets it, and one valid value is most frequent."""
    edits: tuple[str, ...]
    """Origins of the edits that set the attribute in some series of the study only."""

    @property
    def level(self) -> Level:
        """Return the level of the override that would remove the conflict."""
        return Level.STUDY if self.series_instance_uid is None else Level.SERIES

    @property
    def files(self) -> int:
        """Return the number of files of the study or series."""
        return sum(self.values.values())

    @property
    def cure(self) -> str:
        """Return in words what would remove the conflict, without any value."""
        if self.is_harmonizable:
            return f"drafting with --harmonize {self.keyword}"
        instead = f" instead of {self.edits[0]}" if self.edits else ""
        more = f" and {len(self.edits) - 1:,} more" if len(self.edits) > 1 else ""
        return f"an edit of {self.keyword} for the whole {self.level}{instead}{more}"
