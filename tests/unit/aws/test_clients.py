import sys

import pytest

from dicommap.aws import Clients
from dicommap.errors import MissingExtraError
from tests.support.s3_server import Bucket


def test_a_client_reaches_the_endpoint_that_was_named(bucket: Bucket) -> None:
    bucket.put("a/1", b"one")
    assert bucket.clients.s3.get_object(Bucket=bucket.name, Key="a/1")["Body"].read() == b"one"
    assert Clients().s3.list_objects_v2(Bucket=bucket.name)["KeyCount"] == 1  # by AWS_ENDPOINT_URL


def test_without_boto3_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingExtraError, match=r"dicommap\[aws\]"):
        _ = Clients().s3
