"""What is read before anything is sent."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from dicommap.aws import Clients
from dicommap.aws.environment import read_environment
from dicommap.aws.import_jobs import ImportJobs
from dicommap.errors import AwsError
from dicommap.testing import ImportJobService
from dicommap.testing.service import DATASTORE_ID
from dicommap.validation.environment_check import ImportEnvironment, check_environment
from tests.support.s3_server import REGION, Bucket
from tests.support.submission_packages import ROLE


def read(clients: Clients, *uris: str, datastore: str = DATASTORE_ID) -> ImportEnvironment:
    return read_environment(clients, ImportJobs(clients), datastore, uris, ROLE)


def test_what_is_there_is_read(bucket: Bucket, import_jobs: ImportJobService) -> None:
    found = read(Clients(region=REGION), f"{bucket.uri}in/", f"{bucket.uri}out/")
    assert (found.region, found.datastore.status, found.datastore.account) == (REGION, "ACTIVE", "123456789012")
    assert list(found.buckets) == [bucket.name]
    assert not list(check_environment(found))


def test_what_is_not_there_is_told(bucket: Bucket, import_jobs: ImportJobService) -> None:
    found = read(Clients(region=REGION), "s3://not-there-at-all/", datastore="0" * 32)
    assert found.datastore.is_absent
    assert found.buckets["not-there-at-all"].is_absent


def test_a_bucket_of_another_region_is_told(bucket: Bucket, import_jobs: ImportJobService) -> None:
    name = f"{bucket.name}-west"
    bucket.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    found = read(Clients(region=REGION), f"s3://{name}/in/")
    assert found.buckets[name].region == "eu-west-1"
    assert [one.code for one in check_environment(found)] == ["submit.bucket-region"]


def test_what_may_not_be_read_is_part_of_the_answer(
    bucket: Bucket, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = Clients(region=REGION)

    def refuse(**_: str) -> None:
        answer = {"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        raise ClientError(answer, "HeadBucket")

    monkeypatch.setattr(clients.s3, "head_bucket", refuse)
    import_jobs.fault("access-denied", operation="GetDatastore")
    found = read(clients, bucket.uri)
    assert found.datastore.refused == "AccessDeniedException"
    assert found.buckets[bucket.name].refused == "403"
    assert [one.code for one in check_environment(found)] == ["submit.not-checked"] * 2


def test_credentials_that_are_not_taken_are_no_detail(import_jobs: ImportJobService) -> None:
    import_jobs.fault("expired-token", operation="GetDatastore")
    with pytest.raises(AwsError, match="ExpiredTokenException"):
        read(Clients(region=REGION))


def test_without_a_region_it_is_asked_for(import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(AwsError, match="--region"):
        read(Clients())
