"""The command update, from end to end: a correction and a removal that are imported, sent, killed and repeated."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from dicommap.package.update_states import UpdateStates
from dicommap.testing import ImportJobService
from dicommap.testing.service import DATASTORE_ID
from tests.cli.killing import killing
from tests.cli.running import dicommap
from tests.cli.test_verify_command import runs, submit
from tests.support.p10_files import STUDY, small_tree, uid
from tests.support.s3_server import Bucket, environment
from tests.support.update_packages import CORRECTION, FIRST, REMOVAL, SECOND, Store, read_states, store

__all__ = ["store"]
INSTANCE = uid(STUDY, 1, 1, 1)
RULES = f"""
[[rule]]
name = "one instance"
level = "instance"
match = {{ SOPInstanceUID = "{INSTANCE}" }}
set = {{ InstanceNumber = "77" }}

[[rule]]
name = "remove"
level = "series"
match = {{ SeriesInstanceUID = "{uid(STUDY, 1, 2)}" }}
remove = ["InstanceNumber"]

[[rule]]
name = "study"
level = "study"
match = {{ StudyInstanceUID = "{uid(STUDY, 2)}" }}
set = {{ StudyDescription = "corrected" }}
"""


@pytest.fixture
def imported(bucket: Bucket, import_jobs: ImportJobService, tmp_path: Path) -> Path:
    """Return the directory with a package that has an override and updates, and whose jobs have ended."""
    bucket.upload(small_tree(tmp_path / "tree"), "in/")
    (tmp_path / "rules.toml").write_text(RULES)
    runs(tmp_path, "scan", "tree", "-o", "inventory.db")
    uri = f"{bucket.uri}in/"
    drafted = runs(
        tmp_path,
        *("draft", "inventory.db", "--rules", "rules.toml", "--updates", "--input-s3-uri", uri, "-o", "package"),
    )
    assert "package" in drafted
    early = dicommap("update", tmp_path / "package")
    assert (early.status, "not ended" in early.err) == (2, True)
    submit(tmp_path, import_jobs, bucket)
    return tmp_path


def stored(service: ImportJobService, instance: str) -> dict[str, Any]:
    (found,) = (one for one in service.instances if one.sop_instance_uid == instance)
    return dict(found.after)


def test_an_import_and_its_updates_from_end_to_end(imported: Path, import_jobs: ImportJobService) -> None:
    reconciled = runs(imported, "reconcile", "package")
    assert "Next: dicommap verify package" in reconciled
    assert "Next: dicommap update package -n" in runs(imported, "verify", "package")
    dry = runs(imported, "update", "package", "-n")
    requests = [json.loads(line) for line in dry.splitlines() if line.startswith("{")]
    assert {request["operation"] for request in requests} == {"UpdateImageSetMetadata"}
    assert {request["latestVersionId"] for request in requests} == {"1"}
    printed = runs(imported, "update", "package", "--yes")
    assert "Done: what the updates want is stored." in printed
    assert [int(value) for value in stored(import_jobs, INSTANCE)["00200013"]["Value"]] == [77]
    assert not any("00200013" in stored(import_jobs, uid(STUDY, 1, 2, number)) for number in (1, 2))
    records = json.loads(runs(imported, "update", "package", "--format", "json"))
    assert {record["outcome"] for record in records} == {"updated"}
    assert "Done" in runs(imported, "reconcile", "package", "--verify")
    versions = [one.version for one in import_jobs.image_sets]
    runs(imported, "validate", "package")
    reverted = runs(imported, "update", "package", "--revert", "--yes")
    assert "Done: the updates were taken back." in reverted
    assert sum(one.version for one in import_jobs.image_sets) > sum(versions)
    assert [int(value) for value in stored(import_jobs, INSTANCE)["00200013"]["Value"]] == [1]


def options(store: Store, *others: str) -> list[str]:
    aws = ("--datastore-id", DATASTORE_ID, "--region", "eu-west-1", "--endpoint-url", store.service.url)
    return [*aws, "--update-rate", "100", *others]


def test_two_people_at_once_and_a_wrong_store(store: Store) -> None:
    package = store.package(CORRECTION)
    with UpdateStates(package).lock():
        ran = dicommap("update", package, *options(store, "--yes"))
    assert (ran.status, store.image_set.version) == (2, 1)
    assert "Another 'dicommap update' uses this package." in ran.err
    ran = dicommap("update", package, *options(store))
    assert (ran.status, store.image_set.version) == (2, 1)
    assert "There is no terminal to ask on" in ran.err


def test_an_unknown_study_is_refused_in_a_dry_run_too(store: Store) -> None:
    package = store.package(CORRECTION)
    for words in (("-n",), ("--yes",), ("--revert", "-n")):
        ran = dicommap("update", package, "--study", "9.9.9", *words, *options(store))
        assert (ran.status, store.image_set.version) == (2, 1)
        assert "No update of the package is for such a study." in ran.err


def test_statuses_tell_what_is_wrong_and_what_is_not_known(store: Store) -> None:
    package = store.package(CORRECTION)
    store.service.fault("changed-meanwhile", operation="UpdateImageSetMetadata")
    ran = dicommap("update", package, *options(store, "--yes"))
    assert (ran.status, "update.changed" in ran.out) == (1, True)
    assert "Next: dicommap explain update.changed" in ran.out
    store.service.change_behaviour("locked_reads=1000")
    ran = dicommap("update", package, *options(store, "--yes", "--lock-timeout", "1"))
    assert (ran.status, "update.locked" in ran.out) == (4, True)
    store.service.change_behaviour("locked_reads=0")


def test_killed_by_sigkill_and_run_again_each_request_is_executed_once(store: Store) -> None:
    variables = environment(store.service.url) | store.service.environment
    package = store.package(CORRECTION, REMOVAL, name="counted")
    with killing(variables) as killer:
        for last in (20, 45):
            died = killer.run("update", package, *options(store, "--yes"), last=last)
            assert died.status == -signal.SIGKILL, died.printed
        died = killer.run("update", package, *options(store, "--yes"))
        assert died.status == 0, died.printed
    assert (store.stored(FIRST, "ImageComments"), store.stored(SECOND, "ImageComments")) == ("new", None)
    assert store.image_set.version == 3
    assert all(state["isComplete"] for state in read_states(package))
