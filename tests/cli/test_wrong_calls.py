"""Wrong calls and environments: exit status 2, two lines that say what is wrong and what to do, no traceback."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.cli.running import Ran, dicommap, dicommap_process

URI = "s3://bucket/incoming/"


def assert_refused(ran: Ran, *words: str) -> None:
    assert ran.status == 2, ran
    assert "Traceback" not in ran.everything
    assert ran.out == ""
    for word in words:
        assert word in ran.err


@pytest.fixture
def scanned(tree: Path, tmp_path: Path) -> Path:
    path = tmp_path / "i.db"
    dicommap("scan", tree, "-o", path)
    return path


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    assert_refused(dicommap("scan", tmp_path / "no", "-o", tmp_path / "i.db"), "does not exist")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_directory_is_an_empty_inventory(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = dicommap("scan", tmp_path / "empty", "-o", tmp_path / "i.db")
    assert ran.status == 0
    assert "0 studies" in ran.out
    for level in ("study", "series", "instance", "file", "issue"):
        assert dicommap("show", tmp_path / "i.db", "--level", level, "--format", "json").out == "[]\n"
    assert dicommap("sheet", tmp_path / "i.db", "-o", "-").status == 0


def test_what_is_no_inventory_is_refused(tmp_path: Path) -> None:
    foreign, version = tmp_path / "foreign.db", tmp_path / "version.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    (tmp_path / "text.db").write_text("hello")
    with sqlite3.connect(version) as connection:
        connection.execute(f"PRAGMA application_id = {0x44434D50}")
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for name in ("foreign.db", "text.db", "missing.db"):
        assert_refused(dicommap("show", tmp_path / name), name)
    assert_refused(dicommap("show", version), "format 99")
    assert_refused(dicommap("show", tmp_path), "inventory")


def test_a_file_that_is_no_inventory_is_never_overwritten(tree: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep me")
    assert_refused(dicommap("scan", tree, "-o", precious), "precious.txt")
    assert precious.read_text() == "keep me"


def test_an_existing_package_or_sheet_is_never_overwritten(scanned: Path, tmp_path: Path) -> None:
    package, sheet, rules = tmp_path / "package", tmp_path / "s.csv", tmp_path / "r.toml"
    package.mkdir()
    (package / "mine").write_text("keep me")
    rules.write_text('[[rule]]\nname = "all"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n')
    assert_refused(
        dicommap("draft", scanned, "--rules", rules, "--input-s3-uri", URI, "-o", package), "package exists already"
    )
    assert [path.name for path in package.iterdir()] == ["mine"]
    sheet.write_text("my edits")
    assert_refused(dicommap("sheet", scanned, "-o", sheet), "s.csv exists already")
    assert sheet.read_text() == "my edits"


def test_missing_documents_are_refused(scanned: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.csv"
    assert_refused(dicommap("draft", scanned, "--sheet", missing, "--input-s3-uri", URI, "-n"), "missing.csv")
    assert_refused(dicommap("validate", tmp_path / "missing.json"), "missing.json")
    assert_refused(dicommap("validate", tmp_path), "plan.json")


def test_a_draft_needs_edits_and_a_place(scanned: Path, tmp_path: Path) -> None:
    assert_refused(dicommap("draft", scanned, "--input-s3-uri", URI, "-n"), "No edits")
    rules = tmp_path / "r.toml"
    rules.write_text("")
    assert_refused(dicommap("draft", scanned, "--rules", rules, "--input-s3-uri", URI), "No package")


def test_unknown_names_are_refused_with_a_hint(tree: Path, tmp_path: Path) -> None:
    assert_refused(dicommap("explain", "p10.truncate"), "p10.truncated")
    assert_refused(dicommap("schema", "no"), "import-configuration")
    assert_refused(dicommap("scan", tree, "-o", tmp_path / "i.db", "--attributes", "PatientWeigth"), "PatientWeight")
    assert_refused(dicommap("scan", tree, "-o", tmp_path / "i.db", "--attributes", "PixelData"), "PixelData")


def test_odd_file_names_are_printed_and_counted(tree: Path, tmp_path: Path) -> None:
    content = (tree / "study1/series1/IM0001").read_bytes()
    odd = os.path.join(os.fsencode(tree), b"odd")
    os.mkdir(odd)
    for name in (b"-dash", b"new\nline", b"latin\xe9", b"\x1b[31mred"):
        with open(os.path.join(odd, name), "wb") as file:
            file.write(content[:300])
    ran = dicommap("scan", "-o", tmp_path / "i.db", "--", tree)
    assert ran.status == 1
    assert "8 instances in 12 files" in ran.out
    shown = dicommap("show", tmp_path / "i.db", "--level", "file", "--format", "json").out
    for printed in ("odd/-dash", r"odd/new\\x0aline", r"odd/latin\\xe9", r"odd/\\x1b[31mred"):
        assert printed in shown
    assert "\x1b[31m" not in dicommap("show", tmp_path / "i.db", "--level", "file").out


def test_a_leading_dash_is_a_name_behind_two_dashes(tmp_path: Path, tree: Path) -> None:
    tree.rename(tmp_path / "-tree")
    assert dicommap_process("scan", "-o", "i.db", "--", "-tree", cwd=tmp_path).status == 0


def test_help_and_version_work(tmp_path: Path) -> None:
    assert dicommap_process("--version").out == dicommap("--version").out
    assert dicommap("--version").out.startswith("dicommap ")
    for command in ("scan", "show", "sheet", "draft", "validate", "schema", "explain", "demo"):
        ran = dicommap(command, "-h")
        assert ran.status == 0
        assert "Usage" in ran.out
    assert dicommap("scan", tmp_path).status == 2


@pytest.mark.parametrize("place", [".", "..", "/"])
def test_a_place_without_a_name_is_refused_as_it_was_typed(scanned: Path, tmp_path: Path, place: str) -> None:
    assert_refused(dicommap("scan", tmp_path / "tree", "-o", place), f"dicommap: {place} is a directory.")
    assert_refused(dicommap("sheet", scanned, "-o", place), f"dicommap: {place} is a directory.")
    assert_refused(dicommap("show", place), f"There is no inventory at {place}.")


def test_keywords_are_named_and_blanks_around_them_are_not_part_of_them(scanned: Path, tmp_path: Path) -> None:
    output = tmp_path / "new.db"
    assert dicommap("scan", tmp_path / "tree", "-o", output, "--attributes", "Rows, Columns ,").status == 0
    assert "Rows" in dicommap("sheet", output, "-o", "-", "--columns", " PatientID, Rows ").out
    refused = dicommap("scan", tmp_path / "tree", "-o", output, "--attributes", "Rows,PatientWeigth")
    assert_refused(refused, "PatientWeigth is not a DICOM keyword")
    assert_refused(dicommap("sheet", scanned, "-o", "-", "--columns", "Rows,PatientID"), "does not hold Rows.")


def test_control_characters_do_not_reach_the_terminal(scanned: Path, tmp_path: Path) -> None:
    odd = "\x1b[31m\nodd\x9b"
    sheet, rules = tmp_path / "s.csv", tmp_path / f"{odd}.toml"
    sheet.write_text(f'StudyInstanceUID,"{odd}"\n1.2,x\n', encoding="utf-8")
    rules.write_text("x = 1")
    runs = [
        dicommap("draft", scanned, "--sheet", sheet, "--input-s3-uri", URI, "-n"),
        dicommap("draft", scanned, "--rules", rules, "--input-s3-uri", URI, "-n"),
        dicommap("validate", rules),
        dicommap("show", tmp_path / odd),
        dicommap("scan", tmp_path / odd, "-o", tmp_path / "j.db"),
        dicommap("explain", odd),
        dicommap("scan", tmp_path / "tree", "-o", tmp_path / odd),
        dicommap("sheet", scanned, "-o", tmp_path / (odd + ".csv")),
    ]
    for ran in runs:
        assert not any(character in ran.everything for character in "\x1b\x9b"), ran
    assert r"\x1b[31m\x0aodd" in runs[2].out
    assert len(runs[3].err.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (("show", "i.db", "--format", "xls"), ("table", "json", "jsonl", "csv")),
        (("show", "i.db", "--format", "CSV"), ("table", "json", "jsonl", "csv")),
        (("show", "i.db", "--format="), ("table", "json", "jsonl", "csv")),
        (("show", "i.db", "--level", "xls"), ("study", "series", "instance", "file", "issue")),
        (("validate", "i.db", "--format", "xls"), ("table", "json", "jsonl", "csv")),
        (("validate", "i.db", "--fail-on", "xls"), ("note", "warning", "error", "never")),
        (("reconcile", "package", "--format", "xls"), ("table", "json", "jsonl", "csv", "html")),
        (("reconcile", "package", "--level", "xls"), ("job", "study", "instance", "issue")),
        (("sheet", "i.db", "-o", "-", "--level", "xls"), ("study", "series")),
        (("sheet", "i.db", "-o", "-", "--delimiter", "xls"), ("comma", "semicolon", "tab", "bar")),
        (("draft", "i.db", "--staging", "xls"), ("never", "where-needed", "all")),
        (("policy", "package", "--part", "xls"), ()),
        (("scan", "tree", "--fail-on", "xls"), ("note", "warning", "error", "never")),
    ],
    ids=" ".join,
)
def test_an_unknown_word_of_an_option_is_refused(arguments: tuple[str, ...], known: tuple[str, ...]) -> None:
    ran = dicommap(*arguments)
    assert_refused(ran, *known)
    assert "xls" in ran.err or "xls" not in arguments
