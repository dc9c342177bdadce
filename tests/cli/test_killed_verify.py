"""A verification that is killed by SIGKILL at several steps, and run again: the results of one that was not killed."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from dicommap.model.package_layout import VERIFICATION_FILE, VERIFICATION_FOLDER
from dicommap.testing import Behaviour, ImportJobService
from dicommap.testing.service import DATASTORE_ID
from tests.cli.killing import killing
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import STUDY, small_tree, uid
from tests.support.reconciliation_packages import draft_package, keys_of, manifests, write, write_submission_state
from tests.support.s3_server import environment

STUDIES = 20
MOMENTS = 8
"""Number of steps at which `make long` kills the command, the first and the last among them."""


def kept(package: Path) -> list[dict[str, object]]:
    """Return the lines of the kept results, without the times."""
    lines = [json.loads(line) for line in (package / VERIFICATION_FILE).read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in line.items() if not name.endswith("At")} for line in lines]


def write_job_manifests(service: ImportJobService, root: Path) -> tuple[Path, Path]:
    """Write a package and its job manifests. The override of the second study was not applied."""
    package = draft_package(small_tree(root / "tree", studies=STUDIES, series=1, instances=1), root / "package")
    write_submission_state(package, datastoreId=DATASTORE_ID)
    ids = {}
    for number in range(1, STUDIES + 1):
        uids = {
            "StudyInstanceUID": uid(STUDY, number),
            "SeriesInstanceUID": uid(STUDY, number, 1),
            "SOPInstanceUID": uid(STUDY, number, 1, 1),
        }
        patient = "P2" if number == 2 else "NEW-1"
        image_set = service.import_instance(imported_instance(**uids, PatientID=patient)).image_set_id
        ids[f"study{number}"] = image_set
    files = manifests(package, [])
    (success,) = (name for name in files if name.endswith("success.ndjson"))
    files[success] = "\n".join(
        json.dumps({"inputFile": key, "importResponse": {"imageSetId": ids[key.split("/")[-3]], "isPrimary": True}})
        for key in keys_of(package)
    )
    return package.path, write(root / "manifests", files)


@pytest.mark.parametrize("moments", [1, pytest.param(MOMENTS, marks=pytest.mark.long)])
def test_killed_at_several_steps_and_run_again_the_results_are_the_same(tmp_path: Path, moments: int) -> None:
    with (
        ImportJobService("http://127.0.0.1:1", behaviour=Behaviour(throttling=False)) as service,
        killing(environment(service.url)) as killer,
    ):
        package, folder = write_job_manifests(service, tmp_path)
        results = tmp_path / "results.csv"
        command = (
            *("verify", package, "--manifests", folder, "--format", "csv", "-o", results),
            *("--endpoint-url", service.url),
        )
        whole = killer.run(*command)
        assert whole.status == 1, whole.printed
        assert f"{STUDIES - 1} of {STUDIES} attributes applied" in whole.printed
        assert len(whole.steps) > 2 * STUDIES
        expected, lines = results.read_bytes(), kept(package)
        last = len(whole.steps) - 1
        for step in sorted({1 + last * moment // moments for moment in range(moments + 1)}):
            shutil.rmtree(package / VERIFICATION_FOLDER)
            results.unlink(missing_ok=True)
            killer.killed(step, *command)
            if results.exists():  # it is complete, and never written over
                assert results.read_bytes() == expected
                results.unlink()
            repeated = killer.run(*command)
            assert (repeated.status, f"{STUDIES - 1} of {STUDIES} attributes applied" in repeated.printed) == (1, True)
            assert kept(package) == lines, step
            # The stored values of results from before the kill are not kept.
            assert rows_without_stored(results.read_bytes()) == rows_without_stored(expected), step


def rows_without_stored(table: bytes) -> list[dict[str, str]]:
    """Return the rows of a table without the stored values."""
    rows = csv.DictReader(table.decode("utf-8-sig").splitlines())
    return [{name: value for name, value in row.items() if name != "stored"} for row in rows]
