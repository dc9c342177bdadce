"""Commands are known by name and summary, and imported when they are run."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dicommap.cli.commands import SUMMARIES
from tests.cli.running import dicommap

HELP = """
import sys
from dicommap.cli.application import app
app(["--help"], standalone_mode=False)
print(*sys.modules)
"""

HEAVY = {"pydicom", "numpy", "pandas", "jsonschema", "dicommap.workflows.draft", "dicommap.inventory"}


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_is_there_with_its_help(name: str) -> None:
    function = getattr(import_module(f"dicommap.cli.{name}"), f"{name}_command")
    ran = dicommap(name, "--help")
    assert ran.status == 0
    assert function.__doc__.split("\n")[0] in " ".join(ran.out.split())


def test_all_commands_are_listed_in_whole_lines() -> None:
    listed = dicommap("--help").out
    for name, summary in SUMMARIES.items():
        assert name in listed
        assert summary in listed


def test_a_command_that_is_none_is_told() -> None:
    ran = dicommap("scam")
    assert ran.status == 2
    assert "scam" in ran.err


PARSING = {"typer", "rich", "pydantic"}
"""What parses calls that are not plain, and draws on terminals: it takes longer to load than a small scan does."""

SPECIAL = {"concurrent.futures", "multiprocessing", "zipfile", "tarfile", "lzma", "html", "dicommap.pictures"}
"""What processes, archives and pictures need."""


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--help"], HEAVY),
        (["scan", "{tree}", "-o", "{output}", "-j", "1"], HEAVY - {"dicommap.inventory"} | PARSING | SPECIAL),
        (["show", "{inventory}"], HEAVY - {"dicommap.inventory"}),
    ],
)
def test_nothing_is_imported_that_is_not_needed(
    arguments: list[str], unneeded: set[str], tree: Path, tmp_path: Path
) -> None:
    inventory = tmp_path / "i.db"
    dicommap("scan", tree, "-o", inventory)
    given = [one.format(tree=tree, output=tmp_path / "o.db", inventory=inventory) for one in arguments]
    code = "import sys; from dicommap.cli.app import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code, *given]
    ran = subprocess.run(command, capture_output=True, check=True, text=True)
    assert not unneeded & set(ran.stderr.split())


def test_help_imports_little_beside_typer() -> None:
    """Modules are counted, since their number is the same each time: twice typer's time is what they may cost."""
    shown, alone = (
        set(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split())
        for code in (HELP, "import sys, typer; print(*sys.modules)")
    )
    added = {module for module in shown - alone if module in sys.stdlib_module_names or "." in module}
    assert "dicommap.cli.application" in added
    assert not {module.partition(".")[0] for module in shown - alone} & {"rich", "pydantic", "sqlite3", "asyncio"}
    assert len(added) < 30, sorted(added)
