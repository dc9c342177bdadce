import sys
from collections.abc import Mapping

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


@pytest.mark.parametrize(
    ("variables", "endpoint_url", "has_prefix"),
    [
        ({}, None, True),
        ({}, "http://127.0.0.1:1", False),
        ({"AWS_ENDPOINT_URL_MEDICAL_IMAGING": "http://127.0.0.1:1"}, None, False),
        ({"AWS_ENDPOINT_URL": "https://vpce-1.medical-imaging.us-east-1.vpce.amazonaws.com"}, None, False),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, None, True),
        ({"AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}, None, False),
    ],
)
def test_only_hosts_of_aws_get_a_prefix(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], endpoint_url: str | None, has_prefix: bool
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_MEDICAL_IMAGING"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client = Clients(region="us-east-1", endpoint_url=endpoint_url).medical_imaging
    assert client.meta.config.inject_host_prefix is has_prefix


def test_a_botocore_that_would_leave_the_import_configuration_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.model import ServiceModel

    class OldShape:
        members: Mapping[str, object] = {"jobId": object()}

    monkeypatch.setattr(ServiceModel, "shape_for", lambda *_: OldShape)
    with pytest.raises(MissingExtraError, match="does not know importConfiguration") as caught:
        _ = Clients(region="us-east-1").medical_imaging
    assert "pip install -U" in (caught.value.fix or "")
