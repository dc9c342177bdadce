"""Weights: how much a study and its series bring to a job that they are copied to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSize:
    """Files of one series, duplicates included."""

    series_instance_uid: str
    files: int
    """Those that a job can take."""
    bytes: int
    too_large: int = 0
    """Files that are larger than a job takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySize:
    """The series of one study, in order of their UIDs."""

    study_instance_uid: str
    series: tuple[SeriesSize, ...]

    @property
    def files(self) -> int:
        """Return how many files a job can take."""
        return sum(series.files for series in self.series)

    @property
    def too_large(self) -> int:
        """Return how many files are larger than a job takes."""
        return sum(series.too_large for series in self.series)
