"""Grouping conflicts: grouping attributes that have several values after the overrides, with the files concerned.

HealthImaging groups instances into image sets by seven attributes. Instances with conflicting values become non-primary
image sets (developer guide, "Understanding image sets"). AWS does not document which group becomes the primary image
set. So a conflict is a forecast.
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

Its arguments are the Study Instance UID, and the keywords whose values are needed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonPrimaryFile:
    """One file that is likely to become part of a non-primary image set."""

    source: str
    path: str
    series_instance_uid: str
    sop_instance_uid: str
    value: str = field(repr=False)
    """The file's value of the conflicting attribute after the overrides; empty if there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingConflict:
    """A grouping attribute that has several values in a study, or in a series, after the overrides."""

    study_instance_uid: str
    series_instance_uid: str | None
    """The series with the conflict; None if the files of the whole study must have one value."""
    keyword: str
    values: ValueCounts = field(repr=False)
    """Value after the overrides -> number of files, in descending order of files."""
    primary: str = field(repr=False)
    """The value of the largest group of files. This group is assumed to become the primary image set."""
    outside: int
    """Number of files whose value is not `primary`. They are likely to become non-primary image sets."""
    listed: tuple[NonPrimaryFile, ...] = field(repr=False)
    """The files whose value is not `primary`, in the order of the file reader.

    A draft lists a limited number of files: `outside` can be larger than the length of this tuple.
    """
    cure_value: str | None = field(repr=False)
    """The value that all files would have after the cure; None if a person must choose the value."""
    is_harmonizable: bool
    """Whether harmonizing the keyword removes the conflict.

    It does if no edit sets the attribute in single series of a study, and the most frequent value is valid and unique.
    """
    edits: tuple[str, ...]
    """Origins of the edits that set the attribute in single series, if the conflict is in the whole study."""

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
        """Return a description of the edit that would remove the conflict. It contains no attribute value."""
        if self.is_harmonizable:
            return f"drafting with --harmonize {self.keyword}"
        instead = f" instead of {self.edits[0]}" if self.edits else ""
        more = f" and {len(self.edits) - 1:,} more" if len(self.edits) > 1 else ""
        return f"an edit of {self.keyword} for the whole {self.level}{instead}{more}"
