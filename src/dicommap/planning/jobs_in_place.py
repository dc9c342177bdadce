"""Find the largest folders that can be import jobs within the quotas without copying files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.healthimaging.s3_uri import count_shared_folders
from dicommap.issues.bounded_list import BoundedList
from dicommap.planning.folders import Folder
from dicommap.planning.job_load import SmallestExcesses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.healthimaging.quotas import Quotas
    from dicommap.planning.folders import PrefixRules
    from dicommap.planning.job_load import OverrideSizes, QuotaExcess

KeyedFile = tuple[str, int, str | None, str | None]
"""A source file: its key relative to the base prefix, its size in bytes, and its Study and Series Instance UID.

The UIDs are None if the file is neither an instance nor a duplicate.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplannedFolderFiles:
    """The numbers of files and instances in one folder that no job in place imports. Inner folders do not count."""

    folder: str
    files: int
    instances: int
    excess: QuotaExcess | None
    """The quota that the folder exceeds. None if the folder cannot be a job for another reason.

    For example, a study of the folder also has files outside the folder.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfitFile:
    """A file that no job can import, because its key is too long or the file is too large."""

    key: str
    size: int
    study: str | None


@dataclass(slots=True, kw_only=True)
class JobsInPlace:
    """The jobs in place, which import files from the folders where they are, and the files that no such job imports."""

    prefixes: list[str] = field(default_factory=list)
    """Prefixes of the jobs, sorted. Each is empty or ends with a slash. No prefix contains another prefix."""
    file_count: int = 0
    """Number of files in the jobs in place."""
    others: int = 0
    """Number of files in the jobs in place that are neither instances nor duplicates."""
    unplanned_folders: BoundedList[UnplannedFolderFiles] = field(default_factory=BoundedList)
    unplanned_files: dict[str, int] = field(default_factory=dict)
    """Study -> number of its files that are in no job in place."""
    cut_studies: dict[str, list[str]] = field(default_factory=dict)
    """Study whose files several jobs import -> prefixes of these jobs."""
    smallest: SmallestExcesses = field(default_factory=SmallestExcesses)
    """The smallest excess of each quota, among the folders with instances that are in no job."""
    too_long: BoundedList[UnfitFile] = field(default_factory=BoundedList)
    """Files whose keys are longer than S3 allows."""
    too_large: BoundedList[UnfitFile] = field(default_factory=BoundedList)
    """Files above the quota of bytes in one file."""
    colliding_keys: BoundedList[str] = field(default_factory=BoundedList)
    """Keys that several files have."""
    unprintable_keys: BoundedList[str] = field(default_factory=BoundedList)
    """Keys with characters that are not printable."""


def find_jobs_in_place(
    files: Iterable[KeyedFile],
    totals: Mapping[str, int],
    overrides: OverrideSizes,
    rules: PrefixRules,
    quotas: Quotas,
    *,
    whole: bool,
) -> JobsInPlace:
    """Find the largest folders that obey the quotas, and make each of them a job.

    A job imports all files under its prefix. If a folder exceeds a quota, its inner folders may become jobs, and the
    files directly in it are in no job. A folder without instances is not a job. The memory grows with the number of
    jobs and studies, but not with the number of files.

    Args:
        files: All files, in the order of the UTF-8 bytes of their keys.
        totals: Study -> number of all its files.
        overrides: The sizes of the override files.
        rules: The rules for prefixes.
        quotas: The limits of one job.
        whole: Whether a job must have all files of its studies. If False, several jobs may each import a part of a
            study.

    Returns:
        The jobs, and the files that are in no job.
    """
    walk = _FolderWalk(totals, overrides, rules, quotas, whole=whole)
    walk.add_all_files(files)
    walk.result.prefixes.sort()
    return walk.result


class _FolderWalk:
    """A walk over the files in the order of their keys.

    Only the folders that contain the current file are in memory.
    """

    def __init__(
        self,
        totals: Mapping[str, int],
        overrides: OverrideSizes,
        rules: PrefixRules,
        quotas: Quotas,
        *,
        whole: bool,
    ) -> None:
        self.result = JobsInPlace()
        self._totals, self._overrides, self._quotas, self._whole = totals, overrides, quotas, whole
        self._rules = rules
        self._open = [Folder("", is_known=rules.is_known(""))]

    def add_all_files(self, files: Iterable[KeyedFile]) -> None:
        """Read all files, and add them to their folders.

        Consecutive files of one series in the same folder are added together.
        """
        before: str | None = None
        folder = ""
        study: str | None = None
        series: str | None = None
        run = run_size = 0
        innermost = self._open[0]
        key_limit, largest = self._rules.key_limit, self._quotas.fileBytes
        for key, size, its_study, its_series in files:
            if key == before:
                self.result.colliding_keys.add(key)
            before = key
            if not key.isprintable():
                self.result.unprintable_keys.add(key)
            if len(key) * 4 > key_limit and self._leave_out_if_too_long(key, size, its_study):
                continue
            end = key.rfind("/") + 1
            if end != len(folder) or not key.startswith(folder):
                innermost.add_files(self._overrides, study, series, run, run_size)
                folder = key[:end]
                innermost = self._open_folder(folder)
                study, series, run, run_size = its_study, its_series, 0, 0
            elif its_series != series or its_study != study:
                innermost.add_files(self._overrides, study, series, run, run_size)
                study, series, run, run_size = its_study, its_series, 0, 0
            run += 1
            run_size += size
            if size > largest:
                innermost.load.largest = max(innermost.load.largest, size)
                self.result.too_large.add(UnfitFile(key=key, size=size, study=its_study))
        innermost.add_files(self._overrides, study, series, run, run_size)
        while self._open:
            self._close_innermost_folder()

    def _leave_out_if_too_long(self, key: str, size: int, study: str | None) -> bool:
        """Count a file as unplanned if its key is longer than S3 allows. Return whether it is."""
        if len(key.encode()) <= self._rules.key_limit:
            return False
        self.result.too_long.add(UnfitFile(key=key, size=size, study=study))
        self._count_unplanned_files({study: 1} if study else {})
        return True

    def _open_folder(self, folder: str) -> Folder:
        """Close the open folders that do not contain `folder`, and open `folder` and the folders around it.

        `folder` is the folder of the next file. Return this folder if it can be a prefix, else the nearest outer folder
        that can be one.
        """
        while not folder.startswith(self._open[-1].prefix):
            self._close_innermost_folder()
        innermost = self._open[-1]
        begin = len(innermost.prefix)
        while begin < len(folder):
            end = folder.index("/", begin) + 1
            if not self._rules.can_be_prefix(folder[:end], folder[begin:end]):
                _add_unusable_folders(innermost, folder[begin:])
                break
            innermost = Folder(folder[:end], is_known=self._rules.is_known(folder[:end]))
            self._open.append(innermost)
            begin = end
        return innermost

    def _close_innermost_folder(self) -> None:
        """Finish the innermost open folder.

        The folder becomes a job if it obeys the quotas and no outer folder can be a job.
        """
        folder = self._open.pop()
        folder.finish_counts(self._totals, self._overrides, self._quotas)
        if folder.cannot_be_job:
            self._divide_folder(folder)
        elif not self._open:
            self._add_job(folder)
        if not self._open:
            return
        if not (self._whole and folder.partial):
            folder.forget_parts()
        around = self._open[-1]
        around.add_folder(folder, self._totals, self._overrides)
        if not folder.cannot_be_job:
            around.parts.append(folder)
        if not around.cannot_be_job:
            around.set_excess(self._overrides, self._quotas)
        if around.cannot_be_job:
            self._add_jobs_of_parts(around)

    def _add_job(self, folder: Folder) -> None:
        """Make a folder a job, or divide it if a study that must stay whole also has files outside the folder."""
        if not folder.instances:
            return
        if self._whole and folder.partial:
            self._divide_folder(folder)
            return
        self.result.prefixes.append(folder.prefix)
        self.result.file_count += folder.load.files
        self.result.others += folder.load.files - folder.instances
        for study in folder.partial:
            self.result.cut_studies.setdefault(study, []).append(folder.prefix)

    def _divide_folder(self, folder: Folder) -> None:
        """Make the inner folders of a folder jobs.

        The files directly in the folder are then in no job.
        """
        instances = sum(folder.own_files_by_study.values())
        if instances:
            self.result.unplanned_folders.add(
                UnplannedFolderFiles(
                    folder=folder.prefix, files=folder.own_files, instances=instances, excess=folder.excess
                )
            )
            self.result.smallest.record(folder.excess)
            self._count_unplanned_files(folder.own_files_by_study)
        self._add_jobs_of_parts(folder)

    def _add_jobs_of_parts(self, folder: Folder) -> None:
        parts, folder.parts = folder.parts, []
        for part in parts:
            self._add_job(part)

    def _count_unplanned_files(self, files: Mapping[str, int]) -> None:
        """Add files that are in no job in place to the result. `files` is a dict: study -> number of its files."""
        for study, count in files.items():
            self.result.unplanned_files[study] = self.result.unplanned_files.get(study, 0) + count


def _add_unusable_folders(folder: Folder, rest: str) -> None:
    """Count folders that cannot be prefixes of jobs as nested folders of the folder around them.

    Args:
        folder: The nearest outer folder that can be a prefix.
        rest: The path of the folders relative to `folder`. It ends with a slash.
    """
    unusable_folders = rest.split("/")[:-1]
    folder.load.folders += len(unusable_folders) - count_shared_folders(unusable_folders, folder.unusable_folders)
    folder.unusable_folders = unusable_folders
