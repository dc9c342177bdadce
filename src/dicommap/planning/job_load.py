"""Files, bytes, folders and overrides of an import job, compared with the quotas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.healthimaging.quotas import Quotas

_QUOTA_NAMES = {"nested folders": "folders", "bytes in one file": "fileBytes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaExcess:
    """A quota, and the count that exceeds it."""

    what: str
    """In words: `files`, `bytes`, `nested folders`, `mappings`, `bytes in one file`."""
    count: int
    limit: int

    @property
    def quota(self) -> str:
        """Return the name of the quota in Quotas and on the command line, such as `fileBytes`."""
        return _QUOTA_NAMES.get(self.what, self.what)


class SmallestExcesses(dict[str, QuotaExcess]):
    """For each quota, the smallest count that exceeded it: with a quota of that count, more files would fit."""

    def record(self, excess: QuotaExcess | None) -> None:
        """Keep an excess if it is the smallest of its quota. None is ignored."""
        if excess is not None and (excess.what not in self or excess.count < self[excess.what].count):
            self[excess.what] = excess


@dataclass(slots=True, kw_only=True)
class JobLoad:
    """The files, bytes, folders and overrides of a job."""

    files: int = 0
    bytes: int = 0
    largest: int = 0
    """Bytes of the largest file that is over the quota of a job, or 0."""
    folders: int = 0
    """Nested folders, without that of the override files."""
    mappings: int = 0
    override_bytes: int = 0
    """Bytes of all override files. A file that several mappings share is counted once for each mapping."""

    def add(self, other: JobLoad) -> None:
        """Add another load to this one."""
        self.files += other.files
        self.bytes += other.bytes
        self.largest = max(self.largest, other.largest)
        self.folders += other.folders
        self.mappings += other.mappings
        self.override_bytes += other.override_bytes

    def with_other(self, other: JobLoad) -> JobLoad:
        """Return the sum of both loads."""
        both = JobLoad()
        both.add(self)
        both.add(other)
        return both

    def without(self, part: JobLoad) -> JobLoad:
        """Return this load minus a part of it. `largest` is kept, even if the part has the largest file."""
        return JobLoad(
            files=self.files - part.files,
            bytes=self.bytes - part.bytes,
            largest=self.largest,
            folders=self.folders - part.folders,
            mappings=self.mappings - part.mappings,
            override_bytes=self.override_bytes - part.override_bytes,
        )

    def excess(self, quotas: Quotas) -> QuotaExcess | None:
        """Return the first quota that this load exceeds; None if it exceeds no quota."""
        held = (
            ("files", self.files + self.mappings, quotas.files),
            ("bytes", self.bytes + self.override_bytes, quotas.bytes),
            ("bytes in one file", self.largest, quotas.fileBytes),
            ("nested folders", self.folders + (self.mappings > 0), quotas.folders),
            ("mappings", self.mappings, quotas.mappings),
        )
        for what, count, limit in held:
            if count > limit:
                return QuotaExcess(what=what, count=count, limit=limit)
        return None


OverrideKey = tuple[str, str | None]
"""Study and Series Instance UID; None if the override is for the whole study."""

_NO_SIZES: Mapping[str | None, int] = {}


class OverrideSizes:
    """The size of the override file of each study and series that has an override, in bytes."""

    def __init__(self, sizes: Iterable[tuple[OverrideKey, int]] = ()) -> None:
        self._of_study: dict[str, dict[str | None, int]] = {}
        for (study, series), size in sizes:
            self._of_study.setdefault(study, {})[series] = size

    def __contains__(self, study: object) -> bool:
        return study in self._of_study

    def has_series_override(self, study: str) -> bool:
        """Return whether a study has an override for a series."""
        sizes = self._of_study[study]
        return len(sizes) > 1 or None not in sizes

    def of_study(self, study: str) -> tuple[int, int]:
        """Return the number of overrides of a study and its series, and the bytes of their files."""
        sizes = self._of_study.get(study, _NO_SIZES)
        return len(sizes), sum(sizes.values())

    def keys(self, study: str) -> Iterator[OverrideKey]:
        """Yield the keys of the overrides of a study and its series."""
        return ((study, series) for series in self._of_study.get(study, _NO_SIZES))

    def of_files(self, study: str, series: str) -> list[OverrideKey]:
        """Return the keys of the overrides that apply to the files of a series."""
        sizes = self._of_study.get(study, _NO_SIZES)
        return [(study, one) for one in (None, series) if one in sizes]

    def size(self, key: OverrideKey) -> int:
        """Return the size of an override file in bytes."""
        return self._of_study[key[0]][key[1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSize:
    """The number and bytes of the files of one series, duplicates included."""

    series_instance_uid: str
    files: int
    """Number of files that a job can import."""
    bytes: int
    too_large: int = 0
    """Number of files that are larger than a job can import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySize:
    """The series of one study, in order of their UIDs."""

    study_instance_uid: str
    series: tuple[SeriesSize, ...]

    @property
    def files(self) -> int:
        """Return the number of files that a job can import."""
        return sum(series.files for series in self.series)

    @property
    def too_large(self) -> int:
        """Return the number of files that are larger than a job can import."""
        return sum(series.too_large for series in self.series)
