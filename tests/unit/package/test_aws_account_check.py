"""What the first submit of a package was told, and what later commands make of it."""

from __future__ import annotations

import pytest

from dicommap.aws import Clients
from dicommap.errors import UsageError
from dicommap.model.submission import AwsAccount
from dicommap.package.aws_account_check import make_aws_account, make_clients_with_saved_settings

REQUEST = {"datastoreId": "d" * 32, "dataAccessRoleArn": "arn", "outputS3Uri": "s3://out/", "jobName": "x"}


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (None, None),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("https://me:secret@host/", None),
        ("https://host/?token=secret", None),
        ("http://[", None),
    ],
)
def test_an_endpoint_is_kept_unless_it_may_hold_credentials(url: str | None, kept: str | None) -> None:
    made = make_aws_account(REQUEST, Clients(profile="p", endpoint_url=url), "us-east-1")
    assert made.endpointUrl == kept
    assert (made.profile, made.region, made.inputOwnerAccountId) == ("p", "us-east-1", None)
    assert "secret" not in made.model_dump_json()


def test_what_is_not_named_is_what_the_first_submit_had() -> None:
    kept = AwsAccount(datastoreId="d", dataAccessRoleArn="a", outputS3Uri="o", region="r", profile="p")
    assert make_clients_with_saved_settings(None, kept) == Clients(profile="p", region="r")
    assert make_clients_with_saved_settings(Clients(profile="mine"), kept) == Clients(profile="mine", region="r")
    assert make_clients_with_saved_settings(None, None) == Clients()


def test_an_endpoint_is_never_taken_from_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    kept = AwsAccount(datastoreId="d", dataAccessRoleArn="a", outputS3Uri="o", endpointUrl="http://e")
    with pytest.raises(UsageError, match="not taken from a package") as told:
        make_clients_with_saved_settings(Clients(profile="mine"), kept)
    assert told.value.fix.endswith("--endpoint-url http://e")
    named = Clients(endpoint_url="http://e")
    assert make_clients_with_saved_settings(named, kept) is named
    # The environment may name it, too; then boto3 finds it there.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://e")
    assert make_clients_with_saved_settings(None, kept) == Clients()


def test_clients_that_leave_nothing_open_are_used_as_they_are() -> None:
    kept = AwsAccount(datastoreId="d", dataAccessRoleArn="a", outputS3Uri="o", region="r")
    asked = Clients(region="r")
    assert make_clients_with_saved_settings(asked, kept) is asked
