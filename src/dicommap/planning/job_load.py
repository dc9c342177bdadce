"""Loads: what an import job would hold, measured by the quotas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.healthimaging.quotas import Quotas


_QUOTA_NAMES = {"nested folders": "folders", "bytes in one file": "fileBytes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaExcess:
    """A quota that a load is over."""

    what: str
    """In words: `files`, `bytes`, `nested folders`, `mappings`, `bytes in one file`."""
    count: int
    limit: int

    @property
    def quota(self) -> str:
        """Return the quota's name among Quotas, which the command line takes as well."""
        return _QUOTA_NAMES.get(self.what, self.what)


class SmallestExcesses(dict[str, QuotaExcess]):
    """Of what no job can take, the least excess by quota: what a quota has to be for anything more to fit."""

    def note(self, excess: QuotaExcess | None) -> None:
        """Take notice of an excess; None is none."""
        if excess is not None and (excess.what not in self or excess.count < self[excess.what].count):
            self[excess.what] = excess


@dataclass(slots=True, kw_only=True)
class JobLoad:
    """Files, bytes, folders and overrides; they only ever grow."""

    files: int = 0
    bytes: int = 0
    largest: int = 0
    """Bytes of the largest file that is larger than a job takes; 0 where there is none."""
    folders: int = 0
    """Nested folders, without that of the override files."""
    mappings: int = 0
    override_bytes: int = 0
    """Of all override files; each mapping is counted as a file of its own, be files shared or not."""

    def add(self, other: JobLoad) -> None:
        """Take another load in."""
        self.files += other.files
        self.bytes += other.bytes
        self.largest = max(self.largest, other.largest)
        self.folders += other.folders
        self.mappings += other.mappings
        self.override_bytes += other.override_bytes

    def with_other(self, other: JobLoad) -> JobLoad:
        """Return both together."""
        both = JobLoad()
        both.add(self)
        both.add(other)
        return both

    def without(self, part: JobLoad) -> JobLoad:
        """Return what is left without a part of it, be its largest file in that part or not."""
        return JobLoad(
            files=self.files - part.files,
            bytes=self.bytes - part.bytes,
            largest=self.largest,
            folders=self.folders - part.folders,
            mappings=self.mappings - part.mappings,
            override_bytes=self.override_bytes - part.override_bytes,
        )

    def excess(self, quotas: Quotas) -> QuotaExcess | None:
        """Return the first quota that a job of this load is over, or None where it obeys them all."""
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
