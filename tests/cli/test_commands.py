"""Commands are known by name and summary, and imported when they run or are asked about."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dicommap.cli.commands import COMMANDS, RootParser
from dicommap.cli.parser import takes_value
from tests.cli.running import dicommap

HEAVY = {"pydicom", "numpy", "pandas", "jsonschema", "dicommap.api.draft", "dicommap.inventory"}

DRAWING = {"rich", "pydantic"}
"""What draws tables, and checks documents: it takes longer to load than a small scan does."""

SPECIAL = {"concurrent.futures", "multiprocessing", "zipfile", "tarfile", "lzma", "html", "dicommap.pictures"}
"""What processes, archives and pictures need."""

WRONG = {"shtab", "difflib", "shutil"}
"""What wrong calls and scripts for shells need."""

RUN = "import sys; from dicommap.cli.main import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"


def modules_of(*arguments: object) -> set[str]:
    """Run a command, and return the modules that it has imported."""
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, check=True, text=True)
    return set(ran.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_with_its_help(name: str) -> None:
    module = import_module(f"dicommap.cli.{name}")
    ran = dicommap(name, "--help")
    assert ran.status == 0
    assert ran.err == ""
    shown = " ".join(ran.out.split())
    assert ran.out.startswith(f"Usage: dicommap {name} ")
    assert " ".join(module.DESCRIPTION.split()) in shown
    assert module.EXAMPLES in ran.out
    assert dicommap(name, "-h") == ran


@pytest.mark.parametrize("name", ["", *COMMANDS])
@pytest.mark.parametrize("columns", ["80", "60", "200"])
def test_help_fits_the_terminal(name: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out = dicommap(*filter(None, [name]), "--help").out
    longest = max(map(len, out.splitlines()))
    assert longest <= 100
    if columns == "80":
        assert longest <= 80
    assert not [line for line in out.splitlines() if line != line.rstrip()]
    assert "None" not in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained_in_sentences(name: str) -> None:
    parser = RootParser().commands[name]
    parser.load_command()
    for action in parser._actions:
        assert action.help, action
        assert action.help.endswith("."), action.help
        assert not takes_value(action) or action.metavar or action.choices or action.dest == "status", action


def test_all_commands_are_listed_in_whole_lines() -> None:
    listed = dicommap("--help").out
    for name, summary in COMMANDS.items():
        assert f"  {name} " in listed
        assert f"{summary}\n" in listed


def test_a_call_without_words_shows_the_help_on_stderr() -> None:
    ran = dicommap()
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == dicommap("--help").out


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--help"], HEAVY | DRAWING | WRONG | {f"dicommap.cli.{name}" for name in COMMANDS}),
        (["scan", "{tree}", "-o", "{output}", "-j", "1"], HEAVY - {"dicommap.inventory"} | DRAWING | SPECIAL | WRONG),
        (["show", "{inventory}"], HEAVY - {"dicommap.inventory"}),
    ],
)
def test_nothing_is_imported_that_is_not_needed(
    arguments: list[str], unneeded: set[str], tree: Path, tmp_path: Path
) -> None:
    inventory = tmp_path / "i.db"
    dicommap("scan", tree, "-o", inventory)
    given = [one.format(tree=tree, output=tmp_path / "o.db", inventory=inventory) for one in arguments]
    assert not unneeded & modules_of(*given)


def test_a_command_imports_no_other_one(tree: Path, tmp_path: Path) -> None:
    loaded = modules_of("scan", tree, "-o", tmp_path / "i.db")
    assert {name for name in COMMANDS if f"dicommap.cli.{name}" in loaded} == {"scan"}


def test_help_imports_little_beside_argparse() -> None:
    """Modules are counted, since their number is the same each time: twice argparse's time is what they may cost."""
    alone = "import sys, argparse; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", alone], capture_output=True, check=True, text=True)
    added = modules_of("--help") - set(ran.stdout.split())
    added = {module for module in added if module in sys.stdlib_module_names or "." in module}
    assert "dicommap.cli.commands" in added
    assert not {module.partition(".")[0] for module in added} & {"rich", "pydantic", "sqlite3", "asyncio"}
    assert len(added) < 30, sorted(added)
