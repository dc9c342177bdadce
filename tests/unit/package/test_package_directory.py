"""The override files of a package: read below an open folder, and compared with their hashes in the plan."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dicommap.errors import DocumentError
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.package_writer import write_package
from dicommap.planning.package_documents import PackageTables, PlanHeader, build_package_documents
from dicommap.planning.plan import PlanJob
from dicommap.updates.update import Update, UpdateRequest
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
    assert texts == [package.read_override_file(job, path) for path in paths]
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
        package.read_override_file(job, job.mappings[0].metadataFilePath)
    folder.symlink_to(tmp_path / "files")
    with pytest.raises(DocumentError, match="a symbolic link"):
        package.read_override_file(job, job.mappings[0].metadataFilePath)


UPDATES = [
    Update(
        study_instance_uid="1.2.3",
        series_instance_uid=series,
        requests=(UpdateRequest(updatable={"SchemaVersion": 1.1, "Patient": {"DICOM": {"PatientName": "A^B"}}}),),
    )
    for series in (None, "1.2.3.4")
]


@pytest.fixture
def updates_only(tmp_path: Path) -> PackageDirectory:
    head = PlanHeader(roots=(), uri=None, quotas=Quotas(), assumptions=Assumptions(), files=0, instances=0)
    tables = PackageTables(preview="", edits="", forecast="")
    write_package(tmp_path / "updates-only", build_package_documents([], [], head, tables, {}, updates=UPDATES))
    return PackageDirectory(tmp_path / "updates-only")


def test_updates_are_read_in_their_order(package: PackageDirectory, updates_only: PackageDirectory) -> None:
    assert list(package.updates()) == []
    planned = list(updates_only.updates())
    assert [one.update for one in planned] == UPDATES
    assert [(one.path, one.sha256) for one in planned] == [
        (file.path, file.sha256) for file in updates_only.plan.updates or ()
    ]


@pytest.mark.parametrize("text", ["{}", "[]", "not JSON"])
def test_a_changed_update_is_refused(updates_only: PackageDirectory, text: str) -> None:
    path = updates_only.path / "updates" / "000002.json"
    path.write_text(text, encoding="utf-8")
    updates = updates_only.updates()
    assert next(updates).update == UPDATES[0]
    with pytest.raises(DocumentError, match=r"updates/000002\.json was changed after it was drafted"):
        next(updates)
