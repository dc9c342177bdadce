"""Tables of `dicommap show` cut long cells; other formats have them whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicommap.cli.show import CELL_LIMIT
from tests.cli.running import dicommap
from tests.support.filled_inventories import added, inventory_of


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_cell_of_100_kilobytes(form: str, tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    with inventory_of(added("a", "1.2.1 1.2.1.1 1.2.1.1.1", StudyDescription="x" * 100_000), path=path):
        pass
    count = dicommap("show", path, "--level", "study", "--format", form, "--show-values").out.count("x")
    assert CELL_LIMIT - 20 < count <= CELL_LIMIT if form == "table" else count >= 100_000
