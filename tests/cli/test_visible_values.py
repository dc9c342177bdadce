"""Values that cannot be decoded or printed, as the commands show them: with escapes, and nothing raw."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path

import pytest

from tests.cli.running import Ran, dicommap
from tests.support.p10_files import STUDY, p10, uid, write_tree

URI = ("--input-s3-uri", "s3://bucket/in/")
HOSTILE = "a\x9b31m\x07\x7f\u202eb"


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    """Return an inventory of a study with control characters, and of one with other bytes in each of two files."""
    controls = p10(
        SpecificCharacterSet="ISO_IR 192", PatientID=HOSTILE, StudyDescription="x\x9b31m\r\n", StudyID="a\tb"
    )
    names = [
        p10(
            SpecificCharacterSet="ISO_IR 192",
            PatientName="M@ller",
            PatientID="I@",
            StudyInstanceUID=uid(STUDY, 2),
            SeriesInstanceUID=uid(STUDY, 2, 1),
            SOPInstanceUID=uid(STUDY, 2, number),
        ).replace(b"@", byte)
        for number, byte in enumerate((b"\xfc", b"\xf6"), start=1)
    ]
    write_tree(tmp_path / "tree", {"controls": controls, "one\x1b[2J": names[0], "other": names[1]})
    assert dicommap("scan", tmp_path / "tree", "-o", tmp_path / "i.db").status == 0
    return tmp_path / "i.db"


def assert_clean(*runs: Ran) -> None:
    for ran in runs:
        odd = {one for one in ran.everything if unicodedata.category(one) in ("Cc", "Cs", "Cf")}
        assert odd <= {"\n", "\r", "\ufeff"}
        assert "\ufffd" not in ran.everything
        assert "\r" not in ran.everything.replace("\r\n", "")
        assert "Traceback" not in ran.everything


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize("level", ["study", "series", "instance", "file", "issue"])
def test_show_prints_nothing_raw(scanned: Path, level: str, form: str) -> None:
    assert_clean(dicommap("show", scanned, "--level", level, "--format", form, "--show-values"))


def test_a_scan_reports_both(scanned: Path) -> None:
    shown = json.loads(dicommap("show", scanned, "--level", "issue", "--format", "json").out)
    found = {(one["code"], one["location"].get("keyword"), one["location"].get("path")) for one in shown}
    assert ("p10.doubtful-text", "PatientID", "controls") in found  # of U+0080 to U+009F that is likelier
    assert ("p10.control-character", "StudyID", "controls") in found
    assert ("p10.undecodable-text", "PatientName", "other") in found
    assert ("p10.undecodable-text", "PatientName", r"one\x1b[2J") in found
    assert ("study.inconsistent-attribute", "PatientName", None) in found


def test_values_are_spelled_out(scanned: Path) -> None:
    studies = json.loads(dicommap("show", scanned, "--format", "json", "--show-values").out)
    second = next(one for one in studies if one["StudyInstanceUID"] == uid(STUDY, 2))
    assert [one["value"] for one in second["attributes"]["PatientName"]] == [r"M\xf6ller", r"M\xfcller"]
    first = next(one for one in studies if one["StudyInstanceUID"] == STUDY)
    assert first["attributes"]["PatientID"][0]["value"] == HOSTILE  # JSON's own escapes keep it as it is
    shown = dicommap("show", scanned, "--format", "csv", "--show-values").out
    assert r"a\x9b31m\x07\x7f\u202eb" in shown


@pytest.mark.parametrize("level", ["study", "series"])
def test_a_sheet_has_nothing_raw_and_comes_back_without_an_edit(scanned: Path, tmp_path: Path, level: str) -> None:
    columns = "PatientID,PatientName,StudyID,StudyDescription"
    assert_clean(dicommap("sheet", scanned, "--level", level, "--columns", columns, "-o", "-"))
    assert dicommap("sheet", scanned, "--level", level, "--columns", columns, "-o", tmp_path / "s.csv").status == 0
    drafted = dicommap("draft", scanned, "--sheet", tmp_path / "s.csv", *URI, "-o", tmp_path / "p")
    assert "sheet.no-change" in drafted.out
    assert "sheet.escape-cell" not in drafted.out
    assert not (tmp_path / "p").exists()


def test_a_draft_shows_and_writes_nothing_raw(scanned: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nname = "bad \\u001B[31m\\u202E name"\nlevel = "study"\n'
        f'match = {{ StudyInstanceUID = "{STUDY}*" }}\n'
        'set = { PatientID = "7", PatientName = "New^Name", StudyID = "", StudyDescription = "" }\n'
    )
    package, page = tmp_path / "p", tmp_path / "p.html"
    options = ("--forecast", "--by-study", "--show-values", "--html", page)
    drafted = dicommap("draft", scanned, "--rules", rules, *URI, "-o", package, *options)
    assert drafted.status == 0, drafted.everything
    assert_clean(drafted)
    assert r"M\xfcller (1)" in drafted.out
    texts = {path.name: path.read_text(encoding="utf-8") for path in (page, *package.glob("*.csv"))}
    assert len(texts) == 5
    for text in texts.values():
        assert_clean(Ran(0, text, ""))
    for text in (text for name, text in texts.items() if name != "grouping.csv"):  # it does not name rules
        assert r"bad \x1b[31m\u202e name" in text or "primary value" in text
    previewed = (package / "preview.csv").read_text(encoding="utf-8-sig")
    before = {row["before"] for row in csv.DictReader(io.StringIO(previewed, newline=""))}
    assert r"a\x9b31m\x07\x7f\u202eb" in before
    assert r"x\x9b31m\x0d\x0a" in before


def test_nothing_is_written_of_what_cannot_be_decoded(scanned: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "capitals"\nlevel = "study"\nupper = ["PatientName"]\n')
    for edits in (("--rules", rules), ("--harmonize", "PatientName")):
        drafted = dicommap("draft", scanned, *edits, *URI, "-o", tmp_path / "p")
        assert drafted.status == 1
        assert not (tmp_path / "p").exists()
        assert "ller" not in drafted.everything.replace(str(tmp_path), "")


def test_what_fhir_cannot_say_is_left_out(scanned: Path, tmp_path: Path) -> None:
    pytest.importorskip("fhir.resources")
    written = dicommap("fhir", scanned, "-o", tmp_path / "s.ndjson")
    assert_clean(written)
    text = (tmp_path / "s.ndjson").read_text(encoding="utf-8")
    assert_clean(Ran(0, text, ""))
    assert "I\\x" not in text
    assert [json.loads(line)["subject"] for line in text.splitlines()] == [{"type": "Patient"}, {"type": "Patient"}]
    assert "PatientID is left out: it has bytes that cannot be decoded" in written.out
    assert "fhir.no-patient-id" not in written.out
