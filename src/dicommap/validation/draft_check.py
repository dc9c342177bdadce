"""Check a drafted package before it is written."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.issues import Location, Severity, make_issue
from dicommap.model.package_layout import CONFIGURATION_FILE, PLAN_FILE, job_folder
from dicommap.validation.configuration_check import MAPPINGS_POINTER
from dicommap.validation.file_contents import FilesByPath, JsonContent
from dicommap.validation.package_check import check_package
from dicommap.validation.plan_source_roots_check import check_plan_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.issues import Issue
    from dicommap.planning.package_documents import PackageDocuments
    from dicommap.planning.plan import Plan

_MAPPING_POINTER = re.compile(re.escape(MAPPINGS_POINTER) + "/[0-9]+")


def check_drafted_documents(documents: PackageDocuments) -> list[Issue]:
    """Return the errors and warnings that `validate` would find in a package that is not written yet.

    The location of an issue of an override file or a mapping is the study or series, because no file exists yet.
    """
    sources = check_plan_sources(documents.plan.sources)
    source_errors = [one.with_location(path=PLAN_FILE) for one in sources if one.severity is Severity.ERROR]
    issues = source_errors + check_package(_DraftedFiles(documents), None, None, drafted=documents.plan)
    issues = [issue for issue in issues if issue.severity is not Severity.NOTE]
    folders = {_get_job_folder(issue.location.path or "") for issue in issues}
    targets = _map_paths_to_locations(documents.plan, folders) if issues else {}
    return [_locate_at_target(issue, targets) for issue in issues]


def check_override_paths(plan: Plan, base: S3Uri, has_source_file: Callable[[str], bool]) -> Iterator[Issue]:
    """Yield an issue for each override file that would have the object key of a source file.

    Args:
        plan: The plan of the package.
        base: The inputS3Uri of the plan.
        has_source_file: A function that takes a key relative to `base`. It returns whether a source file has the key.
    """
    for job in plan.jobs:
        prefix = job.inputS3Uri.removeprefix(str(base))
        for file in () if job.staged else job.files:
            if has_source_file(prefix + file.path):
                yield make_issue("draft.path-taken", Location(path=prefix + file.path))


def check_archived_files(files: int) -> Iterator[Issue]:
    """Yield an issue if there are P10 files inside archives, because import jobs do not read archives.

    `files` is the number of these P10 files.
    """
    if files:
        yield make_issue("archive.instances-inside", count=files)


def check_repeated_instances(files: int, differing: int) -> Iterator[Issue]:
    """Yield an issue if several files have the same SOP Instance UID, because import jobs import each of them.

    Args:
        files: Number of duplicates: files with the SOP Instance UID of an earlier file.
        differing: Number of duplicates whose content differs from the earlier file.
    """
    if files:
        content = f", {differing:,} of them with another content" if differing else ""
        yield make_issue("draft.repeated-instances", files=files, content=content)


class _DraftedFiles(FilesByPath):
    """The JSON files of a package by path.

    A file is parsed at each access, because the values of all files would need too much memory.
    """

    def __init__(self, documents: PackageDocuments) -> None:
        self._documents = documents

    def __getitem__(self, path: str) -> JsonContent:
        if not path.endswith(".json"):
            raise KeyError(path)
        return JsonContent(self._documents[path])

    def __contains__(self, path: object) -> bool:
        return path in self._documents

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


def _get_job_folder(path: str) -> str:
    """Return the first two parts of a path in a package, such as `jobs/0001`."""
    return "/".join(path.split("/")[:2])


def _map_paths_to_locations(plan: Plan, folders: set[str]) -> dict[str, Location]:
    """Return a dict: path of an override file or mapping of some jobs -> location with its study or series.

    For an override file, the key is its path. For a mapping, the key is the path of the import configuration, followed
    by the JSON Pointer of the mapping.

    Args:
        plan: The plan.
        folders: The folders of the jobs that have issues. Most packages have none.
    """
    targets: dict[str, Location] = {}
    for job in plan.jobs:
        folder = job_folder(job.id)
        for index, mapping in enumerate(job.mappings if folder in folders else ()):
            target = Location(study=mapping.studyInstanceUID, series=mapping.seriesInstanceUID)
            targets[f"{folder}/files/{mapping.metadataFilePath}"] = target
            targets[f"{folder}/{CONFIGURATION_FILE}{MAPPINGS_POINTER}/{index}"] = target
    return targets


def _locate_at_target(issue: Issue, targets: Mapping[str, Location]) -> Issue:
    """Return an issue with the study or series of its mapping or override file as its location; else unchanged."""
    place = issue.location
    mapping = _MAPPING_POINTER.match(place.pointer or "")
    target = targets.get(f"{place.path}{mapping[0]}" if mapping else place.path or "")
    return issue if target is None else replace(issue, location=replace(target, keyword=place.keyword))
