"""The command audit: which rule changed which study, by whom and when; and whether a value was that of a change."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import dicommap as library
from dicommap.model.audit import AuditAction, AuditEvent
from dicommap.package.audit_log import record_event
from dicommap.package.package_directory import PackageDirectory
from dicommap.validation.schema_registry import get_schema_validator
from tests.cli.running import dicommap
from tests.support.p10_files import STUDY, small_tree, uid

RULES = """
[[rule]]
name = "new id"
level = "study"
match = { PatientID = "P1" }
set = { PatientID = "Zyzzyva" }

[[rule]]
name = "site"
level = "study"
match = { PatientID = "*" }
set = { InstitutionName = "Site 7" }
"""
FIRST = uid(STUDY, 1)


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a key and two packages: `hashed` and `plain`."""
    root = tmp_path_factory.mktemp("audit")
    rules, key = root / "rules.toml", root / "audit.key"
    rules.write_text(RULES)
    key.write_text("0123456789abcdef" * 4)
    key.chmod(0o600)
    os.environ["DICOMMAP_USER"] = "Jane R."
    try:
        library.scan(small_tree(root / "tree"), output=root / "i.db").close()
        options = ("draft", root / "i.db", "--rules", rules, "--input-s3-uri", "s3://bucket/in/")
        reason = ("--reason", "Wrong patient at the console")
        assert dicommap(*options, "-o", root / "hashed", "--audit-key", key, *reason).status == 0
        assert dicommap(*options, "-o", root / "plain", "--audit-values", "plain").status == 0
        record_event(root / "hashed", AuditEvent(action=AuditAction.SUBMITTED, job="0001", jobId="abc"))
    finally:
        del os.environ["DICOMMAP_USER"]
    return root


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n"))


def records(*arguments: str | Path) -> list[dict[str, Any]]:
    ran = dicommap("audit", *arguments, "--format", "json")
    assert ran.status == 0
    assert not ran.err or "--ask-value" in arguments
    found: list[dict[str, Any]] = json.loads(ran.out)
    for record in found:
        get_schema_validator("audit-line").validate(record)
    return found


def test_every_line_of_the_file_is_valid_for_its_schema(drafted: Path) -> None:
    for name in ("hashed", "plain"):
        for line in (drafted / name / "audit.jsonl").read_text().splitlines():
            get_schema_validator("audit-line").validate(json.loads(line))


def test_the_table_says_which_rule_changed_a_study_and_when(drafted: Path) -> None:
    ran = dicommap("audit", drafted / "hashed", "--study", FIRST, "--wide")
    assert ran.status == 0
    assert "PatientID: rules.toml rule 'new id'" in ran.out
    assert "InstitutionName: rules.toml rule 'site'" in ran.out
    assert "Jane R." in ran.out
    assert "reason: Wrong patient at the console" in ran.out
    assert "job 0001; jobId abc" in ran.out
    assert uid(STUDY, 2) not in ran.out
    assert "Zyzzyva" not in ran.everything
    assert ran.out.rstrip().endswith("\n4 lines")


def test_it_answers_which_rule_changed_a_study_on_which_day_by_an_update(drafted: Path) -> None:
    rules = drafted / "removal.toml"
    rules.write_text('[[rule]]\nname = "no comments"\nlevel = "series"\nremove = ["ImageComments"]\n')
    package = drafted / "removal"
    options = ("--updates", "--input-s3-uri", "s3://bucket/in/", "--audit-values", "none")
    ran = dicommap("draft", drafted / "i.db", "--rules", rules, *options, "-o", package)
    assert ran.status == 0, ran.err
    update = next(iter(PackageDirectory(package).updates()))
    event = AuditEvent(
        action=AuditAction.UPDATED,
        file=update.path,
        studyInstanceUID=update.update.study_instance_uid,
        seriesInstanceUID=update.update.series_instance_uid,
        imageSetId="0" * 32,
    )
    record_event(package, event, now=datetime(2026, 11, 29, 8, tzinfo=UTC))
    lines = records(package, "--study", update.update.study_instance_uid)
    changes = [
        line for line in lines if line["type"] == "change" and update.path in (line.get("file"), *line.get("files", ()))
    ]
    assert [change["edits"] for change in changes] == [["removal.toml rule 'no comments'"]]
    (done,) = [line for line in lines if line.get("action") == "updated"]
    assert (done["at"][:10], done["file"]) == ("2026-11-29", update.path)
    table = dicommap("audit", package, "--study", update.update.study_instance_uid, "--wide").out
    assert f"ImageComments: removal.toml rule 'no comments'; {update.path}" in table
    assert f"file {update.path}" in table


def test_changes_of_one_rule_or_attribute_and_events_alone(drafted: Path) -> None:
    package = drafted / "hashed"
    assert {record["studyInstanceUID"] for record in records(package, "--rule", "new id")} == {FIRST}
    assert {record["attribute"] for record in records(package, "--rule", "site")} == {"InstitutionName"}
    assert records(package, "--rule", "new") == []
    assert len(records(package, "--attribute", "PatientID")) == 1
    assert [record["action"] for record in records(package, "--kind", "event")] == ["drafted", "submitted"]
    assert len(records(package, "--kind", "change")) == 3


def test_lines_since_a_date(drafted: Path) -> None:
    assert len(records(drafted / "hashed", "--since", "2020-01-01")) == 5
    assert records(drafted / "hashed", "--since", "9999-01-01T00:00:00Z") == []
    assert dicommap("audit", drafted / "hashed", "--since", "yesterday").status == 2


def test_a_value_is_found_by_its_hash(drafted: Path, value: Any) -> None:
    ask = (drafted / "hashed", "--ask-value", "--key", drafted / "audit.key")
    value("Zyzzyva")
    [change] = records(*ask)
    assert (change["attribute"], change["match"]) == ("PatientID", "after")
    value("P1")
    [change] = records(*ask)
    assert (change["studyInstanceUID"], change["match"]) == (FIRST, "before")
    value("P2")
    assert records(*ask) == []
    value("P1")
    ran = dicommap("audit", *ask, "--wide")
    assert "PatientID: rules.toml rule 'new id' (the value: before)" in ran.out
    assert "2 changes do not list all values before" in ran.out  # InstitutionName was not captured


def test_a_value_is_not_compared_without_the_key_or_with_another(drafted: Path, value: Any) -> None:
    value("P1")
    ran = dicommap("audit", drafted / "hashed", "--ask-value")
    assert (ran.status, ran.out) == (2, "")
    assert "P1" not in ran.err
    other = drafted / "other.key"
    other.write_text("x" * 40)
    other.chmod(0o600)
    assert dicommap("audit", drafted / "hashed", "--ask-value", "--key", other).status == 2
    assert dicommap("audit", drafted / "hashed", "--key", other).status == 2


def test_plain_values_are_masked_unless_they_are_asked_for(drafted: Path, value: Any) -> None:
    package = drafted / "plain"
    assert "Zyzzyva" not in dicommap("audit", package, "--format", "json").everything
    shown = records(package, "--show-values", "--attribute", "PatientID")
    assert shown[0]["after"] == {"value": "Zyzzyva"}
    assert shown[0]["before"] == [{"value": "P1", "files": 4}]
    value("Zyzzyva")
    assert [record["match"] for record in records(package, "--ask-value")] == ["after"]
    assert (package / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_rows_of_csv(drafted: Path) -> None:
    ran = dicommap("audit", drafted / "hashed", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out, newline="")))
    assert [row["action"] for row in rows] == ["changed"] * 3 + ["drafted", "submitted"]
    assert {row["user"] for row in rows} == {"Jane R."}
    assert rows[0]["edits"].startswith("rules.toml rule")
    assert rows[0]["file"].startswith("dicommap-overrides/")


def test_a_changed_line_is_an_error(drafted: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    shutil.copytree(drafted / "hashed", package)
    file = package / "audit.jsonl"
    file.write_text(file.read_text().replace("Jane R.", "John R.", 1))
    ran = dicommap("audit", package)
    assert ran.status == 1
    assert "[audit.broken-chain]" in ran.out
    assert "audit.broken-chain" in {issue.code for issue in library.validate(package).errors}
    file.unlink()
    assert dicommap("audit", package).status == 2
    assert "package.missing-file" in {issue.code for issue in library.validate(package).errors}


def test_a_limit_of_the_table(drafted: Path) -> None:
    ran = dicommap("audit", drafted / "hashed", "--limit", "2")
    assert "... and 3 more lines" in ran.out
    assert dicommap("audit", drafted / "hashed", "--limit", "0").status == 2


def test_the_object_in_python(drafted: Path) -> None:
    found = library.audit(drafted / "hashed", rule="new id")
    assert found.ok
    [entry] = found
    assert (entry.user, entry.match) == ("Jane R.", None)
    assert "1 line" in str(found)
    assert "new id" in found._repr_html_()
