"""The scripts of `dicommap completion`, run by the shells that they are for."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

from dicommap.cli.commands import COMMANDS
from dicommap.cli.completion import Shell
from dicommap.issues import CATALOGUE
from tests.cli.running import dicommap
from tests.support.needed_tools import needs_bash, needs_fish, needs_zsh

CASES = {
    "sho": ["show"],
    "": list(COMMANDS),
    "show --le": ["--level"],
    "show --level ": ["study", "series", "instance", "file", "issue"],
    "show -": None,
    "show export": ["export.db", "exported"],
    "scan -o expor": ["export.db", "exported"],
    "scan exported -o export.db --fail-on ": ["note", "warning", "error", "never"],
    "draft export.db --sheet expor": ["export.db", "exported"],
    "draft export.db --assu": ["--assume"],
    "draft export.db --staging w": ["where-needed"],
    "stage exp": ["exported"],
    "submit exported --job 1 --data-a": ["--data-access-role-arn"],
    "validate exported --format j": ["json", "jsonl"],
    "completion ": ["bash", "zsh", "fish"],
    "explain p10.t": [code for code in CATALOGUE if code.startswith("p10.t")],
    "schema imp": ["import-configuration"],
}
"""What was typed after the program's name, up to the Tab key -> what is offered; None for a command's options."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "exported").mkdir()
    (tmp_path / "export.db").touch()
    return tmp_path


def script(shell: Shell, place: Path) -> Path:
    ran = dicommap("completion", shell.value)
    assert (ran.status, ran.err) == (0, "")
    path = place / f"_dicommap.{shell}"
    path.write_text(ran.out, encoding="utf-8")
    return path


def ran_by(shell: str, code: str, place: Path) -> str:
    done = subprocess.run([shell, "-c", code], cwd=place, capture_output=True, check=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


def assert_offered(offered: dict[str, list[str]]) -> None:
    options = offered.pop("show -")
    assert {"--level", "--format", "--show-values", "--help"} <= {*options}
    expected = {typed: sorted(words) for typed, words in CASES.items() if words is not None}
    assert {typed: sorted(words) for typed, words in offered.items()} == expected


@needs_bash
def test_bash_completes(place: Path) -> None:
    code = f"source {script(Shell.BASH, place)}\n"
    for typed in CASES:
        words = ["dicommap", *typed.split(" ")]
        quoted = " ".join(f"'{word}'" for word in words)
        code += f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _dicommap_join_values\n"
        code += 'echo "${COMPREPLY[*]}"\n'
    lines = ran_by("bash", code, place).splitlines()
    assert_offered({typed: line.split() for typed, line in zip(CASES, lines, strict=True)})


@needs_bash
def test_bash_completes_a_value_after_an_equals_sign(place: Path) -> None:
    """bash divides the word `--level=s` at the equals sign."""
    code = f"source {script(Shell.BASH, place)}\n"
    for words in ("show --level = se", "show --level =", "scan --fail-on = n t"):
        code += f"COMP_WORDS=(dicommap {words}); COMP_CWORD={min(4, len(words.split()))}; COMPREPLY=()\n"
        code += '_dicommap_join_values; echo "${COMPREPLY[*]}"\n'
    assert ran_by("bash", code, place).splitlines() == ["series", "study series instance file issue", "note never"]


@needs_bash
def test_bash_knows_the_program_by_its_script(place: Path) -> None:
    assert "_dicommap_join_values dicommap" in ran_by(
        "bash", f"source {script(Shell.BASH, place)}; complete -p dicommap", place
    )


@needs_fish
def test_fish_completes(place: Path) -> None:
    code = f"source {script(Shell.FISH, place)}\n"
    code += "".join(f'complete -C "dicommap {typed}"; echo end\n' for typed in CASES)
    parts = ran_by("fish", code, place).split("end\n")
    words = [[line.partition("\t")[0].rstrip("/") for line in part.splitlines()] for part in parts[:-1]]
    assert_offered(dict(zip(CASES, words, strict=True)))


@needs_zsh
def test_zsh_completes(place: Path) -> None:
    """zsh completes at its own prompt only, so that keys are sent to it on a terminal."""
    (place / "functions").mkdir()
    script(Shell.ZSH, place).rename(place / "functions" / "_dicommap")
    typed = {
        "sho": "show ",
        "show --lev": "show --level=",
        "show --level=ser": "show --level=series ",
        "show --level ser": "show --level series ",
        "scan -o exporte": "scan -o exported/",
        "draft export.db --shee": "draft export.db --sheet=",
        "stage exp": "stage exported/",
        "completion fi": "completion fish ",
        "explain p10.trunca": "explain p10.truncated ",
        "schema import-c": "schema import-configuration ",
    }
    child, terminal = pty.fork()
    if not child:
        os.chdir(place)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "COLUMNS": "500"})
    try:
        answer(terminal, "fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D; echo rea''dy\n", "ready")
        for keys, completed in typed.items():
            answer(terminal, f"dicommap {keys}\t", f"dicommap {completed}")
            os.write(terminal, b"\x15")  # Ctrl-U empties the line
    finally:
        os.close(terminal)
        os.waitpid(child, 0)


def answer(terminal: int, keys: str, expected: str) -> None:
    """Send keys to a terminal, and wait until it shows what is expected."""
    os.write(terminal, keys.encode())
    shown, end = "", time.monotonic() + 30
    while expected not in shown:
        assert time.monotonic() < end, (keys, shown)
        if select.select([terminal], [], [], 0.5)[0]:
            shown += os.read(terminal, 4096).decode()


@pytest.mark.parametrize("shell", Shell)
def test_a_script_holds_every_command_and_option(shell: Shell) -> None:
    text = dicommap("completion", shell.value).out
    for name in COMMANDS:
        assert name in text
    for option in ("assume", "profile", "input-s3-uri", "concurrent-jobs"):
        assert option in text
    assert dicommap("completion", shell.value).out == text
