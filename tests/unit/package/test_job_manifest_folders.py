"""Downloaded manifests are found wherever their folders lie, by the job's id or its prefix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dicommap.errors import DocumentError
from dicommap.package.job_manifest_folders import JobManifestFolders
from tests.support.reconciliation_packages import FOLDER, JOB_ID, write

URI = "s3://bucket/in/"


def manifest(job_id: str = JOB_ID, uri: str = URI) -> str:
    return json.dumps({"jobSummary": {"jobId": job_id, "inputS3Uri": uri}})


@pytest.mark.parametrize("place", ["", "renamed/", f"{FOLDER}/", f"a/b/{FOLDER}/"])
def test_a_folder_is_found_by_its_manifest(place: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{place}job-output-manifest.json": manifest(), f"{place}SUCCESS/success.ndjson": "s"})
    folders = JobManifestFolders(tmp_path)
    for found in (
        folders.find_job_output("s3://other/", JOB_ID),
        folders.find_job_output(URI, ""),
        folders.find_job_output(URI, "ff"),
    ):
        assert found is not None
        assert found.manifest == manifest().encode()
        assert [(file.kind.value, b"".join(file.pieces)) for file in found.files] == [("SUCCESS", b"s")]
        assert not found.others
    assert folders.find_job_output("s3://other/", "ff") is None
    assert folders.find_job_output("s3://bucket/in2/", "") is None


def test_a_folder_without_manifest_is_found_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, {f"{FOLDER}/FAILURE/failure.ndjson": "f", "other/FAILURE/failure.ndjson": "x"})
    folders = JobManifestFolders(tmp_path)
    found = folders.find_job_output(URI, JOB_ID)
    assert found is not None
    assert found.manifest is None
    assert [file.path for file in found.files] == [f"{FOLDER}/FAILURE/failure.ndjson"]
    assert folders.find_job_output(URI, "") is None


def test_several_jobs_of_one_prefix_are_told_apart_by_the_id_only(tmp_path: Path) -> None:
    write(tmp_path, {"a/job-output-manifest.json": manifest("11"), "b/job-output-manifest.json": manifest("22")})
    folders = JobManifestFolders(tmp_path)
    unknown, known = folders.find_job_output(URI, ""), folders.find_job_output(URI, "22")
    assert unknown is not None
    assert unknown.others == 1
    assert known is not None
    assert (known.folder, known.others) == ("b", 0)


def test_damaged_manifests_do_not_stop_the_search(tmp_path: Path) -> None:
    write(tmp_path, {f"{FOLDER}/job-output-manifest.json": "{", "b/job-output-manifest.json": "[]"})
    found = JobManifestFolders(tmp_path).find_job_output(URI, JOB_ID)
    assert found is not None
    assert found.manifest == b"{"


def test_what_is_no_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no directory of manifests"):
        JobManifestFolders(tmp_path / "none")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / FOLDER / "SUCCESS" / "success.ndjson").mkdir(parents=True)
    found = JobManifestFolders(tmp_path).find_job_output(URI, JOB_ID)
    assert found is not None
    with pytest.raises(DocumentError, match="cannot be read: it is a directory"):
        [list(file.pieces) for file in found.files]
    (tmp_path / FOLDER / "job-output-manifest.json").mkdir()
    with pytest.raises(DocumentError, match="cannot be read"):
        JobManifestFolders(tmp_path)
