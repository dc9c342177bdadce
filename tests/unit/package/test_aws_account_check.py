"""What the first submit of a package was told, and what later commands make of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from dicommap.aws import Clients
from dicommap.errors import UsageError
from dicommap.model.submission import AwsAccount
from dicommap.package.aws_account_check import choose_datastore, make_aws_account, make_clients_with_saved_settings
from dicommap.package.package_directory import PackageDirectory
from tests.support.reconciliation_packages import DATASTORE_ID

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


@pytest.mark.parametrize(
    ("sources", "named", "chosen"),
    [
        ((f"healthimaging:{DATASTORE_ID}",), None, DATASTORE_ID),
        ((f"healthimaging:{DATASTORE_ID}",), DATASTORE_ID, DATASTORE_ID),
        (("/data",), DATASTORE_ID, DATASTORE_ID),
        (("/data",), None, None),
    ],
)
def test_a_package_without_jobs_is_for_the_data_store_that_was_scanned(
    sources: tuple[str, ...], named: str | None, chosen: str | None
) -> None:
    plan = SimpleNamespace(jobs=(), sources=sources)
    package = cast(PackageDirectory, SimpleNamespace(plan=plan))
    if chosen is None:
        with pytest.raises(UsageError, match="No data store is known"):
            choose_datastore(package, None, named)
    else:
        assert choose_datastore(package, None, named) == chosen


def test_the_data_store_that_the_user_names_must_be_the_one_that_was_scanned() -> None:
    plan = SimpleNamespace(jobs=(), sources=(f"healthimaging:{DATASTORE_ID}",))
    package = cast(PackageDirectory, SimpleNamespace(plan=plan))
    with pytest.raises(UsageError, match="drafted from what the data store"):
        choose_datastore(package, None, "6" * 32)
