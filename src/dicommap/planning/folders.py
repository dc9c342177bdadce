"""Folders of files in S3: the load of a job for each, and whether each can be a job's prefix."""

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
    """One folder, its prefix relative to where the whole source lies."""

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
        """Of all below, but for the overrides that `file_overrides` names."""
        self.instances = 0
        """Files with an instance below."""
        self.own_files_by_study: dict[str, int] = {}
        """Study -> number of its files directly in this folder."""
        self.own_files = 0
        """All files that do."""
        self.partial: dict[str, int] = {}
        """Study -> files below, for each study that has others elsewhere."""
        self.file_overrides: set[OverrideKey] = set()
        """Overrides of these."""
        self.parts: list[Folder] = []
        """The folders in it, as long as each might come to be a job of its own."""
        self.excess: QuotaExcess | None = None
        """The quota that a job for this folder would be over."""
        self.unusable_folders: list[str] = []
        """The unusable folders on the path of the last file in a folder that cannot be a prefix."""

    @property
    def is_divided(self) -> bool:
        """Return whether the folder cannot be a job, so that each folder in it is looked at by itself."""
        return self.excess is not None or not self.is_known

    def add_files(self, overrides: OverrideSizes, study: str | None, series: str | None, files: int, size: int) -> None:
        """Put files of one series, or files that hold no instance, in this very folder; `size` is their bytes."""
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
        """Count the files directly in this folder, when all of them are known."""
        self.instances += sum(self.own_files_by_study.values())
        if not self.is_divided:
            self._count_study_files(self.own_files_by_study, totals, overrides)
        self.check_quotas(overrides, quotas)

    def add_folder(self, part: Folder, totals: Mapping[str, int], overrides: OverrideSizes) -> None:
        """Add a complete folder that is in this one."""
        self.load.add(part.load)
        self.load.folders += 1
        self.instances += part.instances
        if part.excess is not None and self.excess is None:
            self.excess = part.excess
        if not self.is_divided:  # of one that is, nobody asks which studies it holds
            self.file_overrides |= part.file_overrides
            self._count_study_files(part.partial, totals, overrides)

    def forget_parts(self) -> None:
        """Forget what is only asked of a folder that is divided."""
        self.parts, self.own_files_by_study = [], {}

    def check_quotas(self, overrides: OverrideSizes, quotas: Quotas) -> None:
        """Find whether a job for this folder would be over a quota."""
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
        """Count all overrides of a study whose files are all below this folder."""
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
        """Take the folders under the base in which all is known: elsewhere there may be anything."""
        self._room = MAX_S3_URI - len(str(base))
        self._known = tuple(offsets)
        self.key_limit = MAX_KEY_BYTES - len(base.prefix.encode())
        """Bytes of UTF-8 that a key below the base has room for."""

    def is_known(self, folder: str) -> bool:
        """Return whether all files in a folder are known, so that the folder can be a job."""
        return folder.startswith(self._known)

    def can_be_prefix(self, folder: str, name: str) -> bool:
        """Return whether a folder can be an inputS3Uri, if the folder around it can.

        `folder` is its prefix relative to the base; `name` is the last segment of that, slash included.
        """
        return len(folder) <= self._room and _FOLDER_NAME.fullmatch(name) is not None
