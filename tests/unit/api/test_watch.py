"""Watching: jobs of a package and of HealthLake, each to its end, with what the service says saved."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import AwsError, DocumentError, PackageError, UsageError
from dicommap.package.submission_states import SubmissionStates
from dicommap.testing import Behaviour, ImportJobService
from tests.support.fake_clock import QuickClock
from tests.support.s3_server import Bucket
from tests.support.submission_packages import PreparedPackage, account, ready, states

__all__ = ["ready"]

FHIR = {
    "JobId": "1a2b",
    "JobStatus": "SUBMITTED",
    "SubmitTime": datetime(2026, 11, 22, tzinfo=UTC),
    "DatastoreId": "f" * 32,
    "InputDataConfig": {"S3Uri": "s3://bucket/in/"},
}
FHIR_JOB = f"{'f' * 32}/1a2b"


@pytest.fixture
def bucket(ready: PreparedPackage) -> Bucket:
    return ready.bucket


@pytest.fixture
def submitted(ready: PreparedPackage, import_jobs: ImportJobService) -> Path:
    assert dicommap.submit(ready.package, **account(ready.bucket), clock=QuickClock()).ok
    return ready.package


def watch(package: Path | None, **options: Any) -> dicommap.WatchResult:
    return dicommap.watch(package, **{"clock": QuickClock(), **options})


def codes(watched: dicommap.WatchResult) -> list[str]:
    return [found.code for found in watched.issues]


def test_jobs_are_followed_to_their_end_and_what_was_seen_is_saved(
    submitted: Path, import_jobs: ImportJobService
) -> None:
    told: list[tuple[str, str]] = []
    seen = []
    watched = watch(
        submitted, on_step=lambda *what: told.append(what), progress=lambda one: seen.append((one.done, one.total))
    )
    assert watched.ok
    assert watched.issues == ()
    assert told == [
        ("0001", "SUBMITTED -> IN_PROGRESS"),
        ("0002", "SUBMITTED -> IN_PROGRESS"),
        ("0001", "IN_PROGRESS -> COMPLETED"),
        ("0002", "IN_PROGRESS -> COMPLETED"),
    ]
    assert seen == [(0, 2), (2, 2)]
    for number, job in zip(("0001", "0002"), import_jobs.jobs, strict=True):
        state = states(submitted)[number]
        assert (state["state"], state["jobStatus"], state["ending"]) == ("ended", "COMPLETED", "completed")
        assert (state["jobId"], state["configuration"]) == (job.job_id, "same")
        assert job.ended_at is not None
        assert state["endedAt"] == job.ended_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "2 jobs, 2 COMPLETED" in str(watched)
    assert "outcome of each file" in str(watched)


def test_a_watch_of_what_has_ended_asks_nothing(submitted: Path, import_jobs: ImportJobService) -> None:
    watch(submitted)
    before = states(submitted)
    import_jobs.fault("access-denied", times=None)
    assert [one.jobStatus for one in watch(submitted).submissions] == ["COMPLETED", "COMPLETED"]
    assert states(submitted) == before


def test_looks_are_rarer_the_longer_it_takes(submitted: Path, import_jobs: ImportJobService) -> None:
    class Slow(QuickClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.sleeps) == 12:
                import_jobs.advance()
                import_jobs.advance()

    import_jobs.change_behaviour("advance=call")
    clock = Slow()
    assert watch(submitted, clock=clock).ok
    assert clock.sleeps[0] == 5
    assert clock.sleeps[-1] == 60
    assert all(later >= earlier for earlier, later in pairwise(clock.sleeps))
    assert len(clock.sleeps) == 12


def test_once_looks_once_and_does_not_wait(submitted: Path) -> None:
    clock = QuickClock()
    watched = watch(submitted, once=True, clock=clock)
    assert [one.jobStatus for one in watched.submissions] == ["IN_PROGRESS", "IN_PROGRESS"]
    assert clock.sleeps == []


def test_a_job_that_fails_is_an_error_with_its_message_saved(submitted: Path, import_jobs: ImportJobService) -> None:
    import_jobs.fault("job-failed", message="FILE_COUNTS_LIMIT_EXCEEDED: 5001 files")
    told: list[str] = []
    watched = watch(submitted, on_step=lambda _, what: told.append(what))
    assert not watched.ok
    assert [(found.code, found.location.path) for found in watched.issues] == [("watch.failed", "submission/0001.json")]
    assert "IN_PROGRESS -> FAILED: FILE_COUNTS_LIMIT_EXCEEDED: *** files" in told  # a number may be a patient's
    assert states(submitted)["0001"]["message"] == "FILE_COUNTS_LIMIT_EXCEEDED: 5001 files"
    assert states(submitted)["0002"]["jobStatus"] == "COMPLETED"
    assert codes(watch(submitted)) == ["watch.failed"]  # as often as it is asked


@pytest.mark.parametrize(
    ("agreement", "code"),
    [
        ("missing", "watch.configuration-missing"),
        ("differs", "watch.configuration-differs"),
        ("other-prefix", "watch.other-request"),
    ],
)
def test_a_job_that_is_not_what_was_sent_is_an_error(
    submitted: Path, import_jobs: ImportJobService, agreement: str, code: str
) -> None:
    request: Any = import_jobs.jobs[0].request
    mappings = request["importConfiguration"]["dicomJsonMetadataImportConfiguration"]["dicomMetadataMappings"]
    if agreement == "other-prefix":
        request["inputS3Uri"] = "s3://somewhere/else/"
    elif agreement == "missing":
        del request["importConfiguration"]
    else:
        mappings[0]["studyInstanceUID"], mappings[1]["studyInstanceUID"] = (
            mappings[1]["studyInstanceUID"],
            mappings[0]["studyInstanceUID"],
        )
    watched = watch(submitted)
    assert code in codes(watched)
    assert not watched.ok
    assert states(submitted)["0001"]["configuration"] == agreement
    assert states(submitted)["0002"]["configuration"] == "same"


def test_a_job_without_its_configuration_is_imported_again_as_a_whole(
    submitted: Path, import_jobs: ImportJobService, tmp_path: Path
) -> None:
    del import_jobs.jobs[0].request["importConfiguration"]  # type: ignore[attr-defined]
    watch(submitted)
    reconciled = dicommap.reconcile(submitted)
    assert [found.code for found in reconciled.issues.errors] == ["watch.configuration-missing"]
    retry = reconciled.retry(tmp_path / "again")
    assert (retry.in_place, retry.staged) == (1, 0)
    assert [found.code for found in retry.issues] == ["reconcile.import-again"]
    assert dicommap.submit(tmp_path / "again", clock=QuickClock()).ok
    assert watch(tmp_path / "again").ok
    assert len(import_jobs.jobs) == 3  # another client token than that of the first job


def test_the_order_of_mappings_is_no_difference(submitted: Path, import_jobs: ImportJobService) -> None:
    for job in import_jobs.jobs:
        configuration = job.request["importConfiguration"]["dicomJsonMetadataImportConfiguration"]
        configuration["dicomMetadataMappings"].reverse()
    assert watch(submitted).issues == ()


def test_a_status_that_is_new_is_watched_on_and_told(submitted: Path, import_jobs: ImportJobService) -> None:
    import_jobs.change_behaviour("advance=call")
    import_jobs.jobs[0].status = "QUARANTINED"
    watched = watch(submitted, once=True)
    assert codes(watched) == ["watch.unknown-status"]
    assert watched.submissions[0].state == "started"
    assert watched.submissions[0].jobStatus == "QUARANTINED"


def test_a_job_that_the_service_does_not_know_does_not_hold_up_the_others(
    submitted: Path, import_jobs: ImportJobService
) -> None:
    import_jobs.fault("not-found", operation="GetDICOMImportJob")
    watched = watch(submitted)
    assert codes(watched) == ["watch.no-job"]
    assert [one.state for one in watched.submissions] == ["started", "ended"]


def test_jobs_whose_start_was_refused_are_told(ready: PreparedPackage, import_jobs: ImportJobService) -> None:
    import_jobs.fault("validation", operation="StartDICOMImportJob", after=1)
    with pytest.raises(AwsError):
        dicommap.submit(ready.package, **account(ready.bucket), clock=QuickClock())
    watched = watch(ready.package)
    assert codes(watched) == ["watch.unanswered"]
    assert [one.state for one in watched.submissions] == ["ended", "starting"]


def test_jobs_that_nobody_submitted_are_counted(ready: PreparedPackage, import_jobs: ImportJobService) -> None:
    options = {**account(ready.bucket), "clock": QuickClock()}
    dicommap.submit(ready.package, jobs=["0002"], **options)
    watched = watch(ready.package)
    assert (len(watched.submissions), watched.unsubmitted) == (1, 1)
    assert "not submitted  1 job" in str(watched)
    dicommap.submit(ready.package, **options)
    assert watch(ready.package).unsubmitted == 0


def test_jobs_that_a_running_submit_starts_are_followed_as_well(
    ready: PreparedPackage, import_jobs: ImportJobService
) -> None:
    options = {**account(ready.bucket), "clock": QuickClock()}
    dicommap.submit(ready.package, jobs=["0001"], **options)
    lock = SubmissionStates(ready.package).lock()
    lock.__enter__()

    class Submitting(QuickClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.sleeps) == 4:
                lock.__exit__(None, None, None)
                dicommap.submit(ready.package, **options)

    watched = watch(ready.package, clock=Submitting())
    assert [one.jobStatus for one in watched.submissions] == ["COMPLETED", "COMPLETED"]


@pytest.mark.parametrize("kind", ["throttle", "unavailable", "internal", "reset", "answer-lost", "short-body"])
def test_a_look_that_fails_is_repeated_later(
    submitted: Path, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    import_jobs.fault(kind, times=6 if kind == "short-body" else 20)  # botocore itself does not repeat the former
    told: list[str] = []
    assert watch(submitted, on_step=lambda _, what: told.append(what)).ok
    assert [what for what in told if "tried again later" in what]


def test_a_service_that_throttles_every_call_is_given_up_after_a_while(
    submitted: Path, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    import_jobs.fault("throttle", times=None)
    clock = QuickClock()
    with pytest.raises(AwsError, match="ThrottlingException"):
        watch(submitted, clock=clock)
    assert len(clock.sleeps) == 9
    import_jobs.clear_faults()
    assert watch(submitted).ok


@pytest.mark.parametrize("kind", ["access-denied", "expired-token"])
def test_a_refusal_that_does_not_pass_ends_the_watch_and_the_next_one_goes_on(
    submitted: Path, import_jobs: ImportJobService, kind: str
) -> None:
    import_jobs.fault(kind, operation="GetDICOMImportJob", times=None, after=3)
    with pytest.raises(AwsError, match="GetDICOMImportJob"):
        watch(submitted)
    assert [one["state"] for one in states(submitted).values()] == ["ended", "started"]
    import_jobs.clear_faults()
    assert watch(submitted).ok


def test_a_full_disk_is_told_and_nothing_lost(
    submitted: Path, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = states(submitted)
    with monkeypatch.context() as context:
        context.setattr(os, "replace", full)
        with pytest.raises(PackageError, match="No space left"):
            watch(submitted)
    assert states(submitted) == before
    assert watch(submitted).ok


def test_polling_keeps_to_the_documented_limit(
    ready: PreparedPackage, s3_environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, waited = QuickClock(), list[float]()
    monkeypatch.setattr("botocore.endpoint.time.sleep", waited.append)
    with ImportJobService(s3_environment, behaviour=Behaviour(), clock=clock.monotonic) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        dicommap.submit(ready.package, **account(ready.bucket), clock=clock)
        assert watch(ready.package, clock=clock).ok
    assert waited == []


# HealthLake.


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["SUBMITTED", "QUEUED", "IN_PROGRESS", "COMPLETED"], None),
        (["COMPLETED_WITH_ERRORS"], "watch.with-errors"),
        (["IN_PROGRESS", "FAILED"], "watch.failed"),
        (["CANCEL_SUBMITTED", "CANCEL_IN_PROGRESS", "CANCEL_COMPLETED"], "watch.with-errors"),
        (["CANCEL_FAILED"], "watch.failed"),
    ],
)
def test_a_job_of_healthlake_is_followed_through_all_its_statuses(
    import_jobs: ImportJobService, statuses: list[str], code: str | None
) -> None:
    import_jobs.add_fhir_job("f" * 32, "1a2b", *({**FHIR, "JobStatus": status} for status in statuses))
    told: list[str] = []
    watched = watch(None, fhir_jobs=[FHIR_JOB], on_step=lambda _, what: told.append(what))
    assert [what.split(" -> ")[-1] for what in told] == statuses
    assert codes(watched) == ([] if code is None else [code])
    assert watched.others[0].status == statuses[-1]
    assert statuses[-1] in str(watched)


def test_jobs_of_both_services_are_watched_side_by_side(submitted: Path, import_jobs: ImportJobService) -> None:
    shown = [{**FHIR, "JobStatus": status} for status in ("SUBMITTED", "IN_PROGRESS", "IN_PROGRESS", "COMPLETED")]
    import_jobs.add_fhir_job("f" * 32, "1a2b", *shown)
    watched = watch(submitted, fhir_jobs=[f"healthlake:{FHIR_JOB}"])
    assert [one.jobStatus for one in watched.submissions] == ["COMPLETED", "COMPLETED"]
    assert [one.status for one in watched.others] == ["COMPLETED"]
    assert "Jobs of other services" in watched._repr_html_()


def test_a_job_of_healthlake_that_is_none_is_told(import_jobs: ImportJobService) -> None:
    with pytest.raises(UsageError, match="DATASTORE/JOB"):
        watch(None, fhir_jobs=["1a2b"])
    with pytest.raises(AwsError, match="DescribeFHIRImportJob of job 1a2b was refused: ResourceNotFound"):
        watch(None, fhir_jobs=[FHIR_JOB])


# What there is nothing to watch in.


def test_nothing_to_watch_is_told(ready: PreparedPackage, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing was named"):
        watch(None)
    with pytest.raises(UsageError, match="dicommap submit"):
        watch(ready.package)
    with pytest.raises(DocumentError, match="is no package"):
        watch(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match=r"has no plan\.json"):
        watch(tmp_path / "empty")
    (tmp_path / "empty/plan.json").write_text("{}")
    with pytest.raises(DocumentError, match="is no plan"):
        watch(tmp_path / "empty")
