"""The load of an import job (its numbers of files, bytes, folders and overrides), compared with the quotas."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.model.item_store import MEMORY, ItemStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from dicommap.healthimaging.quotas import Quotas

_QUOTA_NAMES = {"nested folders": "folders", "bytes in one file": "fileBytes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaExcess:
    """A quota that an import job exceeds, with the limit of the quota and the number in the job, which is higher."""

    what: str
    """The counted items: `files`, `bytes`, `nested folders`, `mappings` or `bytes in one file`."""
    count: int
    limit: int

    @property
    def quota(self) -> str:
        """Return the name of the quota in `Quotas` and on the command line, such as `fileBytes`."""
        return _QUOTA_NAMES.get(self.what, self.what)


class SmallestExcesses(dict[str, QuotaExcess]):
    """A dict: counted items, such as `files` -> the smallest excess of the quota for these items.

    The smallest excess is that of the job or folder that exceeds the quota least. Issues name it: if the user raises
    the quota to its count, at least these files fit into a job.
    """

    def record(self, excess: QuotaExcess | None) -> None:
        """Record `excess` if it is smaller than earlier excesses of the same quota. None is ignored."""
        if excess is not None and (excess.what not in self or excess.count < self[excess.what].count):
            self[excess.what] = excess


@dataclass(slots=True, kw_only=True)
class JobLoad:
    """The numbers of a job that the quotas limit: files, bytes, folders and overrides."""

    files: int = 0
    bytes: int = 0
    largest: int = 0
    """Bytes of the largest file that exceeds the quota of bytes in one file. 0 if all files obey this quota."""
    folders: int = 0
    """Number of nested folders. The folder of the override files does not count."""
    mappings: int = 0
    override_bytes: int = 0
    """Total bytes of the override files. A file that several mappings share is counted once for each mapping."""

    def add(self, other: JobLoad) -> None:
        """Add the numbers of another load to this load."""
        self.files += other.files
        self.bytes += other.bytes
        self.largest = max(self.largest, other.largest)
        self.folders += other.folders
        self.mappings += other.mappings
        self.override_bytes += other.override_bytes

    def with_other(self, other: JobLoad) -> JobLoad:
        """Return a new load: the sum of this load and `other`."""
        both = JobLoad()
        both.add(self)
        both.add(other)
        return both

    def without(self, part: JobLoad) -> JobLoad:
        """Return a new load: this load minus `part`. The new load has the same `largest` as this load."""
        return JobLoad(
            files=self.files - part.files,
            bytes=self.bytes - part.bytes,
            largest=self.largest,
            folders=self.folders - part.folders,
            mappings=self.mappings - part.mappings,
            override_bytes=self.override_bytes - part.override_bytes,
        )

    def find_excess(self, quotas: Quotas) -> QuotaExcess | None:
        """Return the first quota that this load exceeds, with the count; None if the load obeys all quotas."""
        held = (
            ("files", self.files + self.mappings, quotas.files),
            ("bytes", self.bytes + self.override_bytes, quotas.bytes),
            ("bytes in one file", self.largest, quotas.fileBytes),
            ("nested folders", self.folders + (self.mappings > 0), quotas.folders),
            ("mappings", self.mappings, quotas.mappings),
        )
        for quota, count, limit in held:
            if count > limit:
                return QuotaExcess(what=quota, count=count, limit=limit)
        return None


OverrideKey = tuple[str, str | None]
"""The Study and Series Instance UID of an override. The latter is None for an override of a whole study."""

_NO_SIZES: Mapping[str | None, int] = {}


class OverrideSizes:
    """The sizes of the override files in bytes, by study and series."""

    def __init__(self, sizes: Iterable[tuple[OverrideKey, int]] = (), store: ItemStore = MEMORY) -> None:
        """Collect the sizes. They are read study by study, and `store` keeps them."""
        self._by_study: MutableMapping[str, dict[str | None, int]] = store.make_dict()
        self._last_read: tuple[object, Mapping[str | None, int]] = None, _NO_SIZES
        """The study that was read last, and its sizes: the planner asks several times for the same study."""
        for study, group in groupby(sizes, key=lambda item: item[0][0]):
            self._by_study[study] = {**self._by_study.get(study, {}), **{key[1]: size for key, size in group}}

    def __contains__(self, study: object) -> bool:
        return bool(self._get_study_sizes(study))

    def has_series_override(self, study: str) -> bool:
        """Return whether a study has an override for one of its series. The study must have an override."""
        sizes = self._get_study_sizes(study)
        return len(sizes) > 1 or None not in sizes

    def get_study_totals(self, study: str) -> tuple[int, int]:
        """Return the number of overrides for a study and its series, and the total bytes of their files."""
        sizes = self._get_study_sizes(study)
        return len(sizes), sum(sizes.values())

    def list_study_keys(self, study: str) -> Iterator[OverrideKey]:
        """Yield the keys of the overrides for a study and its series."""
        return ((study, series) for series in self._get_study_sizes(study))

    def list_keys_of_series(self, study: str, series: str) -> list[OverrideKey]:
        """Return the keys of the overrides that apply to the files of a series: of its study and of the series."""
        sizes = self._get_study_sizes(study)
        return [(study, scope) for scope in (None, series) if scope in sizes]

    def get_size(self, key: OverrideKey) -> int:
        """Return the size of the override file with this key in bytes."""
        return self._get_study_sizes(key[0])[key[1]]

    def _get_study_sizes(self, study: object) -> Mapping[str | None, int]:
        """Return the sizes of the override files of a study: series, or None for the study -> bytes."""
        known_study, sizes = self._last_read
        if known_study != study:
            sizes = self._by_study.get(study, _NO_SIZES)  # type: ignore[call-overload]  # no other key is a study
            self._last_read = study, sizes
        return sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSize:
    """The number and bytes of the files in one series. Duplicates are included."""

    series_instance_uid: str
    files: int
    """Number of files without those in `too_large`."""
    bytes: int
    too_large: int = 0
    """Number of files above the quota of bytes in one file. No job can import them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySize:
    """The number of files and bytes in each series of one study. The series are sorted by their UIDs."""

    study_instance_uid: str
    series: tuple[SeriesSize, ...]

    @property
    def files(self) -> int:
        """Return the number of files in all series without those in `too_large`."""
        return sum(series.files for series in self.series)

    @property
    def too_large(self) -> int:
        """Return the number of files above the quota of bytes in one file."""
        return sum(series.too_large for series in self.series)
