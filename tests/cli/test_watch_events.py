"""The command watch --event as a user runs it: from a file and from stdin, with and without AWS."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from dicommap.testing import ImportJobService
from tests.cli.running import dicommap
from tests.cli.test_next_steps import next_words
from tests.cli.test_wrong_calls import assert_refused
from tests.support.job_events import make_event
from tests.support.submission_packages import PreparedPackage, options, ready, states

__all__ = ["ready"]


@pytest.fixture
def package(ready: PreparedPackage, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert dicommap("submit", ready.package, "--yes", *options(ready.bucket)).status == 0
    monkeypatch.chdir(ready.package.parent)
    return Path("package")


def write_events(import_jobs: ImportJobService, status: str) -> str:
    lines = [
        make_event(status, datastoreId=job.datastore_id, jobId=job.job_id, inputS3Uri=str(job.request["inputS3Uri"]))
        for job in import_jobs.jobs
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_events_lead_to_the_outcomes_without_a_poll(package: Path, import_jobs: ImportJobService) -> None:
    Path("events.jsonl").write_text(write_events(import_jobs, "IN_PROGRESS"))
    running = dicommap("watch", package, "--event", "events.jsonl")
    assert running.status == 0, running.everything
    assert running.out.count("IN_PROGRESS (event)") == 2
    assert next_words(running) == ["watch", "package"]
    for _ in range(2):
        import_jobs.advance()
    Path("events.jsonl").write_text(write_events(import_jobs, "COMPLETED"))
    ended = dicommap("watch", package, "--event", "events.jsonl")
    assert ended.status == 0, ended.everything
    assert "(event)" not in ended.out  # the service has confirmed it
    assert next_words(ended) == ["reconcile", "package"]
    assert dicommap("reconcile", package).status == 0


def test_events_from_stdin_need_no_access_to_aws(
    package: Path, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = write_events(import_jobs, "COMPLETED")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    ran = dicommap("watch", package, "--event", "-", "--no-confirm")
    assert ran.status == 0, ran.everything
    assert ran.out.count("COMPLETED (event)") == 2
    assert "watch.not-confirmed" in ran.out
    assert {state["statusSource"] for state in states(package).values()} == {"event"}
    assert next_words(ran) == ["reconcile", "package"]


def test_wrong_calls_are_refused(package: Path) -> None:
    assert_refused(dicommap("watch", package, "--event", "nowhere.json"), "nowhere.json")
    assert_refused(dicommap("watch", package, "--event", "package/plan.json", "--once"), "--once")
    assert_refused(dicommap("watch", "--event", "package/plan.json"), "Name a package")
    not_events = dicommap("watch", package, "--event", "package/plan.json")
    assert "watch.event-unreadable" in not_events.out
    assert not_events.status == 0
