"""The methods of an inventory: pandas and Polars, and what a missing extra says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas
import polars
import pytest

from dicommap.errors import MissingExtraError
from dicommap.inventory import Inventory
from dicommap.inventory.frames.columns import FrameLevel
from dicommap.model.extras import EXTRA_MODULES
from tests.support.filled_inventories import inventory_of
from tests.support.frame_inventory import FILES, KEYWORDS

PANDAS = {
    "StudyInstanceUID": "str" if pandas.__version__ >= "3" else "object",
    "bytes": "Int64",
    "SeriesNumber": "Int64",
    "SliceThickness": "float64",
    "StudyDate": "datetime64[ms]",
    "mtime": "datetime64[ns, UTC]",
}


@pytest.mark.parametrize("files", [FILES, []], ids=["files", "none"])
def test_pandas_has_types_that_do_not_depend_on_the_values(files: list[object]) -> None:
    with inventory_of(*FILES[: len(files)], keywords=KEYWORDS) as inventory:
        frame = inventory.to_pandas()
    assert {name: str(frame.dtypes[name]) for name in PANDAS} == PANDAS
    assert len(frame) == (5 if files else 0)


def test_pandas_compares_dates() -> None:
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        frame = inventory.to_pandas()
    assert (frame["StudyDate"] >= "2024-01-01").sum() == 3
    assert frame["SeriesNumber"].sum() == 2


@pytest.mark.parametrize("level", FrameLevel)
def test_polars_has_the_rows_and_types_of_arrow(level: FrameLevel) -> None:
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        frame = inventory.to_polars(level)
        assert frame.to_dicts() == inventory.to_arrow(level).to_pylist()
    if level is FrameLevel.INSTANCE:
        assert frame.schema["StudyDate"] == polars.Date
        assert frame.schema["mtime"] == polars.Datetime("ns", "UTC")
        assert frame["StudyDate"].max() == date(2024, 2, 29)


CALLS: list[tuple[str, Callable[[Inventory, Path], object]]] = [
    ("arrow", lambda inventory, path: inventory.to_arrow()),
    ("arrow", lambda inventory, path: inventory.to_parquet(path)),
    ("pandas", lambda inventory, path: inventory.to_pandas()),
    ("polars", lambda inventory, path: inventory.to_polars()),
    ("pandas", lambda inventory, path: inventory.sql("select 1").to_pandas()),
]


@pytest.mark.parametrize(
    ("extra", "call", "module"), [(extra, call, module) for extra, call in CALLS for module in EXTRA_MODULES[extra]]
)
def test_a_missing_extra_names_its_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    extra: str,
    call: Callable[[Inventory, Path], object],
    module: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with inventory_of(*FILES) as inventory, pytest.raises(MissingExtraError) as caught:
        call(inventory, tmp_path / "frame.parquet")
    assert module in caught.value.message
    assert caught.value.fix == f"Install it: pip install 'dicommap[{extra}]'"
    assert not list(tmp_path.iterdir())


def test_extras_are_those_of_the_package() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra, modules in EXTRA_MODULES.items():
        named = {requirement.partition(">=")[0] for requirement in project["optional-dependencies"][extra]}
        assert named == set(modules)


def test_sql_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pyarrow", "pandas", "polars", "numpy"):
        monkeypatch.setitem(sys.modules, module, None)
    with inventory_of(*FILES) as inventory:
        assert inventory.sql("select count(*) from study").rows == [(2,)]
