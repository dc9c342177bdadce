"""Tables of `dicommap show` cut long cells; other formats have them whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicommap.cli.options import Format
from dicommap.cli.show import CELL_LIMIT, ShowLevel, show_command
from tests.unit.inventory.filling import added, inventory_of


@pytest.mark.parametrize("form", [Format.TABLE, Format.CSV, Format.JSON])
def test_a_cell_of_100_kilobytes(form: Format, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "i.db"
    with inventory_of(added("a", "1.2.1 1.2.1.1 1.2.1.1.1", StudyDescription="x" * 100_000), path=path):
        pass
    show_command(path, ShowLevel.STUDY, form, show_values=True)
    count = capsys.readouterr().out.count("x")
    assert CELL_LIMIT - 20 < count <= CELL_LIMIT if form is Format.TABLE else count >= 100_000
