"""Policies: as narrow as what AWS documents allows, and as IAM reads them."""

from __future__ import annotations

import fnmatch
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.iam_policies import (
    PREFIX_LIMIT,
    SERVICE_PRINCIPAL,
    ArnParts,
    JobPrefixes,
    build_role_permissions,
    build_role_trust,
    build_submitter_permissions,
)
from dicommap.healthimaging.s3_uri import S3Uri

ACCOUNT = ArnParts.from_settings(
    role_arn="arn:aws-us-gov:iam::111122223333:role/import", datastore="d" * 32, region="us-gov-west-1"
)


def uri(text: str) -> S3Uri:
    found = S3Uri.parse(text)
    assert found is not None
    return found


def places(*inputs: str, output: str = "s3://out/manifests/", overrides: tuple[str, ...] = ()) -> JobPrefixes:
    return JobPrefixes(
        inputs=[uri(text) for text in inputs], outputs=[uri(output)], overrides=[uri(text) for text in overrides]
    )


def resources(policy: dict[str, Any], action: str) -> list[str]:
    return [arn for one in policy["Statement"] if action in one["Action"] for arn in one["Resource"]]


def test_the_role_reads_input_writes_manifests_and_lists_both_buckets() -> None:
    policy = build_role_permissions(ACCOUNT, places("s3://inbox/a/", "s3://inbox/b/", "s3://inbox/a/b/"))
    assert policy["Version"] == "2012-10-17"
    assert resources(policy, "s3:ListBucket") == ["arn:aws-us-gov:s3:::inbox", "arn:aws-us-gov:s3:::out"]
    assert resources(policy, "s3:GetObject") == ["arn:aws-us-gov:s3:::inbox/a/*", "arn:aws-us-gov:s3:::inbox/b/*"]
    assert resources(policy, "s3:PutObject") == ["arn:aws-us-gov:s3:::out/manifests/*"]


def test_the_role_trusts_the_service_for_this_account_and_region_alone() -> None:
    (statement,) = build_role_trust(ACCOUNT)["Statement"]
    assert statement["Principal"] == {"Service": SERVICE_PRINCIPAL}
    assert statement["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn:aws-us-gov:medical-imaging:us-gov-west-1:111122223333:datastore/*"},
        "StringEquals": {"aws:SourceAccount": "111122223333"},
    }


def test_the_caller_may_pass_the_role_to_the_service_and_write_overrides_only() -> None:
    policy = build_submitter_permissions(
        ACCOUNT, places("s3://inbox/a/", overrides=("s3://inbox/a/dicommap-overrides/",))
    )
    by_sid = {one["Sid"]: one for one in policy["Statement"]}
    assert by_sid["PassRole"]["Resource"] == ["arn:aws-us-gov:iam::111122223333:role/import"]
    assert by_sid["PassRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": SERVICE_PRINCIPAL}}
    assert by_sid["PutOverrides"]["Resource"] == ["arn:aws-us-gov:s3:::inbox/a/dicommap-overrides/*"]
    assert resources(policy, "s3:PutObject") == by_sid["PutOverrides"]["Resource"]
    datastore = f"arn:aws-us-gov:medical-imaging:us-gov-west-1:111122223333:datastore/{'d' * 32}"
    assert resources(policy, "medical-imaging:StartDICOMImportJob") == [datastore]


def test_without_overrides_nothing_may_be_put() -> None:
    assert resources(build_submitter_permissions(ACCOUNT, places("s3://inbox/a/")), "s3:PutObject") == []


def test_what_is_not_known_has_its_name() -> None:
    text = str(build_role_trust(ArnParts.from_settings(role_arn=None, datastore=None, region=None)))
    assert "<region>:<account>:datastore/*" in text


def test_wildcards_and_variables_in_prefixes_are_no_wildcards() -> None:
    policy = build_role_permissions(ACCOUNT, places("s3://inbox/what?/*/$x/"))
    assert resources(policy, "s3:GetObject") == ["arn:aws-us-gov:s3:::inbox/what${?}/${*}/${$}x/*"]


@pytest.mark.parametrize(("count", "expected"), [(PREFIX_LIMIT, PREFIX_LIMIT), (PREFIX_LIMIT + 1, 1), (20_000, 1)])
def test_a_policy_does_not_grow_with_the_plan(count: int, expected: int) -> None:
    inputs = (f"s3://inbox/tree/study{number}/" for number in range(count))
    found = resources(build_role_permissions(ACCOUNT, places(*inputs)), "s3:GetObject")
    assert len(found) == expected
    if expected == 1:
        assert found == ["arn:aws-us-gov:s3:::inbox/tree/*"]


@given(st.lists(st.text("ab/", min_size=1, max_size=8).filter(lambda text: "//" not in text), min_size=1, max_size=30))
def test_every_prefix_is_allowed(prefixes: list[str]) -> None:
    inputs = [f"s3://bucket/{prefix.strip('/')}" for prefix in prefixes]
    patterns = resources(build_role_permissions(ACCOUNT, places(*inputs)), "s3:GetObject")
    for text in inputs:
        key = f"arn:aws-us-gov:s3:::bucket/{uri(text).prefix}IM0001"
        assert any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns)
