"""Watching by events: states without polls, confirmed by the service if it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import DocumentError, UsageError
from dicommap.testing import ImportJobService, StartedJob
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.fake_clock import QuickClock
from tests.support.job_events import make_event
from tests.support.submission_packages import PreparedPackage, account, ready, states

__all__ = ["ready"]


@pytest.fixture
def submitted(ready: PreparedPackage, import_jobs: ImportJobService) -> Path:
    assert dicommap.submit(ready.package, **account(ready.bucket), clock=QuickClock()).ok
    return ready.package


def watch(package: Path, *events: object, **options: Any) -> dicommap.WatchResult:
    return dicommap.watch(package, **{"events": events, "clock": QuickClock(), **options})


def event_of(job: StartedJob, status: str, **detail: str) -> dict[str, Any]:
    members = {"datastoreId": job.datastore_id, "jobId": job.job_id, "inputS3Uri": job.request["inputS3Uri"], **detail}
    return make_event(status, **members)


def codes(watched: dicommap.WatchResult) -> list[str]:
    return [issue.code for issue in watched.issues]


def test_events_replace_polls_and_the_service_confirms_the_end(submitted: Path, import_jobs: ImportJobService) -> None:
    first, second = import_jobs.jobs
    told: list[tuple[str, str]] = []
    watched = watch(submitted, event_of(first, "IN_PROGRESS"), on_step=lambda *step: told.append(step))
    assert codes(watched) == []
    assert told == [("0001", "SUBMITTED -> IN_PROGRESS (event)")]
    assert states(submitted)["0001"]["statusSource"] == "event"
    assert states(submitted)["0002"]["jobStatus"] == "SUBMITTED"  # was not polled
    import_jobs.advance(first.job_id)
    import_jobs.advance(first.job_id)
    watched = watch(submitted, event_of(first, "COMPLETED"), event_of(second, "IN_PROGRESS"))
    assert codes(watched) == []
    state = states(submitted)["0001"]
    assert (state["state"], state["ending"], state["configuration"]) == ("ended", "completed", "same")
    assert "statusSource" not in state
    get_schema_validator("submission").validate(state)


def test_without_access_the_state_says_that_it_is_from_an_event(
    submitted: Path, import_jobs: ImportJobService, ready: PreparedPackage
) -> None:
    events = [event_of(job, "COMPLETED") for job in import_jobs.jobs]
    for job in import_jobs.jobs:
        import_jobs.advance(job.job_id)
        import_jobs.advance(job.job_id)
    import_jobs.fault("access-denied", operation="GetDICOMImportJob", times=None)
    watched = watch(submitted, *events)
    assert codes(watched) == ["watch.not-confirmed"] * 2
    assert "AccessDenied" in watched.issues[0].message
    assert watched.ok
    state = states(submitted)["0001"]
    assert (state["state"], state["statusSource"], state.get("configuration")) == ("ended", "event", None)
    get_schema_validator("submission").validate(state)
    assert [issue.code for issue in dicommap.reconcile(submitted).issues if issue.code.startswith("watch")] == [
        "watch.not-confirmed"
    ] * 2
    import_jobs.clear_faults()
    assert codes(dicommap.watch(submitted, clock=QuickClock())) == []  # a poll confirms it
    assert states(submitted)["0001"]["configuration"] == "same"
    assert dicommap.reconcile(submitted).ok


def test_nothing_is_requested_if_no_confirmation_is_wanted(
    submitted: Path, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = event_of(import_jobs.jobs[0], "COMPLETED")
    monkeypatch.setattr("dicommap.aws.Clients.session", property(lambda _: pytest.fail("a client was made")))
    watched = watch(submitted, event, confirm=False)
    assert codes(watched) == ["watch.not-confirmed"]
    assert "was not called" in watched.issues[0].message


def test_a_configuration_that_was_dropped_is_found_by_the_confirmation(
    submitted: Path, import_jobs: ImportJobService
) -> None:
    job = import_jobs.jobs[0]
    del job.request["importConfiguration"]  # type: ignore[attr-defined]
    import_jobs.advance(job.job_id)
    import_jobs.advance(job.job_id)
    assert "watch.configuration-missing" in codes(watch(submitted, event_of(job, "COMPLETED")))


def test_the_service_is_believed_if_it_contradicts_an_event(submitted: Path, import_jobs: ImportJobService) -> None:
    job = import_jobs.jobs[0]
    import_jobs.change_behaviour("advance=call")
    watched = watch(submitted, event_of(job, "COMPLETED"))
    assert codes(watched) == []
    state = states(submitted)["0001"]
    assert (state["state"], state["jobStatus"]) == ("started", "SUBMITTED")


def test_events_of_other_jobs_are_told_and_change_nothing(submitted: Path, import_jobs: ImportJobService) -> None:
    job, before = import_jobs.jobs[0], states(submitted)
    watched = watch(
        submitted,
        event_of(job, "COMPLETED", datastoreId="f" * 32),
        event_of(job, "COMPLETED", jobId="77", inputS3Uri="s3://elsewhere/in/"),
        event_of(job, "COMPLETED", jobId="88"),
        {**event_of(job, "COMPLETED"), "source": "aws.s3"},
        "<xml/>",
    )
    assert sorted(codes(watched)) == [
        "watch.event-foreign",
        "watch.event-not-adopted",
        "watch.event-not-adopted",
        "watch.event-other",
        "watch.event-unreadable",
    ]
    assert watched.ok
    assert states(submitted) == before


def test_an_event_of_another_region_names_both_regions(submitted: Path, import_jobs: ImportJobService) -> None:
    before = states(submitted)
    watched = watch(submitted, {**event_of(import_jobs.jobs[0], "COMPLETED"), "region": "eu-west-1"})
    assert codes(watched) == ["watch.event-region"]
    assert "region eu-west-1" in watched.issues[0].message
    assert states(submitted) == before


def test_an_empty_array_of_events_is_told(submitted: Path) -> None:
    assert codes(watch(submitted, events=b"[]")) == ["watch.no-events"]
    assert codes(watch(submitted, events=[])) == ["watch.no-events"]


def test_events_come_from_a_file_from_bytes_and_from_messages(
    submitted: Path, import_jobs: ImportJobService, tmp_path: Path
) -> None:
    first, second = import_jobs.jobs
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(event_of(first, "IN_PROGRESS")) + "\n")
    assert watch(submitted, events=path).submissions[0].jobStatus == "IN_PROGRESS"
    message = json.dumps({"Messages": [{"Body": json.dumps(event_of(second, "IN_PROGRESS"))}]}).encode()
    assert watch(submitted, events=message).submissions[1].jobStatus == "IN_PROGRESS"


def test_wrong_calls_are_refused(submitted: Path, tmp_path: Path, ready: PreparedPackage) -> None:
    with pytest.raises(UsageError, match="no job is polled"):
        watch(submitted, once=True)
    with pytest.raises(UsageError, match="no job is polled"):
        dicommap.watch(events=[])
    with pytest.raises(UsageError, match="events is a value of type int"):
        watch(submitted, events=3)
    with pytest.raises(UsageError, match="a list of events"):
        watch(submitted, events={})
    with pytest.raises(DocumentError, match="There is no file"):
        watch(submitted, events=tmp_path / "nowhere.json")


def test_a_package_without_jobs_has_no_events(ready: PreparedPackage) -> None:
    with pytest.raises(UsageError, match="dicommap submit"):
        watch(ready.package, make_event("COMPLETED"))
