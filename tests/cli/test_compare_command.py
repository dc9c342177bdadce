"""`dicommap compare`, run as a user runs it."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dicommap.validation.schema_registry import get_schema_validator
from tests.cli.running import dicommap
from tests.support.filled_inventories import Added, added, inventory_of

SECRET = "CANARY"
FIRST = [
    added("a", "1.1 1.1.1 1.1.1.1", PatientID=SECRET + "1", StudyDate="20240102"),
    added("b", "1.1 1.1.1 1.1.1.2", PatientID=SECRET + "1"),
    added("c", "1.2 1.2.1 1.2.1.1", PatientName=SECRET + "^A"),
]
SECOND = [
    added("a", "1.1 1.1.1 1.1.1.1", PatientID=SECRET + "2", StudyDate="20240102"),
    added("moved/b", "1.1 1.1.1 1.1.1.2", PatientID=SECRET + "2"),
    added("d", "1.3 1.3.1 1.3.1.1", PatientName=SECRET + "^B"),
]


def write(path: Path, *files: Added) -> Path:
    with inventory_of(*files, path=path):
        return path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "a.db", *FIRST), write(tmp_path / "b.db", *SECOND)


def test_the_tables_have_counts_changes_and_studies(pair: tuple[Path, Path]) -> None:
    ran = dicommap("compare", *pair)
    assert ran.status == 1
    assert ran.err == ""
    assert SECRET not in ran.out
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "instances 3 3 0 2 1 1 0" in lines
    assert "PatientID 1 1 2" in lines
    assert "PatientID <PatientID 1> <PatientID 2> 2 1.1" in lines
    assert "1.1 changed 2 2 2 0 0 0 PatientID" in lines
    assert "1.3 new 0 1 0 1 0 0" in lines
    assert SECRET + "1" in dicommap("compare", *pair, "--show-values").out


def test_the_next_step_writes_every_difference(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = dicommap("compare", "a.db", "b.db", "--ignore", "path", "--fail-on", "gone")
    _, step = ran.out.split("Next:")
    words = shlex.split(step.replace("\\\n", " "))
    assert words[1:8] == ["compare", "a.db", "b.db", "--ignore", "path", "--fail-on", "gone"]
    again = dicommap(*words[1:])
    assert again.status == 1
    assert "Next:" not in again.out
    assert len((tmp_path / "differences.csv").read_text(encoding="utf-8").splitlines()) == 5


def test_the_same_inventories_end_with_status_0(pair: tuple[Path, Path]) -> None:
    ran = dicommap("compare", pair[0], pair[0])
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "No difference.")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--fail-on", "gone"), 1),
        (("--fail-on", "new"), 1),
        (("--fail-on", "changed"), 1),
        (("--fail-on", "changed", "--ignore", "path", "--ignore", "PatientID"), 0),
        (("--fail-on", "changed", "--fail-on", "new", "--ignore", "path", "--ignore", "PatientID"), 1),
        (("--fail-on", "fewer"), 2),
        (("--ignore", "colour"), 2),
        (("--level", "patient"), 2),
        (("--format", "xls"), 2),
        (("-o", "t.txt"), 2),
    ],
)
def test_the_exit_status_depends_on_the_chosen_differences(
    pair: tuple[Path, Path], options: tuple[str, ...], status: int
) -> None:
    ran = dicommap("compare", *pair, *options)
    assert ran.status == status
    assert SECRET not in ran.everything


@pytest.mark.parametrize(("level", "rows"), [("study", 3), ("series", 3), ("instance", 4), ("attribute", 1)])
def test_every_level_has_every_format(pair: tuple[Path, Path], level: str, rows: int) -> None:
    printed = {
        form: dicommap("compare", *pair, "--level", level, "--format", form) for form in ("json", "jsonl", "csv")
    }
    assert {ran.status for ran in printed.values()} == {1}
    assert not any(SECRET in ran.everything for ran in printed.values())
    records = json.loads(printed["json"].out)
    assert len(records) == rows
    for record in records:
        get_schema_validator("comparison").validate(record)
    assert [json.loads(line) for line in printed["jsonl"].out.splitlines()] == records
    cells = list(csv.DictReader(io.StringIO(printed["csv"].out)))
    assert len(cells) == rows
    assert [row["StudyInstanceUID"] for row in cells] == [record["StudyInstanceUID"] for record in records]


@pytest.mark.parametrize(
    ("level", "line"),
    [
        ("study", "1.1 changed 2 2 2 0 0 0 0 PatientID"),
        ("series", "1.3 1.3.1 new 0 1 0 1 0 0 0"),
        ("instance", "1.1.1.2 changed path attributes PatientID b moved/b 1.1 1.1.1"),
        ("attribute", "PatientID <PatientID 1> <PatientID 2> 2 1.1"),
    ],
)
def test_every_level_has_a_table(pair: tuple[Path, Path], level: str, line: str) -> None:
    ran = dicommap("compare", *pair, "--level", level)
    assert ran.status == 1
    assert line in [" ".join(row.split()) for row in ran.out.splitlines()]
    assert SECRET not in ran.everything
    same = dicommap("compare", pair[0], pair[0], "--level", level)
    assert (same.status, same.out) == (0, "No difference.\n")


def test_no_table_of_attributes_is_printed_if_only_files_differ(pair: tuple[Path, Path], tmp_path: Path) -> None:
    with inventory_of(path=tmp_path / "empty.db"):
        pass
    ran = dicommap("compare", pair[0], tmp_path / "empty.db", "--level", "attribute")
    assert (ran.status, ran.out) == (1, "No attribute differs in an instance that both inventories have.\n")


def test_pages_and_pictures_are_written_once(pair: tuple[Path, Path], tmp_path: Path) -> None:
    page, picture = tmp_path / "c.html", tmp_path / "c.svg"
    ran = dicommap("compare", *pair, "--format", "html", "-o", page)
    assert ran.out.endswith(f"File: {page}\n")
    assert ran.status == 1
    assert "instances" in ran.out
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text
    assert SECRET not in text
    assert dicommap("compare", *pair, "--format", "svg", "-o", picture).status == 1
    ElementTree.fromstring(picture.read_text(encoding="utf-8"))
    again = dicommap("compare", *pair, "--format", "html", "-o", page)
    assert again.status == 2
    assert "c.html" in again.err


def test_a_file_that_is_no_inventory_ends_with_status_2(pair: tuple[Path, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(pair[0].read_bytes()[:5000])
    for wrong in (broken, tmp_path / "absent.db"):
        ran = dicommap("compare", pair[0], wrong)
        assert ran.status == 2
        assert wrong.name in ran.err
        assert "Traceback" not in ran.err
