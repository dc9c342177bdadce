"""The limits that docs/limits.md lists are those of the code."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from dicommap.model import document_limits
from dicommap.model.document_limits import DocumentLimit
from dicommap.sources.archives import limits as archive_limits

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.splitlines()
    if line.startswith("|") and re.search(r"`[A-Z][A-Z0-9_]+`\s*\|$", line)
]


def constants(name: str) -> list[Any]:
    """Return the values of every constant of this name in the package's modules."""
    found = []
    for path in (ROOT / "src/dicommap").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
                __import__(module)
                found.append(getattr(sys.modules[module], name))
    return found


def numbers(cells: tuple[str, ...]) -> list[int]:
    return [int(cell.replace(",", "")) for cell in cells if re.fullmatch(r"[0-9][0-9,]*", cell)]


def numbers_of(limit: Any, count: int) -> list[int]:
    return [limit.bytes, limit.values][:count] if isinstance(limit, DocumentLimit) else [limit]


def test_there_are_rows() -> None:
    assert len(ROWS) > 10


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[-1].strip("`"))
def test_each_number_is_that_of_the_code(row: tuple[str, ...]) -> None:
    name, told = row[-1].strip("`"), numbers(row)
    found = constants(name)
    assert found, f"there is no {name} in the code"
    assert told in [numbers_of(one, len(told)) for one in found]


def test_each_limit_of_a_document_has_its_row() -> None:
    names = {name for name, value in vars(document_limits).items() if isinstance(value, DocumentLimit)} - {"LARGEST"}
    assert names <= {row[-1].strip("`") for row in ROWS}


def test_integers_have_as_many_digits_as_python_reads() -> None:
    assert sys.int_info.default_max_str_digits == document_limits.DIGITS_LIMIT


def test_each_limit_of_an_archive_has_its_row() -> None:
    names = {name for name in vars(archive_limits) if name.startswith("MAX_")} - {"MAX_P10_BYTES"}
    assert names <= {row[-1].strip("`") for row in ROWS}
