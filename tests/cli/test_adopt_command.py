"""The command adopt as a user runs it: search, adoption, refusals and what comes next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dicommap.testing import ImportJobService
from dicommap.testing.service import DATASTORE_ID
from dicommap.validation.schema_registry import get_schema_validator
from tests.cli.running import dicommap, dicommap_on_terminal
from tests.cli.test_next_steps import next_words
from tests.cli.test_wrong_calls import assert_refused
from tests.support.jobs_from_elsewhere import Elsewhere
from tests.support.submission_packages import PreparedPackage, ready, states

__all__ = ["ready"]

STORE = ("--datastore-id", DATASTORE_ID)


@pytest.fixture
def elsewhere(ready: PreparedPackage, import_jobs: ImportJobService) -> Elsewhere:
    return Elsewhere(ready)


@pytest.fixture
def package(elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(elsewhere.package.parent)
    return Path("package")


def test_from_the_search_to_the_outcomes(elsewhere: Elsewhere, package: Path) -> None:
    ids = [elsewhere.start("0001"), elsewhere.start("0002")]
    found = dicommap("adopt", package, "--find", *STORE)
    assert found.status == 0, found.everything
    assert found.out.count(" fits") == 2
    assert "2 jobs requested, of 2 that the data store lists for the last 90 days." in found.out
    words = next_words(found)
    assert (words[:2], set(words[2:4]), words[4:]) == (["adopt", "package"], set(ids), list(STORE))
    adopted = dicommap(*words)
    assert adopted.status == 0, adopted.everything
    assert f"job 0001: adopted {ids[0]}" in adopted.err
    assert next_words(adopted) == ["reconcile", "package"]  # the stand-in's jobs go on with each request
    assert next_words(dicommap("watch", package)) == ["reconcile", "package"]
    reconciled = dicommap("reconcile", package)
    assert reconciled.status == 0, reconciled.everything
    assert "No job is left to adopt." in dicommap("adopt", package, "--find").out


@pytest.mark.usefixtures("elsewhere")
def test_a_search_without_a_fitting_job_prints_no_table(package: Path) -> None:
    found = dicommap("adopt", package, "--find", *STORE)
    assert found.status == 0, found.everything
    assert found.out.splitlines()[0] == "None of these jobs imports a prefix of the package."


def test_all_jobs_that_fit_are_adopted(elsewhere: Elsewhere, package: Path) -> None:
    elsewhere.start("0001")
    old_sdk = elsewhere.start("0002", without="importConfiguration")
    adopted = dicommap("adopt", package, "--all", *STORE)
    assert adopted.status == 0, adopted.everything
    assert list(states(package)) == ["0001"]
    assert next_words(adopted) == ["submit", "package"]
    refused = dicommap("adopt", package, old_sdk)
    assert refused.status == 1
    assert "watch.configuration-missing" in refused.out
    assert "SDK from before May 2026" in refused.out.replace("\n", " ")
    assert "No job was adopted." in refused.out
    assert next_words(refused) == ["explain", "watch.configuration-missing"]


def test_records_follow_their_schema(elsewhere: Elsewhere, package: Path) -> None:
    job_id = elsewhere.start("0001")
    ran = dicommap("adopt", package, job_id, "nosuchjob", *STORE, "--format", "json")
    (record,) = json.loads(ran.out)
    get_schema_validator("adoption").validate(record)
    assert (record["result"], record["jobId"]) == ("fits", job_id)
    assert (ran.status, "adopt.no-job" in ran.err) == (1, True)
    rows = dicommap("adopt", package, job_id, *STORE, "--format", "csv").out.splitlines()
    assert rows[0].startswith("job,jobId,jobStatus,")
    assert rows[1].endswith(",adopted")


def test_a_dry_run_saves_nothing(elsewhere: Elsewhere, package: Path) -> None:
    job_id = elsewhere.start("0001")
    ran = dicommap("adopt", package, job_id, *STORE, "-n")
    assert ran.status == 0
    assert "No job was adopted." in ran.out
    assert not (package / "submission").exists()
    words = next_words(ran)
    assert words == ["adopt", "package", job_id, *STORE]
    assert dicommap(*words).status == 0


def test_of_two_jobs_that_fit_the_user_chooses(elsewhere: Elsewhere, package: Path) -> None:
    elsewhere.start("0001")
    elsewhere.start("0001", clientToken="again")
    found = dicommap("adopt", package, "--find", *STORE)
    assert next_words(found) == ["adopt", "package", "JOB_ID", *STORE]
    assert "with your own JOB_ID" in found.out


def test_wrong_calls_are_refused(elsewhere: Elsewhere, package: Path) -> None:
    assert_refused(dicommap("adopt", package), "--find")
    assert_refused(dicommap("adopt", package, "x", "--find"), "takes no job ids")
    assert_refused(dicommap("adopt", package, "--all", "--find"), "with --find first")
    assert_refused(dicommap("adopt", package, "x", "--since", "2026-11-01"), "--since is for --find")
    assert_refused(dicommap("adopt", package, "--find", "--since", "1.11.2026"), "1.11.2026", "2026-11-01")
    assert_refused(dicommap("adopt", package, "x", "--all"), "job ids")
    assert_refused(dicommap("adopt", package, "UPPER", *STORE), "'UPPER'")
    assert_refused(dicommap("adopt", package, "x"), "--datastore-id")


def test_the_table_fits_a_terminal_of_80_columns(elsewhere: Elsewhere, package: Path) -> None:
    elsewhere.start("0001")
    elsewhere.start("0002", without="importConfiguration")
    shown = dicommap_on_terminal(80, "adopt", package, "--find", *STORE)
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "refused" in shown
