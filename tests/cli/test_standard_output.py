"""`-` is standard output, or it is refused: no command writes a file of that name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import dicommap

URI = ("--input-s3-uri", "s3://bucket/in/")


@pytest.fixture
def place(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty directory, beside an inventory of the small tree."""
    assert dicommap("scan", str(tree), "-o", str(tmp_path / "inventory.db")).status == 0
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def test_fhir_writes_resources_alone_to_stdout(place: Path) -> None:
    ran = dicommap("fhir", "../inventory.db", "-o", "-")

    assert ran.status == 0
    assert [json.loads(line)["resourceType"] for line in ran.out.splitlines()] == ["ImagingStudy"] * 2
    assert "2 studies" in ran.err
    assert list(place.iterdir()) == []


def test_a_sheet_goes_to_stdout(place: Path) -> None:
    ran = dicommap("sheet", "../inventory.db", "-o", "-")

    assert "StudyInstanceUID" in ran.out
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        ["scan", "../tree", "-o", "-"],
        ["scan", "../tree", "--output=-"],
        ["draft", "../inventory.db", *URI, "-o", "-"],
        ["draft", "../inventory.db", *URI, "-n", "--html", "-"],
        ["reconcile", "../package", "--format", "csv", "-o", "-"],
        ["reconcile", "../package", "--retry", "-"],
        ["demo", "-o", "-"],
    ],
)
def test_other_commands_refuse_it(command: list[str], place: Path) -> None:
    ran = dicommap(*command)

    assert ran.status == 2
    assert "'-' is standard output" in ran.err
    assert list(place.iterdir()) == []
