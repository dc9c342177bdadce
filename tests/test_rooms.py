"""The rooms of the house: pure rooms do no I/O, modules are of a readable size, tests stand where their modules are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

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
    "updates",
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


def doors_of(path: Path) -> set[str]:
    """Return the modules and functions with which a module leaves the process."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    modules = {name.partition(".")[0] for name in imported(tree)}
    return modules & DOORS_OUT | calls & {"open", "print", "input", "exec", "eval"}


def test_pure_rooms_have_no_door_to_the_outside() -> None:
    modules = [path for path in pure_modules() if path != READS_SCHEMAS]
    assert len(modules) > 50
    assert {str(path.relative_to(SOURCE)): doors for path in modules if (doors := doors_of(path))} == {}


def test_modules_have_at_most_400_lines_and_no_empty_names() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    assert len(lines) > 100
    assert {str(path.relative_to(SOURCE)): count for path, count in lines.items() if count > MAX_LINES} == {}
    empty = {"utils", "util", "helpers", "common", "core", "manager", "base", "misc", "schemas"}
    assert [path for path in lines if path.stem in empty] == []


def test_unit_tests_stand_where_their_module_is() -> None:
    """`tests/unit/room/test_module.py` tests `room/module.py`; `test_module_topic.py` is one more file for it."""
    files = sorted(UNIT_TESTS.rglob("test_*.py"))
    assert len(files) > 100
    assert [str(path.relative_to(UNIT_TESTS)) for path in files if not has_module(path)] == []


def has_module(path: Path) -> bool:
    """Return whether the name of a unit test begins with that of a module in the same room."""
    room = SOURCE / path.parent.relative_to(UNIT_TESTS)
    name = path.stem.removeprefix("test_")
    return any(name == module.stem or name.startswith(f"{module.stem}_") for module in room.glob("*.py"))
