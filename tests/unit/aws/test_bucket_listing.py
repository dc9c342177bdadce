"""Listings go on to the last page, in the order of S3, relative to the prefix."""

from __future__ import annotations

import ast
import gc
import re
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.aws import Clients
from dicommap.aws.bucket_listing import BucketLister, _parse_page, get_bucket_region, list_objects
from dicommap.errors import AwsError
from dicommap.healthimaging.s3_uri import S3Uri
from tests.support import s3_memory_server
from tests.support.s3_memory_server import BUCKET, memory_server
from tests.support.s3_server import REGION, Bucket


def test_all_pages_are_listed(s3_environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_memory_server, "MAX_KEYS", 100)
    objects = {f"in/{number:05}": b"x" * (number % 7) for number in range(234)} | {"in2/x": b"", "im/x": b""}
    with memory_server(objects) as (url, server):
        found = list(list_objects(Clients(region=REGION, endpoint_url=url), S3Uri(bucket=BUCKET, prefix="in/")))
        assert server.lists == 3
    assert [one.key for one in found] == [f"{number:05}" for number in range(234)]
    assert [one.size for one in found] == [number % 7 for number in range(234)]


def test_odd_keys_come_as_they_are_in_order_of_their_bytes(bucket: Bucket) -> None:
    keys = ["in/", "in/a b", "in/a%20b", "in/a+b", "in//x", "in/é", "in/\U0001f600", "in/\uffee", "in/<&>"]
    etags = {key: bucket.put(key, key.encode()) for key in keys}
    clients = bucket.clients
    found = list(list_objects(clients, S3Uri(bucket=bucket.name, prefix="in/")))
    assert [one.key for one in found] == sorted((key.removeprefix("in/") for key in keys), key=str.encode)
    assert all(one.etag == etags["in/" + one.key] for one in found)
    assert list(list_objects(clients, S3Uri(bucket=bucket.name, prefix="none/"))) == []


def test_a_bucket_says_its_region(bucket: Bucket) -> None:
    client = Clients(region="eu-west-1", endpoint_url=bucket.endpoint_url).s3
    client.create_bucket(Bucket="in-europe", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    clients = bucket.clients
    assert get_bucket_region(clients, bucket.name) == REGION
    assert get_bucket_region(clients, "in-europe") == "eu-west-1"


def test_what_s3_refuses_is_told(bucket: Bucket) -> None:
    clients = bucket.clients
    with pytest.raises(AwsError, match="ListObjectsV2 of s3://no-such-bucket/in/ was refused: NoSuchBucket"):
        list(list_objects(clients, S3Uri(bucket="no-such-bucket", prefix="in/")))
    with pytest.raises(AwsError, match="HeadBucket of s3://no-such-bucket/ was refused: 404"):
        get_bucket_region(clients, "no-such-bucket")


def handlers_of(client: Any) -> dict[str, list[object]]:
    """Return the handlers that each S3 event of a client calls, in their order."""
    operations = client.meta.service_model.operation_names
    names = ("before-parameter-build", "before-call", "before-sign", "before-send", "before-parse", "after-call")
    emitter = client.meta.events._emitter
    return {
        f"{name}.s3.{operation}": list(emitter._handlers.prefix_search(f"{name}.s3.{operation}"))
        for name in names
        for operation in operations
    }


def test_a_listing_leaves_the_clients_event_handlers_alone(bucket: Bucket) -> None:
    bucket.put("in/1", b"one")
    clients = bucket.clients
    before = handlers_of(clients.s3)
    pages = BucketLister(clients.s3, bucket.name).pages("in/")
    assert [one.key for one in next(pages).objects] == ["in/1"]
    answer = clients.s3.list_objects_v2(Bucket=bucket.name)  # while the listing is going on
    assert [one["Key"] for one in answer["Contents"]] == ["in/1"]
    assert list(pages) == []
    assert [one.key for one in list_objects(clients, S3Uri(bucket=bucket.name, prefix="in/"))] == ["1"]
    assert clients.s3.list_objects_v2(Bucket=bucket.name)["KeyCount"] == 1
    assert handlers_of(clients.s3) == before


def test_a_listing_calls_the_clients_event_handlers(bucket: Bucket) -> None:
    bucket.put("in/1", b"one")
    clients, sent = bucket.clients, list[str]()
    clients.s3.meta.events.register("before-send.s3.ListObjectsV2", lambda request, **_: sent.append(request.method))
    assert len(list(list_objects(clients, S3Uri(bucket=bucket.name, prefix="in/")))) == 1
    assert sent == ["GET"]


def test_a_listing_goes_on_when_nobody_else_has_the_client(bucket: Bucket) -> None:
    bucket.put("in/1", b"one")
    lister = BucketLister(bucket.clients.s3, bucket.name)
    gc.collect()
    assert [len(page.objects) for page in lister.pages("in/")] == [1]


def test_only_a_client_of_its_own_gets_event_handlers() -> None:
    """A handler on a client, or on a session, that somebody else has changes the answers that they get."""
    source = Path(dicommap.__file__).parent
    changing = re.compile(r"events\s*\.\s*(un)?register|setup_default_session|set_config_variable|\.\s*add_event")
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(source.rglob("*.py"))}
    found = [
        (path.relative_to(source).as_posix(), call)
        for path, text in texts.items()
        if changing.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and changing.search(call := ast.unparse(node.func))
    ]
    assert found == [("aws/bucket_listing.py", "self._client.meta.events.register")]


@pytest.mark.parametrize("encoding", [b"no-encoding-of-this-name", b"UTF-32"])
def test_a_page_in_an_unknown_encoding_is_no_page(encoding: bytes) -> None:
    body = b'<?xml version="1.0" encoding="' + encoding + b'"?><ListBucketResult/>'
    assert _parse_page(body) is None
