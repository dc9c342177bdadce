"""Opening an inventory and showing it loads nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import dicommap

HEAVY = ("numpy", "pandas", "polars", "pyarrow", "pydicom.pixels", "pydicom.pixel_data_handlers")

SHOWN = """
import sys
import dicommap
with dicommap.Inventory.open(sys.argv[1]) as inventory:
    assert repr(inventory).startswith("Inventory: 2 studies, 4 series, 8 instances")
    assert inventory._repr_html_()
    assert len(list(inventory.instances())) == 8
print(*sys.modules)
"""

LISTED = """
import sys
from dicommap.cli.main import main
inventory = sys.argv[1]
for level in ("study", "series", "instance", "file", "issue"):
    for form in ("table", "jsonl"):
        sys.argv = ["dicommap", "show", inventory, "--level", level, "--format", form]
        try:
            main()
        except SystemExit as end:
            assert end.code == 0
print()
print(*sys.modules)
"""


@pytest.mark.parametrize("code", [SHOWN, LISTED], ids=["shown", "listed"])
def test_showing_an_inventory_loads_no_heavy_module(tree: Path, tmp_path: Path, code: str) -> None:
    path = tmp_path / "inventory.db"
    dicommap.scan(tree, output=path).close()
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    loaded = ran.stdout.splitlines()[-1].split()
    assert "dicommap.inventory.inventory" in loaded
    assert not {module for module in loaded for heavy in HEAVY if module == heavy or module.startswith(f"{heavy}.")}
