"""The override files of a package: read below an open folder, and compared with their hashes in the plan."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dicommap.errors import DocumentError
from dicommap.package.package_directory import PackageDirectory
from dicommap.planning.plan import PlanJob
from tests.support.p10_files import small_tree
from tests.support.reconciliation_packages import draft_package


@pytest.fixture
def package(tmp_path: Path) -> PackageDirectory:
    return draft_package(small_tree(tmp_path / "tree"), tmp_path / "package")


@pytest.fixture
def job(package: PackageDirectory) -> PlanJob:
    (job,) = package.plan.jobs
    return job


def test_threads_read_all_override_files_and_no_descriptor_is_lost(package: PackageDirectory, job: PlanJob) -> None:
    before = len(os.listdir("/proc/self/fd"))
    paths = [mapping.metadataFilePath for mapping in job.mappings] * 8
    assert len(paths) >= 16
    with package.open_override_files(job) as read, ThreadPoolExecutor(4) as threads:
        texts = list(threads.map(read, paths))
    assert texts == [package.override_file(job, path) for path in paths]
    assert all(b"NEW-1" in text for text in texts)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_changed_file_and_a_link_are_refused(package: PackageDirectory, job: PlanJob, tmp_path: Path) -> None:
    changed, linked = (job.mappings[number].metadataFilePath for number in (0, 1))
    folder = package.path / "jobs" / job.id / "files"
    (folder / changed).write_text("{}", encoding="utf-8")
    (folder / linked).rename(tmp_path / "elsewhere")
    (folder / linked).symlink_to(tmp_path / "elsewhere")  # its content is that of the plan
    with package.open_override_files(job) as read:
        with pytest.raises(DocumentError, match="was changed after it was drafted"):
            read(changed)
        with pytest.raises(DocumentError, match="a symbolic link, not a regular file"):
            read(linked)
        with pytest.raises(DocumentError, match="There is no file none"):
            read("none")


def test_a_folder_that_is_missing_or_a_link_is_refused(package: PackageDirectory, job: PlanJob, tmp_path: Path) -> None:
    folder = package.path / "jobs" / job.id / "files"
    folder.rename(tmp_path / "files")
    with pytest.raises(DocumentError, match=f"jobs/{job.id}/files cannot be read"):
        package.override_file(job, job.mappings[0].metadataFilePath)
    folder.symlink_to(tmp_path / "files")
    with pytest.raises(DocumentError, match="a symbolic link"):
        package.override_file(job, job.mappings[0].metadataFilePath)
