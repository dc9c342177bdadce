"""Parquet files: whole or not there, never over what is not theirs, in bounded memory."""

from __future__ import annotations

import errno
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from dicommap.errors import DocumentError, InventoryError
from dicommap.inventory.frames import arrow, parquet
from dicommap.inventory.frames.columns import FrameLevel
from dicommap.writing.partial_files import PartialFile
from tests.support.filled_inventories import added, inventory_of
from tests.support.frame_inventory import FILES, KEYWORDS


@pytest.mark.parametrize("level", FrameLevel)
def test_the_file_is_the_frame(tmp_path: Path, level: FrameLevel) -> None:
    path = tmp_path / "frame.parquet"
    with inventory_of(*FILES, keywords=KEYWORDS) as inventory:
        frame = inventory.to_arrow(level)
        assert inventory.to_parquet(path, level) == frame.num_rows
    assert pyarrow.parquet.read_table(path).equals(frame)
    assert os.listdir(tmp_path) == ["frame.parquet"]


def test_an_empty_frame_has_its_columns(tmp_path: Path) -> None:
    with inventory_of() as inventory:
        assert inventory.to_parquet(tmp_path / "frame.parquet") == 0
        assert pyarrow.parquet.read_schema(tmp_path / "frame.parquet").names == inventory.to_arrow().schema.names


def test_a_file_is_kept_unless_it_is_parquet_and_meant(tmp_path: Path) -> None:
    path = tmp_path / "frame.parquet"
    with inventory_of(*FILES) as inventory:
        inventory.to_parquet(path, "study")
        with pytest.raises(DocumentError, match="exists already"):
            inventory.to_parquet(path)
        assert pyarrow.parquet.read_table(path).num_rows == 2
        assert inventory.to_parquet(path, overwrite=True) == 5
        assert pyarrow.parquet.read_table(path).num_rows == 5


def test_what_is_no_parquet_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    with inventory_of(*FILES, path=path) as inventory:
        before = path.read_bytes()
        with pytest.raises(DocumentError, match="not a Parquet file"):
            inventory.to_parquet(path, overwrite=True)
        with pytest.raises(DocumentError, match="is a directory"):
            inventory.to_parquet(tmp_path, overwrite=True)
        with pytest.raises(DocumentError, match="cannot be written: No such file"):
            inventory.to_parquet(tmp_path / "none" / "frame.parquet")
    assert path.read_bytes() == before


@pytest.mark.parametrize("links", [True, False])
def test_a_name_that_is_taken_meanwhile_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    path = tmp_path / "frame.parquet"

    def taken(source: object, target: object) -> None:
        path.write_text("somebody's")
        raise FileExistsError(errno.EEXIST, "") if links else OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", taken)
    with inventory_of(*FILES) as inventory, pytest.raises(DocumentError, match="exists already"):
        inventory.to_parquet(path)
    assert path.read_text() == "somebody's"
    assert os.listdir(tmp_path) == ["frame.parquet"]


def test_file_systems_without_links_are_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: object, target: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    with inventory_of(*FILES) as inventory:
        assert inventory.to_parquet(tmp_path / "frame.parquet") == 5
    assert os.listdir(tmp_path) == ["frame.parquet"]


@pytest.mark.parametrize(
    ("error", "told"), [(OSError(errno.ENOSPC, "No space left on device"), DocumentError), (KeyboardInterrupt(), None)]
)
def test_nothing_half_written_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, told: type[Exception] | None
) -> None:
    def failing(path: object) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", failing)
    with inventory_of(*FILES) as inventory, pytest.raises(told or type(error)) as caught:
        inventory.to_parquet(tmp_path / "frame.parquet")
    assert told is None or "No space left" in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_told_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no device that is always full")

    monkeypatch.setattr(PartialFile, "open", lambda partial: full.open("wb", buffering=0))
    with inventory_of(*FILES) as inventory, pytest.raises(DocumentError, match="No space left"):
        inventory.to_parquet(tmp_path / "frame.parquet")


def test_damage_leaves_no_file(tmp_path: Path) -> None:
    with inventory_of(*FILES) as inventory:
        inventory._connection.execute("UPDATE file SET size = 'many'")
        inventory._connection.commit()
        with pytest.raises(InventoryError, match="damaged"):
            inventory.to_parquet(tmp_path / "frame.parquet")
    assert os.listdir(tmp_path) == []


@pytest.mark.long
def test_memory_does_not_grow_with_the_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "BATCH_ROWS", 500)
    monkeypatch.setattr(arrow, "_FETCH_ROWS", 100)
    few, many = (_peak(tmp_path / f"{count}", count, monkeypatch) for count in (1_000, 10_000))
    assert max(few) > 0
    assert many[0] < 1.5 * few[0], "Arrow's memory"
    assert many[1] < 1.5 * few[1], "Python's memory"


def _peak(path: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Return the most bytes that Arrow and Python held while this many instances were written."""
    held = []

    def watched(*arguments: object) -> tuple[pyarrow.Schema, Iterator[pyarrow.RecordBatch]]:
        schema, batches = arrow.read_record_batches(*arguments)  # type: ignore[arg-type]

        def each() -> Iterator[pyarrow.RecordBatch]:
            for batch in batches:
                held.append(pyarrow.total_allocated_bytes() - before)
                yield batch

        return schema, each()

    monkeypatch.setattr(parquet, "read_record_batches", watched)
    files = [added(f"{number:06}", f"1.1 1.1.1 1.{number:06}", PatientID="P" * 60) for number in range(count)]
    with inventory_of(*files, path=path) as inventory:
        del files
        before = pyarrow.total_allocated_bytes()
        tracemalloc.start()
        try:
            assert inventory.to_parquet(path.with_suffix(".parquet")) == count
            return max(held), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
