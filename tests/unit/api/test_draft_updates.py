"""draft(updates=True): each change is made by an override or an update, and a package has both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dicommap
from dicommap.edits.edit import Removal
from dicommap.errors import UsageError
from dicommap.model.instance_values import InstanceValues

URI = "s3://bucket/in/"
RULES = """
[[rule]]
name = "both"
level = "study"
set = { PatientID = "X" }
remove = ["PatientName"]

[[rule]]
name = "first images"
level = "instance"
match = { InstanceNumber = "1" }
set = { InstanceNumber = "101" }
"""
REMOVAL = '[[rule]]\nname = "r"\nlevel = "study"\nremove = ["PatientName"]\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "r.toml"
    path.write_text(text)
    return path


def test_a_package_has_overrides_and_updates(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    package = tmp_path / "package"
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=write(tmp_path, RULES), updates=True, output=package)
    assert drafted.ok
    made_by = {(row["keyword"], row["made by"]) for row in drafted.preview()}
    assert made_by == {
        ("PatientID", "override"),
        ("PatientName", "update: removal"),
        ("InstanceNumber", "update: single instance"),
    }
    assert drafted.updates == len(drafted.changes) - len(drafted.overrides)
    updates = [json.loads(path.read_text()) for path in sorted((package / "updates").iterdir())]
    names = [update["requests"][0].get("removableAttributes", {}).get("Patient") for update in updates]
    assert sum(name is not None for name in names) == 2
    assert not [issue for issue in dicommap.validate(package) if issue.severity is dicommap.Severity.ERROR]


def test_without_the_option_nothing_is_written(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    drafted = dicommap.draft(inventory, input_s3_uri=URI, rules=write(tmp_path, RULES), output=tmp_path / "package")
    assert [(issue.code, issue.location.keyword) for issue in drafted.issues.errors] == [
        ("edit.needs-updates", "PatientName"),
        ("edit.needs-updates", "InstanceNumber"),
    ]
    assert not (tmp_path / "package").exists()


def test_updates_alone_need_no_prefix(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    package, rules = tmp_path / "package", write(tmp_path, REMOVAL)
    drafted = dicommap.draft(inventory, rules=rules, updates=True, output=package)
    assert drafted.package == package
    assert drafted.plan is not None
    assert not drafted.plan.jobs
    assert not [issue for issue in dicommap.validate(package) if issue.severity is dicommap.Severity.ERROR]
    rules.write_text(RULES)
    with pytest.raises(UsageError, match="--input-s3-uri is missing"):
        dicommap.draft(inventory, rules=rules, updates=True, output=tmp_path / "other")


def test_a_function_edits_instances(inventory: dicommap.Inventory) -> None:
    def last(instance: InstanceValues) -> dict[str, str | Removal]:
        return {"ImageComments": instance.path, "SliceLocation": dicommap.REMOVE}

    drafted = dicommap.draft(inventory, by_instance=last, updates=True)
    assert len(drafted.changes) == 2 * inventory.summary().instances
    assert not drafted.overrides
    assert "by updates" in str(drafted)


def test_what_no_update_may_change_is_an_issue(inventory: dicommap.Inventory) -> None:
    drafted = dicommap.draft(inventory, by_instance=lambda _: {"SOPInstanceUID": "1.2.3"}, updates=True)
    assert {issue.code for issue in drafted.issues.errors} == {"attribute.uid"}


def test_a_draft_whose_only_update_is_forbidden_has_its_issue(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    rules = f'[[rule]]\nname = "r"\nlevel = "series"\nset = {{ ImageComments = "{"x" * 10_000}" }}\n'
    drafted = dicommap.draft(inventory, rules=write(tmp_path, rules), updates=True, output=tmp_path / "package")
    assert {issue.code for issue in drafted.issues.errors} == {"update-document.too-large"}
    assert not (tmp_path / "package").exists()
