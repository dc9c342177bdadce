"""Faults of AWS during a probe and its clean-up: a clear end, a call that goes on, and nothing of others deleted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import AwsError
from dicommap.testing import ImportJobService
from tests.support.p10_files import p10
from tests.support.s3_server import Bucket
from tests.support.stand_in_jobs import run_import_job
from tests.support.watched_clients import denying_clients, watched_clients
from tests.unit.api.test_probe import Killed, active, probe

ONE_JOB: dict[str, Any] = {"questions": ("twoCopies",)}


@pytest.mark.parametrize("operation", ["PutObject", "ListObjectsV2", "GetObject"])
def test_a_denied_call_of_s3_ends_the_probe_and_the_next_one_goes_on(
    operation: str, import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    with pytest.raises(AwsError, match=rf"{operation} of s3://.* was refused: AccessDenied") as raised:
        probe(import_jobs, bucket, tmp_path / "probe", clients=denying_clients(operation), **ONE_JOB)
    assert re.search("dicommap policy|Grant s3:", raised.value.fix or "")
    assert not (tmp_path / "probe" / "report.json").exists()
    result = probe(import_jobs, bucket, tmp_path / "probe", **ONE_JOB)
    assert result.report is not None
    assert result.report.answers == {"twoCopies": "last"}
    assert len(import_jobs.jobs) == 1


def test_what_cannot_be_checked_before_the_start_is_told_and_the_probe_runs(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    import_jobs.fault("access-denied", operation="GetDatastore", times=None)
    result = probe(import_jobs, bucket, tmp_path / "probe", clients=denying_clients("HeadBucket"), **ONE_JOB)
    assert {issue.code for issue in result.issues} == {"submit.not-checked"}
    assert ["data store" in issue.message for issue in result.issues].count(True) == 1
    assert result.report is not None
    assert result.report.answers == {"twoCopies": "last"}


def test_a_throttled_probe_goes_on(import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path) -> None:
    for operation in ("StartDICOMImportJob", "GetDICOMImportJob", "SearchImageSets", "GetImageSetMetadata"):
        import_jobs.fault("throttle", operation=operation)
    result = probe(import_jobs, bucket, tmp_path / "probe", **ONE_JOB)
    import_jobs.fault("throttle", operation="DeleteImageSet")
    assert result.report is not None
    assert result.report.answers == {"twoCopies": "last"}
    assert probe(import_jobs, bucket, tmp_path / "probe", clean_up=True, **ONE_JOB).deleted_image_sets == 1


def test_a_denied_deletion_of_an_object_ends_the_clean_up_and_the_next_one_deletes_the_rest(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    probe(import_jobs, bucket, tmp_path / "probe", **ONE_JOB)
    with pytest.raises(AwsError, match=r"DeleteObject of s3://.* was refused: AccessDenied"):
        probe(
            import_jobs, bucket, tmp_path / "probe", clean_up=True, clients=denying_clients("DeleteObject"), **ONE_JOB
        )
    assert bucket.keys()
    assert probe(import_jobs, bucket, tmp_path / "probe", clean_up=True, **ONE_JOB).ok
    assert not bucket.keys()
    assert not active(import_jobs)


def test_a_locked_image_set_remains_and_a_later_clean_up_deletes_it(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    probe(import_jobs, bucket, tmp_path / "probe", **ONE_JOB)
    import_jobs.fault("locked", operation="DeleteImageSet")
    locked = probe(import_jobs, bucket, tmp_path / "probe", clean_up=True, **ONE_JOB)
    assert [issue.code for issue in locked.issues] == ["probe.remains"]
    assert "another operation changes it" in locked.issues[0].message
    assert (locked.deleted_image_sets, len(active(import_jobs))) == (0, 1)
    assert not bucket.keys()
    assert probe(import_jobs, bucket, tmp_path / "probe", clean_up=True, **ONE_JOB).deleted_image_sets == 1


def test_an_image_set_that_somebody_has_deleted_is_no_fault(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    import_jobs.fault("deleted", operation="GetImageSetMetadata")
    result = probe(import_jobs, bucket, tmp_path / "probe", **ONE_JOB)
    assert result.report is not None
    assert result.report.answers == {"twoCopies": None}  # nothing is stored, and nobody knows why
    import_jobs.fault("not-found", operation="DeleteImageSet")
    cleaned = probe(import_jobs, bucket, tmp_path / "probe", clean_up=True, **ONE_JOB)
    assert cleaned.ok
    assert cleaned.deleted_image_sets == 0


def test_a_probe_and_a_clean_up_that_are_killed_before_each_request_leave_nothing_and_touch_nothing_else(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.put("other/1.dcm", p10())
    run_import_job(import_jobs, bucket, prefix="other/")
    others, keys, started = active(import_jobs), bucket.keys(), len(import_jobs.jobs)

    def run_killed(**options: Any) -> tuple[dicommap.ProbeResult, int]:
        """Run a call again and again. Each run is killed one request later than the run before."""
        for survived in range(200):
            count = iter(range(1000))

            def kill(_request: Any, _name: str) -> None:
                if next(count) == survived:  # noqa: B023  called in this round only
                    raise Killed

            try:
                return probe(
                    import_jobs, bucket, tmp_path / "probe", clients=watched_clients(kill), **options
                ), survived
            except Killed:
                continue
        raise AssertionError("the call has no end")

    result, requests = run_killed(**ONE_JOB)
    assert result.report is not None
    assert result.report.answers == {"twoCopies": "last"}
    assert len(import_jobs.jobs) == started + 1
    assert requests >= 5
    cleaned, requests = run_killed(clean_up=True, **ONE_JOB)
    assert cleaned.ok
    assert requests >= 2
    assert active(import_jobs) == others
    assert bucket.keys() == keys
