"""Check a drafted package before it is written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.issues import Location, Severity, make_issue
from dicommap.model.package_layout import CONFIGURATION_FILE, PLAN_FILE, job_folder
from dicommap.validation.configuration_check import MAPPINGS_POINTER
from dicommap.validation.file_contents import FilesByPath
from dicommap.validation.package_check import check_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.issues import Issue
    from dicommap.planning.package_documents import PackageDocuments

_MAPPING_POINTER = re.compile(re.escape(MAPPINGS_POINTER) + "/[0-9]+")


def check_documents(documents: PackageDocuments, known: Mapping[str, set[str]]) -> list[Issue]:
    """Find what is wrong with the documents of a package that is about to be written.

    What is found in an override file or at a mapping is told of its study or series, since there are no files to look
    into yet. Notes are left for validate to tell.
    """
    targets = _target_locations(documents)
    found = check_package(_EncodedDocuments(documents), known, None, objects=False)
    return [_locate_at_target(one, targets) for one in found if one.severity is not Severity.NOTE]


def check_override_paths(documents: Mapping[str, str], base: S3Uri, taken: Callable[[str], bool]) -> Iterator[Issue]:
    """Find override files that would get the key of a source file: `taken` says whether one has a key of the base."""
    for job in json.loads(documents[PLAN_FILE])["jobs"]:
        prefix = job["inputS3Uri"].removeprefix(str(base))
        paths = () if job["staged"] else (file["path"] for file in job["files"])
        for path in paths:
            if taken(prefix + path):
                yield make_issue("draft.path-taken", Location(path=prefix + path))


def check_archived_files(files: int) -> Iterator[Issue]:
    """Find that files of instances are inside archives, where no import job sees them."""
    if files:
        yield make_issue("archive.instances-inside", count=files)


def check_repeated_instances(files: int, differing: int) -> Iterator[Issue]:
    """Find that files have the SOP Instance UID of another one: an import takes each of them."""
    if files:
        have = "1 file has" if files == 1 else f"{files:,} files have"
        content = f", {differing:,} of them with another content" if differing else ""
        yield make_issue("draft.repeated-instances", have=have, content=content)


class _EncodedDocuments(FilesByPath):
    """Documents as the bytes they will be, each made when it is asked for: together they would fill memory twice."""

    def __init__(self, documents: PackageDocuments) -> None:
        self._documents = documents

    def __getitem__(self, path: str) -> bytes:
        return self._documents[path].encode()

    def __contains__(self, path: object) -> bool:
        return path in self._documents

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


def _target_locations(documents: Mapping[str, str]) -> dict[str, Location]:
    """Return the study or series of each override file by its path, and of each mapping by its path and pointer."""
    targets: dict[str, Location] = {}
    for job in json.loads(documents[PLAN_FILE])["jobs"]:
        for index, mapping in enumerate(job["mappings"]):
            target = Location(study=mapping["studyInstanceUID"], series=mapping.get("seriesInstanceUID"))
            targets[f"{job_folder(job['id'])}/files/{mapping['metadataFilePath']}"] = target
            targets[f"{job_folder(job['id'])}/{CONFIGURATION_FILE}{MAPPINGS_POINTER}/{index}"] = target
    return targets


def _locate_at_target(found: Issue, targets: Mapping[str, Location]) -> Issue:
    place = found.location
    mapping = _MAPPING_POINTER.match(place.pointer or "")
    target = targets.get(f"{place.path}{mapping[0]}" if mapping else place.path or "")
    return found if target is None else replace(found, location=replace(target, keyword=place.keyword))
