"""Grouping conflicts: grouping attributes that still have several values after the overrides, and their files.

HealthImaging groups instances into image sets by seven attributes. Instances with conflicting values become non-primary
image sets (developer guide, "Understanding image sets"). AWS does not document which group becomes the primary image
set. A conflict is therefore a forecast.
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
"""A function that returns the files of a study, always in the same order.

Its arguments are the Study Instance UID, and the keywords of the values to return.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonPrimaryFile:
    """A file that is likely to become part of a non-primary image set."""

    source: str
    path: str
    series_instance_uid: str
    sop_instance_uid: str
    value: str = field(repr=False)
    """The value of the conflicting attribute in this file, after the overrides. It is empty if there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingConflict:
    """A grouping attribute that has several values in a study or series after the overrides."""

    study_instance_uid: str
    series_instance_uid: str | None
    """The series with the conflict. None if the attribute must have one value in the whole study."""
    keyword: str
    values: ValueCounts = field(repr=False)
    """Value after the overrides -> number of files, the most frequent value first."""
    primary: str = field(repr=False)
    """The value in the largest group of files. The forecast assumes that this group becomes the primary image set."""
    non_primary_files: int
    """Number of files with another value than `primary`. They are likely to become non-primary image sets."""
    listed: tuple[NonPrimaryFile, ...] = field(repr=False)
    """The files with another value than `primary`, in the order of the file reader.

    A draft lists a limited number of files, so this tuple may have fewer than `non_primary_files` files.
    """
    cure_value: str | None = field(repr=False)
    """The value that all files get if the conflict is removed. None if a person must choose the value."""
    is_harmonizable: bool
    """Whether --harmonize with this keyword removes the conflict.

    True if no edit sets the attribute in single series of the study, and if one valid value is the most frequent.
    """
    edits: tuple[str, ...]
    """The origins of the edits that set the attribute in single series. Empty if the conflict is in one series."""

    @property
    def level(self) -> Level:
        """Return the level of the override that would remove the conflict: study or series."""
        return Level.STUDY if self.series_instance_uid is None else Level.SERIES

    @property
    def files(self) -> int:
        """Return the number of all files in the study or series."""
        return sum(self.values.values())

    @property
    def cure(self) -> str:
        """Return a description of the edit that would remove the conflict. It contains no patient value."""
        if self.is_harmonizable:
            return f"drafting with --harmonize {self.keyword}"
        instead = f" instead of {self.edits[0]}" if self.edits else ""
        more = f" and {len(self.edits) - 1:,} more" if len(self.edits) > 1 else ""
        return f"an edit of {self.keyword} for the whole {self.level}{instead}{more}"
