"""The README tells the truth: its transcript, its Python and its rules are run."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib
from pathlib import Path

import pytest

from dicommap.validation.schema_check import check_schema
from tests.cli.running import dicommap_process

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    """Return the README's only code block of a language that contains a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return str(found)


def stripped(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.usefixtures("counted")
def test_the_transcript_is_what_the_demo_prints(tmp_path: Path) -> None:
    ran = dicommap_process("demo", "-o", "demo", cwd=tmp_path)
    assert ran.status == 0
    assert stripped(block("", "$ dicommap demo -o demo")) == ["$ dicommap demo -o demo", *stripped(ran.out)]


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
