"""A probe on the stand-in: it is asked once, continued after a kill, and leaves nothing that is not its own."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import dicommap
from dicommap.aws import Clients
from dicommap.display.transfer import Transfer, format_transfer_lines
from dicommap.errors import AwsError, PackageError, UsageError
from dicommap.healthimaging.iam_policies import ArnParts, JobPrefixes, build_probe_permissions
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.testing import ImportJobService
from tests.support.fake_clock import QuickClock
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import p10
from tests.support.s3_server import REGION, Bucket
from tests.support.stand_in_jobs import run_import_job
from tests.support.watched_clients import watched_clients

QUESTIONS = ("noMatch", "twoCopies")
ROLE = "arn:aws:iam::123456789012:role/import"
ANSWERS = {"noMatch": "ignored", "twoCopies": "last"}


class Killed(BaseException):
    """Stands for a signal that ends the process."""


def probe(service: ImportJobService, bucket: Bucket, directory: Path, **options: Any) -> dicommap.ProbeResult:
    members = {
        "datastore_id": service.datastore_id,
        "data_access_role_arn": ROLE,
        "input_s3_uri": f"{bucket.uri}in/",
        "output_s3_uri": f"{bucket.uri}out/",
        "questions": QUESTIONS,
        "clients": Clients(region=REGION),
        "clock": QuickClock(),
    }
    return dicommap.probe(directory, **{**members, **options})


def observed_numbers(directory: Path) -> list[str]:
    """Return the numbers of the jobs that were observed."""
    return [path.stem for path in (directory / "observations").iterdir()]


def active(service: ImportJobService) -> set[str]:
    return {image_set.image_set_id for image_set in service.image_sets if not image_set.deleted_at}


@pytest.mark.long  # test_probe_faults.py kills a probe of one job before each request
def test_a_probe_that_is_killed_at_each_step_starts_each_job_once(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    directory, seen = tmp_path / "probe", set[tuple[str, str]]()

    def die_at_a_new_step(job: str, what: str) -> None:
        if (job, what) not in seen:
            seen.add((job, what))
            raise Killed

    while True:
        try:
            result = probe(import_jobs, bucket, directory, on_step=die_at_a_new_step)
        except Killed:
            continue
        break
    assert {job for job, _ in seen} == set(observed_numbers(directory))
    assert result.report is not None
    assert result.report.answers == ANSWERS
    prefixes = [job.input_prefix for job in import_jobs.jobs]
    assert len(prefixes) == len(set(prefixes)) == 6


def test_a_clean_up_deletes_what_the_probe_has_made_and_nothing_else(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.put("other/1.dcm", p10())
    run_import_job(import_jobs, bucket, prefix="other/")
    before, keys = active(import_jobs), bucket.keys()
    probe(import_jobs, bucket, tmp_path / "probe")
    own = "in/dicommap-probe-" + json.loads((tmp_path / "probe" / "probe.json").read_bytes())["probe"]
    bucket.put(f"{own}/added-by-somebody.txt", b"x")
    assert len(active(import_jobs)) > len(before)
    counted = probe(import_jobs, bucket, tmp_path / "probe", clean_up=True, dry_run=True)
    asked: list[Transfer] = []

    def refuse(transfer: Transfer) -> bool:
        asked.append(transfer)
        return False

    with pytest.raises(UsageError, match="not confirmed"):
        probe(import_jobs, bucket, tmp_path / "probe", clean_up=True, confirm=refuse)
    assert asked[0].deleted_image_sets == counted.deleted_image_sets == len(active(import_jobs)) - len(before)
    deleted = probe(import_jobs, bucket, tmp_path / "probe", clean_up=True)
    assert deleted.ok
    assert deleted.deleted_image_sets == counted.deleted_image_sets
    assert active(import_jobs) == before
    assert bucket.keys() == sorted([*keys, f"{own}/added-by-somebody.txt"])
    again = probe(import_jobs, bucket, tmp_path / "probe", clean_up=True)
    assert (again.deleted_image_sets, again.deleted_objects) == (0, 0)
    shown = probe(import_jobs, bucket, tmp_path / "probe", clients=watched_clients(refuse_requests)).report
    assert shown is not None
    assert shown.answers == ANSWERS


def refuse_requests(_request: Any, operation: str) -> None:
    raise AssertionError(f"{operation} is not needed to show a report")


def test_a_probe_that_was_cleaned_up_before_its_end_starts_no_more_jobs(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    def die(_job: str, what: str) -> None:
        if what.startswith("observed"):
            raise Killed

    with pytest.raises(Killed):
        probe(import_jobs, bucket, tmp_path / "probe", on_step=die)
    probe(import_jobs, bucket, tmp_path / "probe", clean_up=True)
    assert not bucket.keys()
    assert not active(import_jobs)
    with pytest.raises(UsageError, match="cleaned up before its end"):
        probe(import_jobs, bucket, tmp_path / "probe")
    assert len(import_jobs.jobs) == 1


@pytest.mark.parametrize(
    "operation", ["StartDICOMImportJob", "GetDICOMImportJob", "SearchImageSets", "GetImageSetMetadata"]
)
def test_a_refused_call_ends_the_probe_and_the_next_one_goes_on(
    operation: str, import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    import_jobs.fault("access-denied", operation=operation)
    import_jobs.fault("throttle", operation="SearchImageSets", after=3)
    with pytest.raises(AwsError, match=operation):
        probe(import_jobs, bucket, tmp_path / "probe", questions=("twoCopies",))
    result = probe(import_jobs, bucket, tmp_path / "probe", questions=("twoCopies",))
    assert result.report is not None
    assert result.report.answers == {"twoCopies": "last"}
    assert len(import_jobs.jobs) == 1


def test_what_is_confirmed_names_further_jobs_the_cost_and_a_data_store_that_is_not_empty(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    asked: list[Transfer] = []

    def refuse(transfer: Transfer) -> bool:
        asked.append(transfer)
        return False

    for _ in range(2):
        with pytest.raises(UsageError, match="not confirmed"):
            probe(import_jobs, bucket, tmp_path / "probe", confirm=refuse)
        import_jobs.import_instance(imported_instance())
    empty, used = (list(format_transfer_lines(transfer)) for transfer in asked)
    assert "  jobs: 6, and up to 28 more jobs if the first form is not applied" in empty
    assert any("billed at least" in line for line in empty)
    (warning,) = set(used) - set(empty) - {line for line in used if "inputS3Uri" in line}
    assert warning.startswith("  warning: the data store has image sets already.")
    assert not import_jobs.jobs
    assert not bucket.keys()


S3_ACTIONS = {"HeadBucket": "ListBucket", "ListObjectsV2": "ListBucket", "HeadObject": "GetObject"}
"""Operation of S3 -> the action that allows it, if their names differ (service authorization reference)."""


def test_the_policy_of_a_probe_allows_the_calls_that_it_makes_and_no_others(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    used: set[tuple[str, str]] = set()

    def record(request: Any, operation: str) -> None:
        path = urlsplit(request.url).path.strip("/")
        is_s3 = request.url.startswith(bucket.endpoint_url)
        action = f"s3:{S3_ACTIONS.get(operation, operation)}" if is_s3 else f"medical-imaging:{operation}"
        used.add((action, path))

    clients = watched_clients(record)
    import_jobs.fault("answer-lost", operation="StartDICOMImportJob")  # the started job is then looked for
    with suppress(AwsError):
        probe(import_jobs, bucket, tmp_path / "probe", clients=clients, questions=("twoCopies",))
    probe(import_jobs, bucket, tmp_path / "probe", clients=clients, questions=("twoCopies",))
    probe(import_jobs, bucket, tmp_path / "probe", clients=clients, questions=("twoCopies",), clean_up=True)
    place = [S3Uri(bucket=bucket.name, prefix="in/"), S3Uri(bucket=bucket.name, prefix="out/")]
    policy = build_probe_permissions(
        ArnParts(datastore=import_jobs.datastore_id), JobPrefixes(inputs=place[:1], outputs=place[1:], overrides=[])
    )
    allowed = {action: statement["Resource"] for statement in policy["Statement"] for action in statement["Action"]}
    assert {action for action, _ in used} == allowed.keys() - {"iam:PassRole"}
    for action, path in used:
        if action.startswith("s3:"):
            assert any(fnmatchcase(f"arn:aws:s3:::{path}", arn) for arn in allowed[action]), (action, path)
        else:
            is_about_image_set = "/imageSet/" in path
            assert all(arn.endswith("/imageset/*") == is_about_image_set for arn in allowed[action]), (action, path)


def test_a_dry_run_counts_the_requests_that_are_sent(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    sent: Counter[str] = Counter()
    clients = watched_clients(lambda _, operation: sent.update([operation]))
    options = {"questions": ("twoCopies",), "clients": clients}
    estimate = probe(import_jobs, bucket, tmp_path / "probe", dry_run=True, **options).estimate
    assert estimate is not None
    assert not sent
    probe(import_jobs, bucket, tmp_path / "probe", **options)
    assert sent == {**estimate.requests, "HeadBucket": 1}  # input and output are in one bucket here
    sent.clear()
    probe(import_jobs, bucket, tmp_path / "probe", clean_up=True, **options)
    assert sent == estimate.clean_up_requests


def test_a_job_that_fails_without_an_override_file_answers_nothing(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    import_jobs.fault("job-failed", message="The role may not read the bucket")
    result = probe(import_jobs, bucket, tmp_path / "probe")
    assert [issue.code for issue in result.issues.errors] == ["probe.no-answer"]
    assert result.report is not None
    assert "The role may not read the bucket" in json.dumps(result.report.model_dump())
    assert len(import_jobs.jobs) == 1


def test_a_call_that_cannot_be_right_sends_nothing(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="--datastore-id"):
        dicommap.probe(tmp_path / "probe")
    with pytest.raises(UsageError, match="nomatch"):
        probe(import_jobs, bucket, tmp_path / "probe", questions=("nomatch",))
    with pytest.raises(UsageError, match="has no probe"):
        probe(import_jobs, bucket, tmp_path / "probe", clean_up=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(PackageError, match="not the directory of a probe"):
        probe(import_jobs, bucket, tmp_path / "other")
    overlapping = probe(import_jobs, bucket, tmp_path / "probe", output_s3_uri=f"{bucket.uri}in/")
    assert not overlapping.ok
    assert not import_jobs.jobs
    assert not bucket.keys()
    estimate = dicommap.probe(tmp_path / "probe", dry_run=True).estimate
    assert estimate is not None
    assert estimate.requests["StartDICOMImportJob"] == len(estimate.jobs)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("not-gzip", "not complete gzip data"),
        ("truncated", "not complete gzip data"),
        ("not-json", "not JSON"),
        ("schema-version", "SchemaVersion"),
        ("other-study", "another study"),
    ],
)
def test_metadata_that_cannot_be_used_answers_nothing(
    kind: str, reason: str, import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    import_jobs.fault(kind)
    result = probe(import_jobs, bucket, tmp_path / "probe", questions=("twoCopies",))
    assert result.report is not None
    assert result.report.answers == {"twoCopies": None}
    assert "cannot be used" in result.report.questions[0].seen
    assert reason in result.report.questions[0].seen
    assert [issue.code for issue in result.issues.errors] == ["probe.no-answer"]


def test_metadata_with_unknown_members_are_read(import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path) -> None:
    import_jobs.fault("unknown-members")
    result = probe(import_jobs, bucket, tmp_path / "probe", questions=("twoCopies",))
    assert result.report is not None
    assert result.report.answers == {"twoCopies": "last"}


def test_a_refused_deletion_ends_the_clean_up_and_the_next_one_goes_on(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    probe(import_jobs, bucket, tmp_path / "probe", questions=("twoCopies",))
    import_jobs.fault("access-denied", operation="DeleteImageSet")
    with pytest.raises(AwsError, match="DeleteImageSet"):
        probe(import_jobs, bucket, tmp_path / "probe", questions=("twoCopies",), clean_up=True)
    assert active(import_jobs)
    result = probe(import_jobs, bucket, tmp_path / "probe", questions=("twoCopies",), clean_up=True)
    assert result.ok
    assert result.deleted_image_sets == 1
    assert not active(import_jobs)
    assert not bucket.keys()


def test_a_probe_without_the_permission_to_list_jobs_runs(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    import_jobs.fault("access-denied", operation="ListDICOMImportJobs", times=None)
    result = probe(import_jobs, bucket, tmp_path / "probe", questions=("twoCopies",))
    assert result.report is not None
    assert result.report.answers == {"twoCopies": "last"}
