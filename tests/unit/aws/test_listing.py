"""Listings go on to the last page, in the order of S3, relative to the prefix."""

from __future__ import annotations

import pytest

from dicommap.aws import Clients
from dicommap.aws.listing import bucket_region, listed
from dicommap.errors import AwsError
from dicommap.model.s3_uri import S3Uri
from tests.s3 import REGION, Bucket
from tests.s3_memory import BUCKET, memory_server


def test_all_pages_are_listed(s3_environment: str) -> None:
    objects = {f"in/{number:05}": b"x" * (number % 7) for number in range(2_345)} | {"in2/x": b"", "im/x": b""}
    with memory_server(objects) as (url, server):
        found = list(listed(Clients(region=REGION, endpoint_url=url), S3Uri(bucket=BUCKET, prefix="in/")))
        assert server.lists == 3
    assert [one.key for one in found] == [f"{number:05}" for number in range(2_345)]
    assert [one.size for one in found] == [number % 7 for number in range(2_345)]


def test_odd_keys_come_as_they_are_in_order_of_their_bytes(bucket: Bucket) -> None:
    keys = ["in/", "in/a b", "in/a%20b", "in/a+b", "in//x", "in/é", "in/\U0001f600", "in/\uffee", "in/<&>"]
    etags = {key: bucket.put(key, key.encode()) for key in keys}
    clients = bucket.clients
    found = list(listed(clients, S3Uri(bucket=bucket.name, prefix="in/")))
    assert [one.key for one in found] == sorted((key.removeprefix("in/") for key in keys), key=str.encode)
    assert all(one.etag == etags["in/" + one.key] for one in found)
    assert list(listed(clients, S3Uri(bucket=bucket.name, prefix="none/"))) == []


def test_a_bucket_says_its_region(bucket: Bucket) -> None:
    client = Clients(region="eu-west-1", endpoint_url=bucket.endpoint_url).s3
    client.create_bucket(Bucket="in-europe", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    clients = bucket.clients
    assert bucket_region(clients, bucket.name) == REGION
    assert bucket_region(clients, "in-europe") == "eu-west-1"


def test_what_s3_refuses_is_told(bucket: Bucket) -> None:
    clients = bucket.clients
    with pytest.raises(AwsError, match="ListObjectsV2 of s3://no-such-bucket/in/ was refused: NoSuchBucket"):
        list(listed(clients, S3Uri(bucket="no-such-bucket", prefix="in/")))
    with pytest.raises(AwsError, match="HeadBucket of s3://no-such-bucket/ was refused: 404"):
        bucket_region(clients, "no-such-bucket")
