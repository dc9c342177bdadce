"""Import jobs as the stand-in tells of them: started, listed page by page, and found again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dicommap.aws import Clients
from dicommap.aws.import_jobs import ImportJobs
from dicommap.errors import AwsError
from dicommap.healthimaging.request_agreement import compare_with_request
from dicommap.testing import ImportJobService
from dicommap.testing.service import DATASTORE_ID
from tests.support.fake_clock import QuickClock
from tests.support.s3_server import REGION
from tests.unit.testing.test_service import started


@pytest.fixture
def jobs(import_jobs: ImportJobService) -> ImportJobs:
    return ImportJobs(Clients(region=REGION), QuickClock())


def request(number: int = 1, **members: Any) -> dict[str, Any]:
    return started(clientToken=f"token-{number}", jobName="dicommap-0001", **members)


def test_a_job_is_started_looked_up_and_listed(jobs: ImportJobs) -> None:
    first = jobs.start(request())
    assert first.jobStatus == "SUBMITTED"
    job = jobs.get(DATASTORE_ID, first.jobId)
    assert (job.jobId, job.jobName, job.inputS3Uri) == (first.jobId, "dicommap-0001", "s3://bucket/in/")
    assert compare_with_request(job, request()) == "same"
    assert [one.jobId for one in jobs.list_jobs(DATASTORE_ID)] == [first.jobId]


def test_jobs_are_started_and_read_at_the_rates_of_the_caller(import_jobs: ImportJobService) -> None:
    clock = QuickClock()
    jobs = ImportJobs(Clients(region=REGION), clock, start_rate=0.5, get_rate=0.25)
    started_jobs = [jobs.start(request(number)) for number in range(3)]
    assert clock.seconds == 4
    for job in started_jobs:
        jobs.get(DATASTORE_ID, job.jobId)
    assert clock.seconds == 4 + 8  # the first of three calls needs no wait


def test_listings_are_read_to_their_last_page(jobs: ImportJobs, import_jobs: ImportJobService) -> None:
    import_jobs.change_behaviour("advance=call")
    import_jobs.change_behaviour("concurrent_jobs=1000")
    ids = {jobs.start(request(number)).jobId for number in range(120)}
    assert {one.jobId for one in jobs.list_jobs(DATASTORE_ID)} == ids
    assert jobs.count_active_jobs(DATASTORE_ID) == 120
    import_jobs.advance()
    for job in import_jobs.jobs[:50]:
        import_jobs.advance(job.job_id)
    assert jobs.count_active_jobs(DATASTORE_ID) == 70


def test_a_job_is_found_by_its_name_prefix_and_configuration(jobs: ImportJobs) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    jobs.start(request(1, inputS3Uri="s3://bucket/other/"))
    jobs.start(request(2, importConfiguration=None))
    jobs.start({**request(3), "jobName": "another"})
    assert jobs.find_started_job(request(), since) is None
    job = jobs.start(request(4))
    found = jobs.find_started_job(request(), since)
    assert found is not None
    assert found.jobId == job.jobId


def test_a_job_from_before_is_not_found(jobs: ImportJobs) -> None:
    jobs.start(request())
    assert jobs.find_started_job(request(), datetime.now(UTC) + timedelta(minutes=1)) is None


def test_the_services_clock_is_kept(jobs: ImportJobs) -> None:
    jobs.get_datastore(DATASTORE_ID)
    assert abs(jobs.get_service_time() - datetime.now(UTC)) < timedelta(seconds=30)


def test_before_any_answer_the_time_is_the_machines(jobs: ImportJobs) -> None:
    assert jobs.get_service_time() == QuickClock().now()


@pytest.mark.parametrize(
    "operation", ["StartDICOMImportJob", "GetDICOMImportJob", "ListDICOMImportJobs", "GetDatastore"]
)
def test_an_answer_that_is_cut_is_no_answer(jobs: ImportJobs, import_jobs: ImportJobService, operation: str) -> None:
    job = jobs.start(request())
    import_jobs.fault("short-body", operation=operation)
    calls: dict[str, Callable[[], object]] = {
        "StartDICOMImportJob": lambda: jobs.start(request()),
        "GetDICOMImportJob": lambda: jobs.get(DATASTORE_ID, job.jobId),
        "ListDICOMImportJobs": lambda: list(jobs.list_jobs(DATASTORE_ID)),
        "GetDatastore": lambda: jobs.get_datastore(DATASTORE_ID),
    }
    with pytest.raises(AwsError, match=f"{operation} lacks") as raised:
        calls[operation]()
    assert raised.value.transient
    calls[operation]()
