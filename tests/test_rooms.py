"""The rooms of the house: pure rooms do no I/O, modules are of a readable size, tests stand where their modules are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "dicommap"
PURE = (
    "issues",
    "errors.py",
    "dicom",
    "healthimaging",
    "model",
    "p10",
    "edits",
    "overrides",
    "planning",
    "reconciliation",
    "verification",
    "probing",
    "validation",
    "display",
)
DOORS_OUT = {"os", "io.open", "socket", "pathlib", "shutil", "tempfile", "subprocess", "sqlite3", "urllib", "http"}
READS_SCHEMAS = SOURCE / "validation" / "schema_registry.py"
"""The one exception: it reads the schemas that come with the package."""

UNIT_TESTS = SOURCE.parents[1] / "tests" / "unit"
MAX_LINES = 400


def pure_modules() -> Iterator[Path]:
    for room in PURE:
        place = SOURCE / room
        yield from [place] if place.is_file() else sorted(place.rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", list(pure_modules()), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_pure_rooms_have_no_door_to_the_outside(path: Path) -> None:
    if path == READS_SCHEMAS:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {name.partition(".")[0] for name in imported(tree)} & DOORS_OUT
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"open", "print", "input", "exec", "eval"}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_modules_have_at_most_400_lines_and_no_empty_names(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    assert path.stem not in {"utils", "util", "helpers", "common", "core", "manager", "base", "misc", "schemas"}


@pytest.mark.parametrize(
    "path", sorted(UNIT_TESTS.rglob("test_*.py")), ids=lambda path: path.relative_to(UNIT_TESTS).as_posix()
)
def test_unit_tests_stand_where_their_module_is(path: Path) -> None:
    """`tests/unit/room/test_module.py` tests `room/module.py`; `test_module_topic.py` is one more file for it."""
    room = SOURCE / path.parent.relative_to(UNIT_TESTS)
    name = path.stem.removeprefix("test_")
    assert any(name == module.stem or name.startswith(f"{module.stem}_") for module in room.glob("*.py")), (
        f"no module in {room.relative_to(SOURCE)} has a name that {path.name} begins with"
    )
