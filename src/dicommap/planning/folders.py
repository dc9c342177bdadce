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
        "deeper",
        "instances",
        "known",
        "load",
        "lying",
        "over",
        "own_files",
        "partial",
        "parts",
        "prefix",
        "touched",
    )

    def __init__(self, prefix: str, *, known: bool = True) -> None:
        self.prefix = prefix
        """Empty, or ends with a slash."""
        self.known = known
        """Whether all files in the folder are known."""
        self.load = JobLoad()
        """Of all below, but for the overrides that `touched` names."""
        self.instances = 0
        """Files with an instance below."""
        self.lying: dict[str, int] = {}
        """Study -> number of its files directly in this folder."""
        self.own_files = 0
        """All files that do."""
        self.partial: dict[str, int] = {}
        """Study -> files below, for each study that has others elsewhere."""
        self.touched: set[OverrideKey] = set()
        """Overrides of these."""
        self.parts: list[Folder] = []
        """The folders in it, as long as each might come to be a job of its own."""
        self.over: QuotaExcess | None = None
        """The quota that a job for this folder would be over."""
        self.deeper: list[str] = []
        """The unusable folders on the path of the last file in a folder that cannot be a prefix."""

    @property
    def is_divided(self) -> bool:
        """Return whether the folder cannot be a job, so that each folder in it is looked at by itself."""
        return self.over is not None or not self.known

    def add_files(self, needs: OverrideSizes, study: str | None, series: str | None, files: int, size: int) -> None:
        """Put files of one series, or files that hold no instance, in this very folder; `size` is their bytes."""
        self.own_files += files
        self.load.files += files
        self.load.bytes += size
        if study is None:
            return
        before = self.lying.get(study, 0)
        self.lying[study] = before + files
        if study in needs and (not before or needs.has_series_override(study)):
            self.touched.update(needs.of_files(study, series or ""))

    def close(self, totals: Mapping[str, int], needs: OverrideSizes, quotas: Quotas) -> None:
        """Count the files directly in this folder, when all of them are known."""
        self.instances += sum(self.lying.values())
        if not self.is_divided:
            self._take_in(self.lying, totals, needs)
        self.judge(needs, quotas)

    def add_folder(self, part: Folder, totals: Mapping[str, int], needs: OverrideSizes) -> None:
        """Add a complete folder that is in this one."""
        self.load.add(part.load)
        self.load.folders += 1
        self.instances += part.instances
        if part.over is not None and self.over is None:
            self.over = part.over
        if not self.is_divided:  # of one that is, nobody asks which studies it holds
            self.touched |= part.touched
            self._take_in(part.partial, totals, needs)

    def drop_parts(self) -> None:
        """Forget what is only asked of a folder that is divided."""
        self.parts, self.lying = [], {}

    def judge(self, needs: OverrideSizes, quotas: Quotas) -> None:
        """Find whether a job for this folder would be over a quota."""
        touched = JobLoad(mappings=len(self.touched), override_bytes=sum(map(needs.size, self.touched)))
        self.over = self.load.with_other(touched).excess(quotas) or self.over

    def _take_in(self, files: Mapping[str, int], totals: Mapping[str, int], needs: OverrideSizes) -> None:
        for study, count in files.items():
            count += self.partial.pop(study, 0)
            if count < totals[study]:
                self.partial[study] = count
            elif study in needs:
                self._complete(study, needs)

    def _complete(self, study: str, needs: OverrideSizes) -> None:
        """Count all overrides of a study whose files are all below this folder."""
        self.touched.difference_update(needs.keys(study))
        mappings, size = needs.of_study(study)
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

    def known(self, folder: str) -> bool:
        """Return whether all files in a folder are known, so that the folder can be a job."""
        return folder.startswith(self._known)

    def can_be_prefix(self, folder: str, name: str) -> bool:
        """Return whether a folder can be an inputS3Uri, if the folder around it can.

        `folder` is its prefix relative to the base; `name` is the last segment of that, slash included.
        """
        return len(folder) <= self._room and _FOLDER_NAME.fullmatch(name) is not None
