"""Submitting: each job started once, from wherever it was left; what is wrong is told and nothing lost."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

import dicommap
from dicommap.errors import AwsError, DicommapError, DocumentError, PackageError, UsageError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.issues import Severity
from dicommap.package.submission_states import SubmissionStates
from dicommap.testing import Behaviour, ImportJobService
from tests.support.fake_clock import QuickClock
from tests.support.long_cases import one_of
from tests.support.s3_server import Bucket
from tests.support.submission_packages import PreparedPackage, account, package, ready, states

__all__ = ["ready"]


@pytest.fixture
def drafted(ready: PreparedPackage) -> Path:
    return ready.package


@pytest.fixture
def bucket(ready: PreparedPackage) -> Bucket:
    return ready.bucket


def submit(place: Path, bucket: Bucket, **options: Any) -> dicommap.SubmitResult:
    return dicommap.submit(place, **{**account(bucket), "clock": QuickClock(), **options})


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let botocore's own retries not wait."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def test_every_job_is_started_with_its_files_in_place(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    told: list[tuple[str, str]] = []
    done = []
    submitted = submit(
        drafted,
        bucket,
        on_step=lambda *what: told.append(what),
        progress=lambda one: done.append((one.done, one.total)),
    )
    assert submitted.ok
    assert submitted.issues == ()
    assert [job.request["inputS3Uri"] for job in import_jobs.jobs] == [f"{bucket.uri}in/{n}/" for n in (1, 2)]
    for job, request in zip(import_jobs.jobs, ("0001", "0002"), strict=True):
        written = json.loads((drafted / f"jobs/{request}/start-dicom-import-job.json").read_bytes())
        given = {
            "datastoreId": import_jobs.datastore_id,
            "dataAccessRoleArn": account(bucket)["data_access_role_arn"],
            "outputS3Uri": account(bucket)["output_s3_uri"],
        }
        assert job.request == {**written, **given}
    for number in (1, 2):
        files = drafted / f"jobs/{number:04}/files"
        for path in (one for one in files.rglob("*") if one.is_file()):
            assert bucket.get(f"in/{number}/{path.relative_to(files).as_posix()}") == path.read_bytes()
    assert [one.jobId for one in submitted.submissions] == [job.job_id for job in import_jobs.jobs]
    assert {one["state"] for one in states(drafted).values()} == {"started"}
    request_ids = [one.requestId for one in submitted.submissions]
    assert len({*filter(None, request_ids)}) == 2
    assert str(request_ids[0]) in submitted._repr_html_()
    assert done == [(1, 2), (2, 2), (2, 2)]
    assert told[0] == ("0001", "override files 2 put")
    assert told[1] == ("0001", f"started as {import_jobs.jobs[0].job_id}")
    assert "2 jobs, 2 SUBMITTED" in repr(submitted)


def test_a_second_submit_sends_nothing_more(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    first = submit(drafted, bucket)
    before = states(drafted)
    again = submit(drafted, bucket)
    assert again.submissions == first.submissions
    assert states(drafted) == before
    assert [job.calls for job in import_jobs.jobs] == [1, 1]


def test_the_package_stays_valid_and_unchanged_but_for_its_submission(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    before = {path: path.read_bytes() for path in drafted.rglob("*") if path.is_file()}
    audit = before.pop(drafted / "audit.jsonl")
    submit(drafted, bucket)
    assert {path: path.read_bytes() for path in before} == before
    assert (drafted / "audit.jsonl").read_bytes().startswith(audit)
    assert not [one for one in dicommap.validate(drafted) if one.code != "request.placeholder"]


def test_one_job_can_be_submitted_alone(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    submit(drafted, bucket, jobs=["0002"])
    assert list(states(drafted)) == ["0002"]
    submit(drafted, bucket)
    assert [job.request["inputS3Uri"] for job in import_jobs.jobs] == [f"{bucket.uri}in/{n}/" for n in (2, 1)]
    with pytest.raises(UsageError, match="no job 0003"):
        submit(drafted, bucket, jobs=["0003"])


def test_a_dry_run_shows_every_request_and_sends_none(drafted: Path, bucket: Bucket) -> None:
    keys = bucket.keys()
    # Nothing listens there.
    clients = dicommap.Clients(region="us-east-1", endpoint_url="http://127.0.0.1:9")
    submitted = submit(drafted, bucket, dry_run=True, clients=clients)
    assert [one["operation"] for one in submitted.requests] == ["PutObject", "PutObject", "StartDICOMImportJob"] * 2
    assert submitted.requests[0]["Key"].startswith("in/1/")
    assert submitted.requests[5]["inputS3Uri"] == f"{bucket.uri}in/2/"
    told = " ".join(str(submitted).split())
    assert told.startswith("Submit, dry run: 6 requests")
    assert "6 requests would be" in told
    assert f"PutObject {bucket.uri}in/1/" in told
    assert f"StartDICOMImportJob {bucket.uri}in/2/" in told
    assert bucket.keys() == keys
    assert states(drafted) == {}


def test_a_dry_run_of_a_package_with_errors_shows_no_request(drafted: Path, bucket: Bucket) -> None:
    (drafted / "preview.csv").write_bytes(b"")
    submitted = submit(drafted, bucket, dry_run=True)
    assert not submitted.ok
    assert not submitted.requests
    assert submitted.is_dry
    assert "nothing, because of an error" in str(submitted)


def test_a_dry_run_shows_only_what_is_still_to_be_sent(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    submit(drafted, bucket, jobs=["0001"])
    submitted = submit(drafted, bucket, dry_run=True)
    assert [one["operation"] for one in submitted.requests] == ["PutObject", "PutObject", "StartDICOMImportJob"]


# What keeps a submit from beginning.


def changed(path: Path, change: Callable[[Any], Any]) -> None:
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps(change(document)))


def test_a_plan_that_was_edited_by_hand_is_not_submitted(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    def swap(plan: Any) -> Any:
        first, second = plan["jobs"][0]["mappings"]
        first["metadataFilePath"], second["metadataFilePath"] = second["metadataFilePath"], first["metadataFilePath"]
        return plan

    changed(drafted / "plan.json", swap)
    submitted = submit(drafted, bucket)
    assert not submitted.ok
    assert submitted.submissions == ()
    assert import_jobs.jobs == ()
    assert "nothing, because of an error" in str(submitted)


def test_a_changed_override_file_is_not_submitted(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    path = next((drafted / "jobs/0002/files").rglob("*.json"))
    path.write_text(path.read_text().replace("HOSP-000417", "HOSP-000418"))
    keys = bucket.keys()
    submitted = submit(drafted, bucket)
    assert "package.changed-file" in {found.code for found in submitted.issues.errors}
    assert import_jobs.jobs == ()
    assert bucket.keys() == keys


def test_an_override_file_that_changes_after_it_was_validated_is_not_sent(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    def spoil(_job: str, _what: str) -> None:
        for path in (drafted / "jobs/0002/files").rglob("*.json"):
            path.write_text("{}")

    with pytest.raises(PackageError, match="was changed meanwhile"):
        submit(drafted, bucket, on_step=spoil)
    assert len(import_jobs.jobs) == 1
    assert not [key for key in bucket.keys("in/2/") if "overrides" in key]


def test_no_package(tmp_path: Path, bucket: Bucket) -> None:
    with pytest.raises(DocumentError, match="is no package"):
        submit(tmp_path / "nowhere", bucket)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match=r"without a plan\.json"):
        submit(tmp_path / "empty", bucket)


@pytest.mark.parametrize("member", ["datastore_id", "data_access_role_arn", "output_s3_uri"])
def test_a_member_that_is_missing_or_wrong_is_named_with_its_option(drafted: Path, bucket: Bucket, member: str) -> None:
    option = f"--{member.replace('_', '-')}"
    with pytest.raises(UsageError, match=option):
        submit(drafted, bucket, **{member: None})
    with pytest.raises(UsageError, match=option):
        submit(drafted, bucket, **{member: "wrong"})
    assert states(drafted) == {}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("output", ["in/1/out/", "in/2/", "in/", ""])
def test_an_output_among_what_jobs_read_stops_everything(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, output: str, dry_run: bool
) -> None:
    submitted = submit(
        drafted,
        bucket,
        output_s3_uri=f"{bucket.uri}{output}",
        jobs=["0001"],  # job 0002 would read it another time
        check=False,
        dry_run=dry_run,
    )
    assert not submitted.ok
    assert [found.code for found in submitted.issues if found.severity is Severity.ERROR] == ["request.output-overlaps"]
    assert submitted.requests == ()
    assert import_jobs.jobs == ()
    assert not (drafted / "submission").exists()


@pytest.mark.parametrize(("status", "code"), [("CREATING", "submit.datastore-status"), (None, "submit.no-datastore")])
def test_a_data_store_that_takes_no_jobs_stops_everything(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, status: str | None, code: str
) -> None:
    datastore = "0" * 32
    if status is not None:
        import_jobs.add_datastore(datastore, status)
    keys = bucket.keys()
    submitted = submit(drafted, bucket, datastore_id=datastore)
    assert [found.code for found in submitted.issues.errors] == [code]
    assert bucket.keys() == keys
    assert states(drafted) == {}


def test_a_bucket_that_is_not_there_stops_everything(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    submitted = submit(drafted, bucket, output_s3_uri="s3://not-there-at-all/out/")
    assert [(found.code, found.location.path) for found in submitted.issues] == [
        ("submit.no-bucket", "s3://not-there-at-all/")
    ]
    assert import_jobs.jobs == ()


def test_what_may_not_be_read_is_said_and_no_obstacle(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    import_jobs.fault("access-denied", operation="GetDatastore", times=None)
    import_jobs.fault("access-denied", operation="ListDICOMImportJobs", times=None)
    submitted = submit(drafted, bucket)
    assert [found.code for found in submitted.issues] == ["submit.not-checked"] * 2
    assert submitted.ok
    assert len(import_jobs.jobs) == 2


def test_a_role_of_another_account_is_told(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    submitted = submit(drafted, bucket, data_access_role_arn="arn:aws:iam::999999999999:role/import")
    assert [found.code for found in submitted.issues] == ["submit.role-account"]


def test_a_package_that_cannot_be_written_to_sends_nothing(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = os.open

    def refuse(path: Any, flags: int, *mode: int, **options: Any) -> int:
        if flags & os.O_CREAT and os.fspath(path).startswith(str(drafted)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return really_open(path, flags, *mode, **options)

    monkeypatch.setattr(os, "open", refuse)
    keys = bucket.keys()
    with pytest.raises(PackageError, match="Read-only file system"):
        submit(drafted, bucket)
    assert bucket.keys() == keys
    assert import_jobs.jobs == ()


# What lies in S3.


@pytest.fixture
def source(bucket: Bucket) -> Iterator[str]:
    """Return the key of an instance of the second job; it comes back."""
    key = bucket.keys("in/2/")[0]
    body = bucket.get(key)
    yield key
    bucket.put(key, body)


def test_a_source_that_is_not_in_place_stops_everything(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, source: str
) -> None:
    bucket.client.delete_object(Bucket=bucket.name, Key=source)
    submitted = submit(drafted, bucket)
    assert [(found.code, found.location.path) for found in submitted.issues.errors] == [
        ("object.missing", f"{bucket.uri}{source}")
    ]
    assert (import_jobs.jobs, states(drafted)) == ((), {})
    assert submit(drafted, bucket, check=False).ok
    assert len(import_jobs.jobs) == 2


def test_a_source_that_has_changed_stops_everything(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, source: str
) -> None:
    bucket.put(source, b"another")
    assert "object.size" in {found.code for found in submit(drafted, bucket).issues.errors}
    assert import_jobs.jobs == ()


def test_only_jobs_that_are_still_to_be_started_are_compared(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, source: str
) -> None:
    submit(drafted, bucket)
    bucket.client.delete_object(Bucket=bucket.name, Key=source)
    assert submit(drafted, bucket).issues == ()


def test_prefixes_that_may_not_be_listed_are_said_and_no_obstacle(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    submitted = submit(drafted, bucket, clients=faulty("ListObjectsV2", 403, "AccessDenied"))
    assert [found.code for found in submitted.issues] == ["submit.not-checked"]
    assert len(import_jobs.jobs) == 2


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self._body]


# What stops a submit on its way.


@pytest.mark.parametrize("write", one_of(3, range(1, 9)))
def test_a_disk_that_is_full_at_any_save_starts_nothing_twice(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    really_replace, writes = os.replace, 0

    def full(source: Any, target: Any) -> None:
        nonlocal writes
        writes += "submission" in os.fspath(target)
        if writes == write:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        really_replace(source, target)

    with monkeypatch.context() as context:
        context.setattr(os, "replace", full)
        with pytest.raises(PackageError, match="No space left") as raised:
            submit(drafted, bucket)
    assert "goes on from where it was" in raised.value.fix
    assert submit(drafted, bucket).ok
    assert len(import_jobs.jobs) == 2


REFUSALS = {
    "access-denied": "AccessDeniedException",
    "not-found": "ResourceNotFoundException",
    "expired-token": "ExpiredTokenException",
    "throttle": "ThrottlingException",
    "unavailable": "ServiceUnavailableException",
    "internal": "InternalServerException",
    "conflict": "ConflictException",
    "validation": "ValidationException",
    "quota": "ServiceQuotaExceededException",
    "reset": "",
    "answer-lost": "",
    "short-body": "",
}
"""Fault of the stand-in -> AWS's code for it."""


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(
    ("kind", "operation", "after"),
    [
        *one_of(3, ((kind, "StartDICOMImportJob", 0) for kind in REFUSALS)),
        *one_of(3, ((kind, "StartDICOMImportJob", 1) for kind in ("answer-lost", "expired-token", "short-body"))),
        *one_of(3, ((kind, "GetDatastore", 0) for kind in ("expired-token", "throttle", "short-body"))),
        *one_of(3, ((kind, "ListDICOMImportJobs", 0) for kind in ("unavailable", "expired-token", "short-body"))),
    ],
)
def test_a_service_that_refuses_is_told_and_the_next_run_goes_on(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, kind: str, operation: str, after: int
) -> None:
    import_jobs.fault(kind, operation=operation, times=None, after=after)
    with pytest.raises(AwsError) as raised:
        submit(drafted, bucket)
    assert raised.value.code == REFUSALS[kind]
    assert operation in raised.value.message
    assert raised.value.fix
    import_jobs.clear_faults()
    assert submit(drafted, bucket).ok
    assert {one["state"] for one in states(drafted).values()} == {"started"}
    assert len(import_jobs.jobs) == 2
    assert len({job.client_token for job in import_jobs.jobs}) == 2


def faulty(operation: str, status: int, code: str, times: int = 1000) -> dicommap.Clients:
    """Return clients whose S3 answers an operation with an error, or with a reset for status 0, so many times."""
    clients = dicommap.Clients(region="us-east-1")
    left = itertools.repeat(None, times)

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        if next(left, 0) == 0:
            return None
        if not status:
            raise ConnectionClosedError(endpoint_url=request.url)
        return AWSResponse(request.url, status, {}, _Body(f"<Error><Code>{code}</Code></Error>".encode()))

    clients.s3.meta.events.register(f"before-send.s3.{operation}", answer)
    return clients


S3_FAULTS = [(403, "AccessDenied"), (400, "ExpiredToken"), (503, "SlowDown"), (500, "InternalError"), (0, "")]


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(("status", "code"), one_of(2, S3_FAULTS))
def test_an_upload_that_s3_refuses_is_told_and_the_next_run_goes_on(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, status: int, code: str
) -> None:
    with pytest.raises(AwsError, match="PutObject of s3://") as raised:
        submit(drafted, bucket, clients=faulty("PutObject", status, code))
    assert raised.value.code == code
    assert import_jobs.jobs == ()
    assert {job: one["state"] for job, one in states(drafted).items()} == {"0001": "planned"}
    assert submit(drafted, bucket).ok
    assert len(import_jobs.jobs) == 2


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(("status", "code"), one_of(2, [(503, "SlowDown"), (500, "InternalError"), (0, "")]))
def test_an_upload_that_fails_for_a_moment_is_tried_again(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, status: int, code: str
) -> None:
    assert submit(drafted, bucket, clients=faulty("PutObject", status, code, times=3)).ok
    assert len(import_jobs.jobs) == 2


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("kind", one_of(3, ["throttle", "unavailable", "internal", "reset"]))
def test_what_passes_is_tried_again_within_the_run(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, kind: str
) -> None:
    import_jobs.fault(kind, times=5)
    assert submit(drafted, bucket).ok
    assert len(import_jobs.jobs) == 2


def test_another_object_at_an_override_files_key_stops_the_job_until_it_may_be_replaced(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    path = next((drafted / "jobs/0002/files").rglob("*.json"))
    key = f"in/2/{path.relative_to(drafted / 'jobs/0002/files').as_posix()}"
    bucket.put(key, b"somebody else's")
    assert [found.code for found in submit(drafted, bucket).issues.errors] == ["object.override-differs"]
    with pytest.raises(AwsError, match="--replace"):
        submit(drafted, bucket, check=False)
    assert bucket.get(key) == b"somebody else's"
    assert {job: one["state"] for job, one in states(drafted).items()} == {"0001": "started", "0002": "planned"}
    assert submit(drafted, bucket, replace=True).ok
    assert bucket.get(key) == path.read_bytes()
    assert len(import_jobs.jobs) == 2


def test_nothing_is_replaced_under_a_job_that_runs(
    drafted: Path, bucket: Bucket, tmp_path: Path, s3_environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dicommap.scan(f"{bucket.uri}in/1/") as inventory:
        dicommap.draft(inventory, by_study=lambda _: {"PatientID": "ANOTHER"}, output=tmp_path / "another")
    another: dict[str, Any] = {"place": tmp_path / "another", "bucket": bucket, "replace": True, "check": False}
    with ImportJobService(s3_environment, behaviour=Behaviour(throttling=False, advance="call")) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        assert submit(drafted, bucket).ok
        keys = [key for key in bucket.keys("in/1/") if key.endswith(".json")]
        held = [bucket.get(key) for key in keys]
        for _ in ("SUBMITTED", "IN_PROGRESS"):
            with pytest.raises(UsageError, match="has not ended"):
                submit(**another)
            assert [bucket.get(key) for key in keys] == held
            assert len(service.jobs) == 2
            service.advance()
        assert submit(**another).ok
        assert [bucket.get(key) for key in keys] != held
        assert len(service.jobs) == 3


def test_where_jobs_may_not_be_listed_a_replacement_is_made_and_that_is_said(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    import_jobs.fault("access-denied", operation="ListDICOMImportJobs", times=None)
    submitted = submit(drafted, bucket, replace=True)
    assert submitted.ok
    assert [found.code for found in submitted.issues] == ["submit.not-checked"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("datastore_id", "1" * 32),
        ("data_access_role_arn", "arn:aws:iam::123456789012:role/other"),
        ("output_s3_uri", "s3://{bucket}/elsewhere/"),
        ("input_owner_account_id", "123456789012"),
        ("region", "eu-west-1"),
    ],
)
def test_a_run_for_another_account_member_is_refused(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, member: str, value: str
) -> None:
    submit(drafted, bucket, jobs=["0001"])
    import_jobs.add_datastore("1" * 32)
    changed_member: dict[str, Any] = {member: value.format(bucket=bucket.name)}
    if member == "region":
        changed_member = {"clients": dicommap.Clients(region=value)}
    with pytest.raises(UsageError, match="before with another"):
        submit(drafted, bucket, **changed_member)
    assert len(import_jobs.jobs) == 1


def test_what_the_first_submit_was_told_holds_for_the_next(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    first = account(bucket)
    clients = dicommap.Clients(region="us-east-1")
    dicommap.submit(drafted, **first, jobs=["0001"], clients=clients, clock=QuickClock())
    kept = json.loads((drafted / "submission/account.json").read_bytes())
    assert kept == {
        "version": 1,
        "datastoreId": import_jobs.datastore_id,
        "dataAccessRoleArn": first["data_access_role_arn"],
        "outputS3Uri": first["output_s3_uri"],
        "region": "us-east-1",
    }
    dry = dicommap.submit(drafted, dry_run=True)
    assert dry.requests[-1]["datastoreId"] == import_jobs.datastore_id
    assert dicommap.submit(drafted, clock=QuickClock()).ok
    assert [job.request["outputS3Uri"] for job in import_jobs.jobs] == [first["output_s3_uri"]] * 2
    policies = dicommap.policy(drafted)
    # The prefixes of a probe and the keys of buckets are not in the package.
    assert "<" not in json.dumps(
        {name: policy for name, policy in policies.items() if name not in ("probe", "roleKms", "callerKms")}
    )


def test_jobs_are_never_started_for_another_account_than_the_first(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    import_jobs.add_datastore("1" * 32)
    submit(drafted, bucket, jobs=["0001"])
    for dry_run in (False, True):
        with pytest.raises(
            UsageError, match=f"before with another datastoreId: {import_jobs.datastore_id} then"
        ) as told:
            submit(drafted, bucket, jobs=["0002"], datastore_id="1" * 32, dry_run=dry_run)
        assert "Leave --datastore-id out" in told.value.fix
    request = drafted / "jobs/0002/start-dicom-import-job.json"
    changed(request, lambda written: {**written, "outputS3Uri": f"{bucket.uri}elsewhere/"})
    with pytest.raises(UsageError, match="another outputS3Uri"):
        dicommap.submit(drafted)
    # Without what was kept, the states of the jobs tell.
    (drafted / "submission/account.json").unlink()
    with pytest.raises(UsageError, match="another outputS3Uri"):
        dicommap.submit(drafted)
    assert len(import_jobs.jobs) == 1


def test_jobs_of_one_package_are_for_one_account(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    for job, datastore in (("0001", import_jobs.datastore_id), ("0002", "1" * 32)):
        request = drafted / f"jobs/{job}/start-dicom-import-job.json"
        request.write_text(json.dumps({**json.loads(request.read_bytes()), "datastoreId": datastore}))
    with pytest.raises(UsageError, match="Jobs 0001 and 0002 have another datastoreId") as told:
        submit(drafted, bucket, datastore_id=None)
    assert "--datastore-id" in told.value.fix
    assert import_jobs.jobs == ()


def test_an_account_that_was_refused_is_not_kept(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    assert not submit(drafted, bucket, datastore_id="0" * 32).ok
    assert not (drafted / "submission/account.json").exists()
    assert submit(drafted, bucket).ok


def test_another_endpoint_than_the_first_is_told(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    submit(drafted, bucket, jobs=["0001"])
    path = drafted / "submission/account.json"
    changed(path, lambda kept: {**kept, "endpointUrl": "http://127.0.0.1:9"})
    with pytest.raises(UsageError, match=r"endpointUrl: http://127\.0\.0\.1:9 then") as told:
        submit(drafted, bucket, clients=dicommap.Clients(endpoint_url="http://127.0.0.1:8"))
    assert "take endpointUrl out of submission/account.json" in told.value.fix
    with pytest.raises(UsageError, match="another endpointUrl"):
        dicommap.watch(drafted, clients=dicommap.Clients(endpoint_url="http://127.0.0.1:8"))
    own = dicommap.Clients(endpoint_url="http://127.0.0.1:9", region="eu-west-1")
    with pytest.raises(UsageError, match="another region"):
        dicommap.watch(drafted, clients=own)
    path.write_text("{}")
    with pytest.raises(PackageError, match=r"account\.json"):
        submit(drafted, bucket)


def test_states_of_another_plan_are_refused(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    submit(drafted, bucket)
    for path in drafted.glob("submission/[0-9]*.json"):
        changed(path, lambda state: {**state, "clientToken": "dicommap-other"})
    with pytest.raises(UsageError, match="another plan"):
        submit(drafted, bucket)


def test_a_damaged_state_is_no_reason_to_start_again(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    submit(drafted, bucket)
    (drafted / "submission/0001.json").write_text("")
    with pytest.raises(PackageError, match="not the state of a submission"):
        submit(drafted, bucket)
    assert [job.calls for job in import_jobs.jobs] == [1, 1]


def test_two_submits_of_one_package_at_once(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    refused: list[DicommapError] = []

    def second(_job: str, _what: str) -> None:
        try:
            submit(drafted, bucket)
        except PackageError as error:
            refused.append(error)

    assert submit(drafted, bucket, on_step=second).ok
    assert len(refused) == 4
    assert "Another" in refused[0].message
    assert [job.calls for job in import_jobs.jobs] == [1, 1]


def test_two_people_submit_copies_of_one_package(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(drafted, copy)
    told: list[str] = []
    first = submit(drafted, bucket)
    second = submit(copy, bucket, on_step=lambda _, what: told.append(what))
    assert [one.jobId for one in first.submissions] == [one.jobId for one in second.submissions]
    assert len(import_jobs.jobs) == 2
    assert told[0] == "override files 2 there"
    assert "has somebody submitted a copy of it?" in told[1]


def test_a_job_that_somebody_else_started_a_while_ago_is_told_of(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, tmp_path: Path
) -> None:
    copy, told = tmp_path / "copy", list[str]()
    shutil.copytree(drafted, copy)
    submit(drafted, bucket)
    for job in import_jobs.jobs:
        job.submitted_at -= timedelta(hours=1)
    submit(copy, bucket, on_step=lambda _, what: told.append(what))
    for job in import_jobs.jobs:
        assert (
            f"had been started as {job.job_id} at {format_utc(job.submitted_at)}, by the same request from elsewhere"
            in told
        )
    assert len(import_jobs.jobs) == 2


def test_a_copy_that_is_submitted_for_another_output_is_refused_by_its_token(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(drafted, copy)
    submit(drafted, bucket)
    with pytest.raises(AwsError, match="a copy of this package"):
        submit(copy, bucket, output_s3_uri=f"{bucket.uri}elsewhere/")
    assert len(import_jobs.jobs) == 2


# Jobs whose start was sent and never answered.


def unanswered(drafted: Path, bucket: Bucket, service: ImportJobService) -> None:
    service.fault("answer-lost", operation="StartDICOMImportJob", times=None)
    with pytest.raises(AwsError):
        submit(drafted, bucket)
    service.clear_faults()
    assert states(drafted)["0001"]["state"] == "starting"
    assert len(service.jobs) == 1


@pytest.mark.usefixtures("_at_once")
def test_a_job_whose_start_was_never_answered_is_found_and_not_sent_again(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    unanswered(drafted, bucket, import_jobs)
    calls, told = import_jobs.jobs[0].calls, list[str]()
    submitted = submit(drafted, bucket, on_step=lambda _, what: told.append(what))
    assert told[0] == f"had been started as {import_jobs.jobs[0].job_id}"
    assert import_jobs.jobs[0].calls == calls
    assert [one.jobId for one in submitted.submissions] == [job.job_id for job in import_jobs.jobs]


@pytest.mark.usefixtures("_at_once")
def test_a_job_that_had_been_started_is_found_although_its_source_is_gone(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    unanswered(drafted, bucket, import_jobs)
    key = bucket.keys("in/1/")[0]
    body = bucket.get(key)
    bucket.client.delete_object(Bucket=bucket.name, Key=key)
    try:
        assert submit(drafted, bucket).ok
    finally:
        bucket.put(key, body)
    assert len(import_jobs.jobs) == 2


@pytest.mark.usefixtures("_at_once")
def test_where_jobs_may_not_be_listed_the_token_keeps_it_one(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    unanswered(drafted, bucket, import_jobs)
    calls = import_jobs.jobs[0].calls
    import_jobs.fault("access-denied", operation="ListDICOMImportJobs", times=None)
    submitted = submit(drafted, bucket)
    assert import_jobs.jobs[0].calls == calls + 1
    assert len(import_jobs.jobs) == 2
    assert [found.code for found in submitted.issues] == ["submit.not-checked"]


@pytest.mark.usefixtures("_at_once")
def test_a_job_of_the_same_name_and_prefix_from_before_is_not_taken_for_it(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    unanswered(drafted, bucket, import_jobs)
    changed(drafted / "submission/0001.json", lambda state: {**state, "startingAt": "2999-01-01T00:00:00Z"})
    calls = import_jobs.jobs[0].calls
    submit(drafted, bucket)
    assert import_jobs.jobs[0].calls == calls + 1  # by its token


# Quotas.


def test_starts_keep_to_one_a_second_after_a_burst_of_two(
    tmp_path: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    clock = QuickClock()
    submit(package(tmp_path / "more", bucket, 5, uploaded=False), bucket, clock=clock, check=False)
    assert clock.sleeps == [1, 1, 1]
    assert len(import_jobs.jobs) == 5


def test_a_service_that_throttles_as_documented_is_never_asked_too_soon(
    tmp_path: Path, bucket: Bucket, s3_environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = QuickClock()
    with ImportJobService(s3_environment, clock=clock.monotonic) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        waited: list[float] = []
        monkeypatch.setattr("botocore.endpoint.time.sleep", waited.append)
        submit(package(tmp_path / "more", bucket, 5, uploaded=False), bucket, clock=clock, check=False)
    assert waited == []
    assert len(service.jobs) == 5


@pytest.mark.parametrize("known", [True, False])
def test_a_full_quota_of_concurrent_jobs_is_waited_for(
    tmp_path: Path, bucket: Bucket, s3_environment: str, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    behaviour = Behaviour(throttling=False, concurrent_jobs=2, advance="call")
    with ImportJobService(s3_environment, behaviour=behaviour) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        told: list[str] = []

        class Working(QuickClock):
            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                if seconds > 1:  # not the throttle
                    service.advance()

        clock = Working()
        limit = 2 if known else 100
        submitted = submit(
            package(tmp_path / "more", bucket, 6, uploaded=False),
            bucket,
            clock=clock,
            concurrent_jobs=limit,
            check=False,
            on_step=lambda _, what: told.append(what),
        )
    assert len(submitted.submissions) == len(service.jobs) == 6
    assert all(one.state == "started" for one in submitted.submissions)
    assert [what for what in told if what.startswith("waits")]
    assert all(job.calls == 1 for job in service.jobs)


def test_a_quota_that_no_job_uses_up_is_no_reason_to_wait(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    import_jobs.fault("quota", operation="StartDICOMImportJob", times=None)
    with pytest.raises(AwsError, match="ServiceQuotaExceededException"):
        submit(drafted, bucket)


def test_a_job_that_had_ended_stays_ended(drafted: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    submit(drafted, bucket)
    dicommap.watch(drafted, clock=QuickClock())
    before = states(drafted)
    assert {one["state"] for one in before.values()} == {"ended"}
    submit(drafted, bucket)
    assert states(drafted) == before


def test_the_state_holds_no_credentials(
    drafted: Path, bucket: Bucket, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session-token")
    submit(drafted, bucket)
    text = "".join(path.read_text() for path in drafted.rglob("*.json"))
    for secret in ("AKIDEXAMPLE", "loopback-only", "a-session-token"):
        assert secret not in text
    assert SubmissionStates(drafted).read("0001") is not None
