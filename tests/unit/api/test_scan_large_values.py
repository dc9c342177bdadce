"""Rows that hold much are given back before their task is done; the inventory is the same."""

from __future__ import annotations

import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import dicommap
from dicommap.model.study import SourceFile
from dicommap.scanning import tasks
from dicommap.scanning.pipeline import Batch
from dicommap.scanning.tasks import ReadTask, read_files
from dicommap.sources import LocalTree
from tests.support.p10_files import p10, uid
from tests.support.varied_tree import age, rows_of, varied_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return varied_tree(tmp_path / "tree")


@pytest.mark.parametrize("limit", [0, 300, 5_000])
def test_the_inventory_is_the_same_wherever_reading_stops(
    tree: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dicommap.scan(tree) as whole, ThreadPoolExecutor(3) as executor:
        monkeypatch.setattr(tasks, "MAX_ROW_CHARACTERS", limit)
        for options in ({}, {"executor": executor}):
            with dicommap.scan(tree, **options) as inventory:  # type: ignore[arg-type]
                assert rows_of(inventory) == rows_of(whole)
                assert inventory.summary().read == whole.summary().read


def test_what_is_known_and_what_is_read_stay_in_their_order(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(tree)
    monkeypatch.setattr(tasks, "MAX_ROW_CHARACTERS", 0)
    output = tmp_path / "i.db"
    with dicommap.scan(tree, output=output):
        pass
    for number in range(3):
        (tree / f"a{number}").write_bytes(p10(SOPInstanceUID=uid(1, 1, 100 + number)))
    with dicommap.scan(tree, output=output) as again, dicommap.scan(tree) as anew:
        assert rows_of(again) == rows_of(anew)
        assert again.summary().unchanged > 0


def test_members_of_an_archive_are_each_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tree").mkdir()
    with zipfile.ZipFile(tmp_path / "tree/a.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.dcm", p10(SOPInstanceUID=uid(1, 1, number + 1)))
    monkeypatch.setattr(tasks, "MAX_ROW_CHARACTERS", 0)
    with dicommap.scan(tmp_path / "tree", archives=True) as inventory:
        assert inventory.summary().instances == 5


def test_at_least_one_file_is_read_and_values_and_issues_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(p10())
    (tmp_path / "c").write_bytes(b"no file of DICOM")
    task = ReadTask(
        LocalTree(tmp_path).opener, (), "", tuple((name, (tmp_path / name).stat().st_size) for name in "cab")
    )
    monkeypatch.setattr(tasks, "MAX_ROW_CHARACTERS", 0)
    assert len(read_files(task).files) == 1
    monkeypatch.setattr(tasks, "MAX_ROW_CHARACTERS", 10_000)
    assert len(read_files(task).files) == 3


def test_a_batch_is_split_behind_the_files_that_were_read() -> None:
    files = [SourceFile(path=name, size=1, mtime_ns=0) for name in "abcdef"]
    row = ("not-dicom", None, None, None, ())
    batch = Batch(0, files, {"b": row, "e": row}, {}, 2)
    first, rest = batch.split(2)
    assert [[file.path for file in part.files] for part in (first, rest)] == [["a", "b", "c"], ["d", "e", "f"]]
    assert (first.unchanged, rest.unchanged) == (0, 2)
