"""Settings of policy() that do not have AWS's form are refused, because they become parts of IAM policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import DocumentError, UsageError

RIGHT = {
    "datastore_id": "0123456789abcdef0123456789abcdef",
    "data_access_role_arn": "arn:aws:iam::123456789012:role/import",
    "output_s3_uri": "s3://bucket/out/",
    "region": "us-gov-west-1",
}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("datastore_id", "my-store"),
        ("datastore_id", "*"),
        ("data_access_role_arn", "role/import"),
        ("data_access_role_arn", "arn:aws:s3:::bucket"),
        ("output_s3_uri", "bucket/out"),
        ("region", "Frankfurt"),
        ("region", "eu-central-1a"),
        ("region", "*"),
        ("region", ""),
    ],
)
def test_a_setting_of_another_form_is_refused(setting: str, value: str) -> None:
    settings: dict[str, Any] = {**RIGHT, setting: value}
    with pytest.raises(UsageError, match="AWS's form"):
        dicommap.policy("/nowhere", **settings)


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "ap-southeast-2", "cn-north-1", "mx-central-1"])
def test_settings_of_the_right_form_are_taken(region: str) -> None:
    settings: dict[str, Any] = {**RIGHT, "region": region}
    with pytest.raises(DocumentError):  # the package is missing
        dicommap.policy("/nowhere", **settings)


def test_a_package_without_jobs_has_only_the_policy_for_updates(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "r"\nlevel = "study"\nremove = ["PatientName"]\n')
    assert dicommap.draft(inventory, rules=rules, updates=True, output=tmp_path / "package").ok
    policies = dicommap.policy(tmp_path / "package", **RIGHT)
    assert policies.keys() == {"update", "notes"}
    assert "medical-imaging:UpdateImageSetMetadata" in str(policies["update"])
    assert "s3:" not in str(policies["update"])


def test_only_a_promotion_needs_to_copy_image_sets(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "r"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n')
    dicommap.draft(inventory, rules=rules, input_s3_uri="s3://bucket/in/", output=tmp_path / "package")
    policies = dicommap.policy(tmp_path / "package", **RIGHT)
    assert {name for name, policy in policies.items() if "CopyImageSet" in str(policy)} == {"promote"}
    assert "update" not in policies
