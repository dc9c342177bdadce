"""Folders in S3: the load that a job for each folder would have, and whether the folder can be a job's prefix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.healthimaging.limits import MAX_KEY_BYTES, MAX_S3_URI
from dicommap.planning.job_load import JobLoad

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.healthimaging.quotas import Quotas
    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.planning.job_load import OverrideKey, OverrideSizes, QuotaExcess


class Folder:
    """One folder. Its prefix is relative to the inputS3Uri of the plan."""

    __slots__ = (
        "excess",
        "file_overrides",
        "instances",
        "is_known",
        "load",
        "own_files",
        "own_files_by_study",
        "partial",
        "parts",
        "prefix",
        "unusable_folders",
    )

    def __init__(self, prefix: str, *, is_known: bool = True) -> None:
        self.prefix = prefix
        """Empty, or ends with a slash."""
        self.is_known = is_known
        """Whether all files in the folder are known."""
        self.load = JobLoad()
        """The load of all files below the folder, without the overrides in `file_overrides`."""
        self.instances = 0
        """Number of files below the folder that hold an instance."""
        self.own_files_by_study: dict[str, int] = {}
        """Study -> number of its files directly in this folder."""
        self.own_files = 0
        """Number of all files directly in this folder."""
        self.partial: dict[str, int] = {}
        """Study -> number of its files below, for each study that also has files outside this folder."""
        self.file_overrides: set[OverrideKey] = set()
        """The overrides that the files of the studies in `partial` need."""
        self.parts: list[Folder] = []
        """The folders in this folder that may still become jobs."""
        self.excess: QuotaExcess | None = None
        """The quota that a job for this folder would exceed; None if it exceeds none."""
        self.unusable_folders: list[str] = []
        """The unusable folders on the path of the last file in a folder that cannot be a prefix."""

    @property
    def is_divided(self) -> bool:
        """Return whether the folder cannot be a job. Each folder in it is then examined alone."""
        return self.excess is not None or not self.is_known

    def add_files(self, overrides: OverrideSizes, study: str | None, series: str | None, files: int, size: int) -> None:
        """Add files directly in this folder: those of one series, or files without an instance. `size` is in bytes."""
        self.own_files += files
        self.load.files += files
        self.load.bytes += size
        if study is None:
            return
        before = self.own_files_by_study.get(study, 0)
        self.own_files_by_study[study] = before + files
        if study in overrides and (not before or overrides.has_series_override(study)):
            self.file_overrides.update(overrides.of_files(study, series or ""))

    def close(self, totals: Mapping[str, int], overrides: OverrideSizes, quotas: Quotas) -> None:
        """Count the files directly in this folder, after the last of them was added."""
        self.instances += sum(self.own_files_by_study.values())
        if not self.is_divided:
            self._count_study_files(self.own_files_by_study, totals, overrides)
        self.check_quotas(overrides, quotas)

    def add_folder(self, part: Folder, totals: Mapping[str, int], overrides: OverrideSizes) -> None:
        """Add a folder in this folder, after all its files were counted."""
        self.load.add(part.load)
        self.load.folders += 1
        self.instances += part.instances
        if part.excess is not None and self.excess is None:
            self.excess = part.excess
        if not self.is_divided:  # the studies of a divided folder are not needed
            self.file_overrides |= part.file_overrides
            self._count_study_files(part.partial, totals, overrides)

    def forget_parts(self) -> None:
        """Free the data that only a divided folder needs."""
        self.parts, self.own_files_by_study = [], {}

    def check_quotas(self, overrides: OverrideSizes, quotas: Quotas) -> None:
        """Set `excess` if a job for this folder would exceed a quota."""
        file_overrides = JobLoad(
            mappings=len(self.file_overrides), override_bytes=sum(map(overrides.size, self.file_overrides))
        )
        self.excess = self.load.with_other(file_overrides).excess(quotas) or self.excess

    def _count_study_files(self, files: Mapping[str, int], totals: Mapping[str, int], overrides: OverrideSizes) -> None:
        for study, count in files.items():
            count += self.partial.pop(study, 0)
            if count < totals[study]:
                self.partial[study] = count
            elif study in overrides:
                self._count_study_overrides(study, overrides)

    def _count_study_overrides(self, study: str, overrides: OverrideSizes) -> None:
        """Count all overrides of a study that has all its files below this folder."""
        self.file_overrides.difference_update(overrides.keys(study))
        mappings, size = overrides.of_study(study)
        self.load.mappings += mappings
        self.load.override_bytes += size


_FOLDER_NAME = re.compile(r"(?!\.{1,2}/)[^/\\\n\r\u2028\u2029\ud800-\udfff]+/")


class PrefixRules:
    """Rules for the folders below a base that can be the inputS3Uri of a job.

    A folder cannot if its URI is too long, has a character that AWS's pattern does not allow, or has a segment such as
    `..`, whose meaning AWS does not document. Files in such a folder can only be imported with the folder around it.
    """

    def __init__(self, base: S3Uri, offsets: Iterable[str] = ("",)) -> None:
        """Store the base and its folders that were scanned. Other folders may contain unknown files."""
        self._room = MAX_S3_URI - len(str(base))
        self._known = tuple(offsets)
        self.key_limit = MAX_KEY_BYTES - len(base.prefix.encode())
        """Maximum length of a key below the base, in bytes of UTF-8."""

    def is_known(self, folder: str) -> bool:
        """Return whether all files in a folder are known, so that the folder can be a job."""
        return folder.startswith(self._known)

    def can_be_prefix(self, folder: str, name: str) -> bool:
        """Return whether a folder can be an inputS3Uri, if the folder around it can.

        `folder` is the prefix relative to the base. `name` is the last segment of this prefix, with its slash.
        """
        return len(folder) <= self._room and _FOLDER_NAME.fullmatch(name) is not None
