"""Policies: as narrow as what AWS documents allows, and as IAM reads them."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.iam_policies import (
    POLICY_NOTES,
    PREFIX_LIMIT,
    SERVICE_PRINCIPAL,
    ArnParts,
    IamPolicy,
    JobPrefixes,
    build_caller_kms_permissions,
    build_owner_bucket_policy,
    build_probe_permissions,
    build_role_kms_permissions,
    build_role_permissions,
    build_role_trust_policy,
    build_search_permissions,
    build_submitter_permissions,
    build_verifier_permissions,
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
    (statement,) = build_role_trust_policy(ACCOUNT)["Statement"]
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
    text = str(build_role_trust_policy(ArnParts.from_settings(role_arn=None, datastore=None, region=None)))
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


# The grammar of policies (IAM user guide, "Grammar of the IAM JSON policy language").

UNKNOWN = ArnParts()
Builder = Callable[[ArnParts, JobPrefixes], IamPolicy]
IDENTITY_POLICIES: dict[str, Builder] = {
    "rolePermissions": build_role_permissions,
    "caller": build_submitter_permissions,
    "validateStore": lambda account, _: build_search_permissions(account),
    "verify": build_verifier_permissions,
    "probe": lambda account, _: build_probe_permissions(account),
    "roleKms": lambda *_: build_role_kms_permissions(),
    "callerKms": lambda *_: build_caller_kms_permissions(),
}
RESOURCE_POLICIES: dict[str, Builder] = {
    "roleTrust": lambda account, _: build_role_trust_policy(account),
    "bucketPolicy": lambda account, prefixes: build_owner_bucket_policy(account, prefixes.inputs),
}
_STATEMENT_MEMBERS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_ACTION = re.compile(r"(?:medical-imaging|s3|iam|kms|sts):[A-Z][A-Za-z]+")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:(?:[a-z0-9-]*|<region>):(?:[0-9]{12}|<account>)?:\S.*")
_PLACEHOLDER = re.compile(r"<[A-Za-z ]+>")
MAX_POLICY_CHARACTERS = 6_144
"""Characters of a managed policy, without white space (IAM user guide, "IAM and AWS STS quotas")."""


def texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def require_grammar(policy: IamPolicy, *, has_principal: bool) -> None:
    assert set(policy) == {"Version", "Statement"}
    assert policy["Version"] == "2012-10-17"
    statements = policy["Statement"]
    assert statements
    sids = [statement["Sid"] for statement in statements]
    assert len(set(sids)) == len(sids)
    for statement in statements:
        assert set(statement) <= _STATEMENT_MEMBERS
        assert re.fullmatch("[A-Za-z0-9]+", statement["Sid"])
        assert statement["Effect"] == "Allow"
        assert ("Principal" in statement) == has_principal
        assert texts(statement["Action"])
        assert all(_ACTION.fullmatch(action) for action in texts(statement["Action"]))
        is_trust = statement["Action"] == "sts:AssumeRole"
        assert ("Resource" in statement) != is_trust  # a trust policy is about its own role
        for arn in texts(statement.get("Resource", [])):
            assert _ARN.fullmatch(arn) or _PLACEHOLDER.fullmatch(arn), arn
        for operator, keys in statement.get("Condition", {}).items():
            assert operator in {"StringEquals", "ArnLike"}
            assert all(re.fullmatch("(?:aws|iam):[A-Za-z]+", key) for key in keys)
    assert len(json.dumps(policy, separators=(",", ":"))) <= MAX_POLICY_CHARACTERS


@pytest.mark.parametrize("account", [ACCOUNT, UNKNOWN], ids=["known", "unknown"])
@pytest.mark.parametrize("name", [*IDENTITY_POLICIES, *RESOURCE_POLICIES])
def test_policies_keep_the_grammar(name: str, account: ArnParts) -> None:
    prefixes = places("s3://inbox/a b/", "s3://inbox/c/", overrides=("s3://inbox/c/dicommap-overrides/",))
    build = {**IDENTITY_POLICIES, **RESOURCE_POLICIES}[name]
    require_grammar(build(account, prefixes), has_principal=name in RESOURCE_POLICIES)


def test_actions_on_image_sets_exist_and_name_their_resource() -> None:
    model = botocore.session.get_session().get_service_model("medical-imaging")
    for build in IDENTITY_POLICIES.values():
        for statement in build(ACCOUNT, places("s3://inbox/"))["Statement"]:
            for action in statement["Action"]:
                service, operation = action.split(":")
                if service != "medical-imaging":
                    continue
                members = model.operation_model(operation).input_shape.members
                is_about_image_sets = "imageSetId" in members
                assert all(arn.endswith("/imageset/*") == is_about_image_sets for arn in statement["Resource"])


def test_the_owner_lets_the_role_read_the_inputs_of_the_jobs_and_nothing_else() -> None:
    policy = build_owner_bucket_policy(ACCOUNT, places("s3://inbox/a/", "s3://inbox/b/").inputs)
    assert {statement["Principal"]["AWS"] for statement in policy["Statement"]} == {
        "arn:aws-us-gov:iam::111122223333:role/import"
    }
    assert resources(policy, "s3:ListBucket") == ["arn:aws-us-gov:s3:::inbox"]
    assert resources(policy, "s3:GetObject") == ["arn:aws-us-gov:s3:::inbox/a/*", "arn:aws-us-gov:s3:::inbox/b/*"]


def test_verify_and_validate_change_nothing() -> None:
    reading = re.compile("(?:medical-imaging:(?:Get|Search)|s3:(?:Get|List))[A-Za-z]+")
    for policy in (build_search_permissions(ACCOUNT), build_verifier_permissions(ACCOUNT, places("s3://inbox/"))):
        assert all(reading.fullmatch(action) for one in policy["Statement"] for action in one["Action"])


def test_notes_say_what_is_not_documented() -> None:
    assert "does not document" in POLICY_NOTES["roleKms"]
    assert "does not document" in POLICY_NOTES["callerKms"]
    assert "Inferred, not documented" in POLICY_NOTES["endpoints"]
    assert set(POLICY_NOTES) - {"endpoints", "update", "promote"} <= {*IDENTITY_POLICIES, *RESOURCE_POLICIES}
