"""Folders in S3 that may become import jobs, with their numbers of files and bytes, and rules for their prefixes."""

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
    """A folder in S3 that may become an import job, with the numbers that decide whether it obeys the quotas."""

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
        """Prefix of the folder relative to the inputS3Uri of the plan. It is empty or ends with a slash."""
        self.is_known = is_known
        """Whether the scan has seen all files of the folder, because the folder is in a scanned source."""
        self.load = JobLoad()
        """The load of all files in the folder and its inner folders, without the overrides in `file_overrides`."""
        self.instances = 0
        """Number of instances and duplicates in the folder and its inner folders."""
        self.own_files_by_study: dict[str, int] = {}
        """Study -> number of its files directly in this folder, not in inner folders."""
        self.own_files = 0
        """Number of files directly in this folder, not in inner folders."""
        self.partial: dict[str, int] = {}
        """Study -> number of its files in this folder and its inner folders.

        It has only the studies that also have files outside of these folders.
        """
        self.file_overrides: set[OverrideKey] = set()
        """The overrides for the files of the studies in `partial`, and for the files directly in this folder."""
        self.parts: list[Folder] = []
        """The inner folders that become jobs if this folder does not."""
        self.excess: QuotaExcess | None = None
        """The quota that a job for this folder exceeds. None if the job obeys all quotas."""
        self.unusable_folders: list[str] = []
        """Names of the folders around the last added file that cannot be prefixes of jobs.

        If the next file is in some of these folders, too, they are not counted again.
        """

    @property
    def cannot_be_job(self) -> bool:
        """Return whether this folder cannot be one job. Its inner folders may then become separate jobs."""
        return self.excess is not None or not self.is_known

    def add_files(self, overrides: OverrideSizes, study: str | None, series: str | None, files: int, size: int) -> None:
        """Count files that are directly in this folder.

        Args:
            overrides: The sizes of the override files.
            study: Study Instance UID of the files. None if they are neither instances nor duplicates.
            series: Series Instance UID of the files, or None.
            files: Number of files.
            size: Total bytes of these files.
        """
        self.own_files += files
        self.load.files += files
        self.load.bytes += size
        if study is None:
            return
        before = self.own_files_by_study.get(study, 0)
        self.own_files_by_study[study] = before + files
        if study in overrides and (not before or overrides.has_series_override(study)):
            self.file_overrides.update(overrides.list_keys_of_series(study, series or ""))

    def finish_counts(self, totals: Mapping[str, int], overrides: OverrideSizes, quotas: Quotas) -> None:
        """Finish the counts of this folder and check the quotas. Call it once, after the last file was added.

        Args:
            totals: Study -> number of all its files.
            overrides: The sizes of the override files.
            quotas: The limits of one job.
        """
        self.instances += sum(self.own_files_by_study.values())
        if not self.cannot_be_job:
            self._count_study_files(self.own_files_by_study, totals, overrides)
        self.set_excess(overrides, quotas)

    def add_folder(self, part: Folder, totals: Mapping[str, int], overrides: OverrideSizes) -> None:
        """Add the counts of the inner folder `part` to this folder. Call `part.finish_counts` before."""
        self.load.add(part.load)
        self.load.folders += 1
        self.instances += part.instances
        if part.excess is not None and self.excess is None:
            self.excess = part.excess
        if not self.cannot_be_job:  # only a folder that may become a job needs the counts of its studies
            self.file_overrides |= part.file_overrides
            self._count_study_files(part.partial, totals, overrides)

    def forget_parts(self) -> None:
        """Delete the inner folders and the counts by study.

        They are needed only until the folder is divided into jobs.
        """
        self.parts, self.own_files_by_study = [], {}

    def set_excess(self, overrides: OverrideSizes, quotas: Quotas) -> None:
        """Set the attribute `excess` to the quota that a job for this folder would exceed, if there is such a quota."""
        load = self.load
        if self.file_overrides:
            size = sum(map(overrides.get_size, self.file_overrides))
            load = load.with_other(JobLoad(mappings=len(self.file_overrides), override_bytes=size))
        self.excess = load.find_excess(quotas) or self.excess

    def _count_study_files(self, files: Mapping[str, int], totals: Mapping[str, int], overrides: OverrideSizes) -> None:
        """Count the files of each study. If this folder has all files of a study, count the study's overrides, too.

        Args:
            files: Study -> number of its files in a part of this folder.
            totals: Study -> number of all its files.
            overrides: The sizes of the override files.
        """
        for study, count in files.items():
            count += self.partial.pop(study, 0)
            if count < totals[study]:
                self.partial[study] = count
            elif study in overrides:
                self._count_study_overrides(study, overrides)

    def _count_study_overrides(self, study: str, overrides: OverrideSizes) -> None:
        """Add the overrides of a study to the load of this folder.

        Call this only if all files of the study are in this folder or its inner folders.
        """
        self.file_overrides.difference_update(overrides.list_study_keys(study))
        mappings, size = overrides.get_study_totals(study)
        self.load.mappings += mappings
        self.load.override_bytes += size


_FOLDER_NAME = re.compile(r"(?!\.{1,2}/)[^/\\\n\r\u2028\u2029\ud800-\udfff]+/")


class PrefixRules:
    """Rules that decide whether a folder can be the inputS3Uri of a job.

    A folder cannot be an inputS3Uri if its URI is too long, has a character that AWS's pattern does not allow, or has a
    segment such as `..`, whose meaning AWS does not document. The files of such a folder are imported by the job of an
    outer folder.
    """

    def __init__(self, base: S3Uri, offsets: Iterable[str] = ("",)) -> None:
        """Store the base prefix and the scanned folders.

        Args:
            base: The S3 prefix that contains all source files.
            offsets: The folders below the base that were scanned. Other folders may contain unknown files.
        """
        self._room = MAX_S3_URI - len(str(base))
        self._known = tuple(offsets)
        self.key_limit = MAX_KEY_BYTES - len(base.prefix.encode())
        """Maximum number of UTF-8 bytes of a key, relative to the base."""

    def is_known(self, folder: str) -> bool:
        """Return whether the scan has seen all files of a folder. Only such a folder can be a job."""
        return folder.startswith(self._known)

    def can_be_prefix(self, folder: str, name: str) -> bool:
        """Return whether a folder can be an inputS3Uri. The caller must have checked the folder around it before.

        Args:
            folder: The prefix of the folder, relative to the base.
            name: The last segment of the prefix, with its slash.
        """
        return len(folder) <= self._room and _FOLDER_NAME.fullmatch(name) is not None
