"""Conflicts: grouping attributes with several values after the overrides, with their files.

All of it is a forecast. HealthImaging groups instances into image sets by seven attributes, and those that conflict
become non-primary ones (developer guide, "Understanding image sets"); which group becomes the primary one is not
documented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.healthimaging.levels import Level

if TYPE_CHECKING:
    from dicommap.model.study import ValueCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class FileValues:
    """One file of a study that holds an instance, or a duplicate of one, and its values of some attributes."""

    source: str
    """The root of the source that it is in; printable."""
    path: str
    """Relative to its source; printable."""
    series_instance_uid: str
    sop_instance_uid: str
    values: tuple[str, ...] = field(repr=False)
    """In the order of the keywords that were asked for; an absent attribute is the empty text."""


StudyFileReader = Callable[[str, tuple[str, ...]], Iterable[FileValues]]
"""From a Study Instance UID and keywords to the files of that study, the same each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonPrimaryFile:
    """One file that is likely to become part of a non-primary image set."""

    source: str
    path: str
    series_instance_uid: str
    sop_instance_uid: str
    value: str = field(repr=False)
    """What the attribute of the conflict becomes in it; the empty text where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingConflict:
    """A grouping attribute that has several values in a study, or in a series, after the overrides."""

    study_instance_uid: str
    series_instance_uid: str | None
    """The series that it is in; None for an attribute of the whole study."""
    keyword: str
    values: ValueCounts = field(repr=False)
    """Each value with the number of files that get it, the most frequent first."""
    primary: str = field(repr=False)
    """The value of the group that is taken for the primary image set's: the largest one."""
    outside: int
    """Files that have another value than `primary`: likely to become non-primary image sets."""
    listed: tuple[NonPrimaryFile, ...] = field(repr=False)
    """These files, in order of series and path; not all of them where a draft has very many."""
    cure_value: str | None = field(repr=False)
    """The value that `cure` gives all files; None where somebody has to choose it."""
    is_harmonizable: bool
    """Whether harmonizing the keyword cures it: no edit sets it here, and one valid value is the most frequent."""
    edits: tuple[str, ...]
    """The edits that set the attribute in a part of the study only."""

    @property
    def level(self) -> Level:
        """Return the level of the override that would cure it."""
        return Level.STUDY if self.series_instance_uid is None else Level.SERIES

    @property
    def files(self) -> int:
        """Return the number of files of the study, or of the series."""
        return sum(self.values.values())

    @property
    def cure(self) -> str:
        """Return what would cure it, in words without any value."""
        if self.is_harmonizable:
            return f"drafting with --harmonize {self.keyword}"
        instead = f" instead of {self.edits[0]}" if self.edits else ""
        more = f" and {len(self.edits) - 1:,} more" if len(self.edits) > 1 else ""
        return f"an edit of {self.keyword} for the whole {self.level}{instead}{more}"
