"""Slow storage changes no row of an inventory, whatever the number of processes."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

import dicommap
from dicommap.sources import FileList
from tests.support.slow_disk import slow_tree
from tests.support.varied_tree import age, rows_of, scan_rows, varied_tree


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = varied_tree(tmp_path_factory.mktemp("slow") / "tree")
    age(made)
    return made


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_are_those_of_a_scan_of_fast_storage(tree: Path, tmp_path: Path, jobs: int) -> None:
    fast = scan_rows(tree)
    for _ in range(2):  # the second scan reads the status of files only
        with dicommap.scan(slow_tree(tree, 0.001), output=tmp_path / "i.db", jobs=jobs) as inventory:
            assert rows_of(inventory) == fast
    assert not [thread for thread in threading.enumerate() if thread.name == "dicommap-call"]  # S3 keeps its own


def test_a_list_of_files_has_the_rows_of_fast_storage(tree: Path) -> None:
    listed = ["text", "many/0001", "missing", "sub", *(f"many/{n:04}" for n in range(60))]
    with closing(FileList(slow_tree(tree, 0.001), listed)) as files, dicommap.scan(files) as inventory:
        assert rows_of(inventory) == scan_rows(tree, files=listed)
