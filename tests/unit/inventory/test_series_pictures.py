"""Series and studies that know where their pictures are, and what that costs where none is asked for."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import dicommap
from dicommap.errors import InventoryError, MissingExtraError
from dicommap.model.study import Study
from tests.support.image_files import make_image_file, make_ramp, series_of

HEAVY = {"numpy", "pandas", "PIL", "pydicom", "openjpeg", "libjpeg", "rle", "pylibjpeg", "matplotlib"}
LOOK = """
import sys, dicommap
with dicommap.Inventory.open(sys.argv[1]) as inventory:
    inventory._repr_html_(), repr(inventory), list(inventory.series()), list(inventory.instances())
    list(inventory.studies()), inventory.distinct("PatientID"), list(inventory.issues()), inventory.plots
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
SHOW = """
import contextlib, io, sys
from dicommap.cli.main import main
sys.argv = ["dicommap", "show", sys.argv[1]]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("program", [LOOK, SHOW], ids=["in Python", "on the command line"])
def test_showing_an_inventory_imports_nothing_that_reads_pixels(tree: Path, tmp_path: Path, program: str) -> None:
    path = tmp_path / "inventory.db"
    dicommap.scan(tree, output=path).close()
    ran = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    imported = set(ran.stdout.split())
    assert "sqlite3" in imported
    assert not imported & HEAVY


def test_pictures_are_of_open_inventories(tmp_path: Path) -> None:
    with series_of(tmp_path, make_image_file(make_ramp(0, 255, "uint8"))) as series:
        assert not series.thumbnail().is_placeholder
    with pytest.raises(InventoryError, match="is closed"):
        series.thumbnail()


def test_a_series_travels_without_its_pictures(tmp_path: Path) -> None:
    with series_of(tmp_path, make_image_file(make_ramp(0, 255, "uint8"))) as series:
        other = pickle.loads(pickle.dumps(series))
        assert other == series
        with pytest.raises(InventoryError, match="not open"):
            other.montage()


def test_without_the_extra_all_but_pictures_works(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.model.extras.find_spec", lambda name: None)
    with dicommap.scan(tree) as inventory:
        study = next(inventory.studies())
        assert study == type(study).from_series(study.series)
        assert isinstance(study, Study)
        for ask in (study.overview, study.series[0].thumbnail, study.series[0].montage):
            with pytest.raises(MissingExtraError):
                ask()
        assert inventory.plots.modalities().svg
