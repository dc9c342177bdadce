"""Whatever edits come from, a draft tells of patients who become one, and with the strict setting writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran, dicommap
from tests.support.p10_files import STUDY, p10, uid, write_tree

URI = "s3://bucket/incoming/"
ONE, OTHER = uid(STUDY, 11), uid(STUDY, 12)
EDITS = {
    "rule": "replace = { PatientID = { pattern = '^B', with = '' } }",
    "template": "set = { PatientID = '{StudyID}' }",
    "raw": "raw = { 00100020 = { vr = 'LO', Value = ['7'] } }",
    "lookup": "lookup = { file = 'w.csv', by = 'PatientID', set = { PatientID = 'N' } }",
}


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    names: dict[str, Any] = {"PatientName": "SECRET^A", "PatientSex": "F", "StudyID": "7"}
    first = p10(
        StudyInstanceUID=ONE,
        SeriesInstanceUID=uid(STUDY, 11, 1),
        SOPInstanceUID=uid(STUDY, 11, 2),
        PatientID="B7",
        **names,
    )
    names = {"PatientName": "SECRET^B", "PatientSex": "F", "StudyID": "7"}
    second = p10(
        StudyInstanceUID=OTHER,
        SeriesInstanceUID=uid(STUDY, 12, 1),
        SOPInstanceUID=uid(STUDY, 12, 2),
        PatientID="7",
        **names,
    )
    write_tree(tmp_path / "tree", {"a": first, "b": second})
    dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db")
    return tmp_path / "i.db"


def assert_told(ran: Ran, severity: str = "warning") -> None:
    line = next(line for line in ran.everything.splitlines() if "[edit.same-patient]" in line)
    assert line.startswith(f"{severity}: ")
    assert "differ in PatientName; 2 studies" in line
    assert ONE in line
    assert OTHER in line
    assert "SECRET" not in ran.everything


@pytest.mark.parametrize("verb", EDITS.values(), ids=EDITS)
def test_rules_are_checked(scanned: Path, tmp_path: Path, verb: str) -> None:
    rules = tmp_path / "r.toml"
    rules.write_text(f"[[rule]]\nname = 'r'\nlevel = 'study'\n{verb}\n", encoding="utf-8")
    (tmp_path / "w.csv").write_text("PatientID,N\nB7,7\n", encoding="utf-8")
    assert_told(dicommap("draft", scanned, "--rules", rules, "--input-s3-uri", URI, "-n"))


@pytest.mark.parametrize("level", ["study", "series"])
def test_sheets_of_both_levels_are_checked(scanned: Path, tmp_path: Path, level: str) -> None:
    sheet = tmp_path / "s.csv"
    dicommap("sheet", scanned, "-o", sheet, "--level", level, "--columns", "PatientID")
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("B7", "7"), encoding="utf-8")
    assert_told(dicommap("draft", scanned, "--sheet", sheet, "--input-s3-uri", URI, "-n"))


def test_the_strict_setting_keeps_the_package_from_being_written(scanned: Path, tmp_path: Path) -> None:
    rules = tmp_path / "r.toml"
    rules.write_text(f"[[rule]]\nname = 'r'\nlevel = 'study'\n{EDITS['rule']}\n", encoding="utf-8")
    arguments = ("draft", scanned, "--rules", rules, "--input-s3-uri", URI)
    for assumption in ("strict", "samePatient=error"):
        ran = dicommap(*arguments, "-o", tmp_path / "strict", "--assume", assumption)
        assert_told(ran, "error")
        assert ran.status == 1
        assert not (tmp_path / "strict").exists()
    assert_told(dicommap(*arguments, "-o", tmp_path / "package"))
    assert (tmp_path / "package").exists()
    validated = dicommap("validate", tmp_path / "package")
    assert validated.status == 0
    assert_repeated(validated)
    assert dicommap("validate", tmp_path / "package", "--fail-on", "warning").status == 1
    submit = ("submit", tmp_path / "package", "-n", "--datastore-id", "0" * 32, "--output-s3-uri", "s3://out/")
    assert_repeated(dicommap(*submit, "--data-access-role-arn", "arn:aws:iam::123456789012:role/import"))


def assert_repeated(ran: Ran) -> None:
    (line,) = [line for line in ran.everything.splitlines() if "[edit.same-patient]" in line]
    assert line.startswith("warning: The draft warned: ")
    assert "SECRET" not in ran.everything
