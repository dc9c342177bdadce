"""Uploads: put once, recognised when they are there, never over another object unasked."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dicommap.aws.document_uploads import MAX_PUT_ATTEMPTS, UploadDocument, UploadResult, upload_document
from dicommap.errors import AwsError
from tests.support.s3_server import Bucket

DATA = b'{"00100020": {"vr": "LO", "Value": ["HOSP-000417"]}}\n'


def document(bucket: Bucket, data: bytes = DATA) -> UploadDocument:
    return UploadDocument(bucket=bucket.name, key="in/dicommap-overrides/a b.json", data=data)


class Meddling:
    """A client before whose PUTs somebody else does something."""

    def __init__(self, bucket: Bucket, *deeds: Callable[[], object]) -> None:
        self._client = bucket.client
        self._deeds = list(deeds)

    def put_object(self, **request: Any) -> Any:
        if self._deeds:
            self._deeds.pop(0)()
        return self._client.put_object(**request)

    def get_object(self, **request: Any) -> Any:
        return self._client.get_object(**request)


def test_what_is_not_there_is_put_with_its_checksum(bucket: Bucket) -> None:
    one = document(bucket)
    sent: list[dict[str, Any]] = []
    bucket.client.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: sent.append({k.lower(): v for k, v in request.headers.items()})
    )
    assert upload_document(bucket.client, one) is UploadResult.PUT
    assert bucket.get(one.key) == DATA
    assert bucket.client.head_object(Bucket=bucket.name, Key=one.key)["ContentType"] == "application/json"
    (headers,) = sent
    # Amazon S3 compares it with what it got; the server of these tests does not.
    checksum = headers["x-amz-checksum-sha256"]
    assert b64decode(checksum) == hashlib.sha256(DATA).digest()
    assert headers["if-none-match"] == b"*"


def test_the_same_bytes_are_fine_and_stay_the_same_object(bucket: Bucket) -> None:
    one = document(bucket)
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    bucket.put(one.key, DATA)
    assert upload_document(bucket.client, one) is UploadResult.THERE
    assert len(bucket.client.list_object_versions(Bucket=bucket.name)["Versions"]) == 1


@pytest.mark.parametrize("other", [b"", b"other", DATA[:-1] + b" ", DATA + b" "])
def test_another_object_is_not_replaced_unasked(bucket: Bucket, other: bytes) -> None:
    one = document(bucket)
    bucket.put(one.key, other)
    with pytest.raises(AwsError, match="--replace") as raised:
        upload_document(bucket.client, one)
    assert "HOSP" not in str(raised.value)
    assert bucket.get(one.key) == other
    assert upload_document(bucket.client, one, replace=True) is UploadResult.REPLACED
    assert bucket.get(one.key) == DATA
    assert upload_document(bucket.client, one, replace=True) is UploadResult.THERE


def test_of_many_at_once_one_puts_and_the_others_find_it_there(bucket: Bucket) -> None:
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda _: upload_document(bucket.client, document(bucket)), range(8)))
    assert sorted(outcomes) == [UploadResult.PUT] + [UploadResult.THERE] * 7


def test_what_was_put_between_the_look_and_the_replacement_is_looked_at_again(bucket: Bucket) -> None:
    one = document(bucket)
    bucket.put(one.key, b"first")
    meddling = Meddling(bucket, lambda: None, lambda: bucket.put(one.key, b"second"))
    assert upload_document(meddling, one, replace=True) is UploadResult.REPLACED
    assert bucket.get(one.key) == DATA


def test_what_was_removed_between_is_put_as_new(bucket: Bucket) -> None:
    one = document(bucket)
    bucket.put(one.key, b"first")

    def remove() -> None:
        bucket.client.delete_object(Bucket=bucket.name, Key=one.key)

    assert upload_document(Meddling(bucket, lambda: None, remove), one, replace=True) is UploadResult.PUT
    assert bucket.get(one.key) == DATA


def test_a_key_that_never_rests_is_told(bucket: Bucket) -> None:
    one = document(bucket)
    bucket.put(one.key, b"0")
    writes = [lambda number=number: bucket.put(one.key, b"%d" % number) for number in range(2 * MAX_PUT_ATTEMPTS)]
    with pytest.raises(AwsError, match="changed during each attempt") as raised:
        upload_document(Meddling(bucket, *writes), one, replace=True)
    assert raised.value.transient


def test_a_bucket_that_is_not_there_is_told_and_not_tried_again() -> None:
    calls = []

    class Absent:
        def put_object(self, **_: Any) -> None:
            calls.append("put")
            raise ClientError({"Error": {"Code": "NoSuchBucket"}}, "PutObject")

    with pytest.raises(AwsError, match="NoSuchBucket"):
        upload_document(Absent(), UploadDocument(bucket="nowhere", key="a", data=b""))
    assert calls == ["put"]


def test_a_server_without_conditional_put_is_told() -> None:
    class Old:
        def put_object(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "NotImplemented"}, "ResponseMetadata": {"HTTPStatusCode": 501}}, "")

    with pytest.raises(AwsError, match="does not support conditional PUT"):
        upload_document(Old(), UploadDocument(bucket="bucket", key="a", data=b""))
