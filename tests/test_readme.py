"""The README tells the truth: its transcript, its Python and its rules are run. It is short, and fits a terminal."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from dicommap.cli.commands import RootParser
from dicommap.validation.schema_check import check_schema
from tests.support import docs_commands

PLACE = Path(__file__).parents[1] / "README.md"
README = PLACE.read_text(encoding="utf-8")
MAX_LINES = 120
MAX_LINE_LENGTH = 100


def block(language: str, containing: str) -> str:
    """Return the README's only code block of a language that contains a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (text,) = [text for text in blocks if containing in text]
    return str(text)


def test_it_is_short_and_its_lines_too() -> None:
    lines = README.splitlines()
    assert len(lines) <= MAX_LINES
    assert [line for line in lines if len(line) > MAX_LINE_LENGTH] == []


def test_the_transcript_is_what_the_commands_print(tmp_path: Path) -> None:
    docs_commands.check_page(PLACE, tmp_path, only_transcripts=True)


def test_the_output_of_the_demo_fits_a_terminal(tmp_path: Path) -> None:
    status, printed = docs_commands.run_command(docs_commands.PageCommand("dicommap demo -o demo", ""), tmp_path)
    assert status == 0
    assert [line for line in printed.splitlines() if len(line) > 80] == []


def test_the_commands_for_own_files_are_calls_that_the_parser_takes() -> None:
    parser = RootParser()
    for line in block("", "/data/incoming").splitlines():
        words = shlex.split(line, comments=True)
        assert parser.parse_args(words[1:]).command == words[1]


def test_the_extras_are_those_of_the_package() -> None:
    with (PLACE.parent / "pyproject.toml").open("rb") as file:
        extras = set(tomllib.load(file)["project"]["optional-dependencies"])
    table = README[README.index("| extra | for |") : README.index("## Five minutes")]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == extras - {"dev", "docs", "fuzz"}


def test_the_python_example_runs(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.toml").write_text('[[rule]]\nname = "r"\nlevel = "study"\nset = { PatientID = "P" }\n')
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(block("python", "dm.scan").replace("/data/incoming", str(tree)), {})
    assert (tmp_path / "package/plan.json").is_file()
    assert "request.placeholder" in printed.getvalue()


def test_the_rules_example_is_valid() -> None:
    assert check_schema("rules", tomllib.loads(block("toml", "[[rule]]"))) == []
