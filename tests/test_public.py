"""What `import dicommap` offers."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

import dicommap

ROOT = Path(__file__).parents[1]


def test_all_public_names_exist() -> None:
    assert all(hasattr(dicommap, name) for name in dicommap.__all__)


def test_the_reference_names_what_exists() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    names = re.findall(r"^\.\. auto(?:class|function|module):: (dicommap[\w.]*)", text, re.MULTILINE)
    assert len(names) > 100
    for name in names:
        resolve_name(name)  # raises an error if there is no such name


def test_an_inventory_file_is_opened_in_three_ways(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    dicommap.scan(inventory.sources[0], output=path).close()
    for open_inventory in (dicommap.Inventory, dicommap.Inventory.open, dicommap.open):
        for given in (path, str(path)):
            with open_inventory(given) as opened:
                assert opened.summary() == inventory.summary()
    with pytest.raises(dicommap.DicommapError, match="There is no inventory at"):
        dicommap.open(tmp_path / "other.db")
    with pytest.raises(dicommap.DicommapError, match="path is a value of type int"):
        dicommap.open(3)  # type: ignore[arg-type]


def test_the_main_job(inventory: dicommap.Inventory) -> None:
    assert repr(inventory).startswith("Inventory: 2 studies, 4 series, 8 instances, ")


def test_dir_lists_each_name_once() -> None:
    names = dir(dicommap)
    assert len(names) == len(set(names))
    assert set(dicommap.__all__) <= set(names)
