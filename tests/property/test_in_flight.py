"""The inventory is the same, row for row, however many files are read at once and whichever of them are slow."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicommap
from dicommap.scanning import pipeline
from dicommap.sources.local_tree import LocalTree
from tests.support.example_counts import examples
from tests.support.slow_disk import WaitingCalls
from tests.support.varied_tree import Rows, rows_of, scan_rows, varied_tree


@pytest.fixture(scope="module")
def tree() -> Path:
    return varied_tree(Path(tempfile.mkdtemp()) / "tree")


@pytest.fixture(scope="module")
def expected(tree: Path) -> Rows:
    return scan_rows(tree)


class UnevenCalls(WaitingCalls):
    """Calls that wait one of several times each, in the order in which they begin."""

    def __init__(self, times: list[float]) -> None:
        self.times = times
        self.calls = 0

    def wait(self, call: str, path: str | int) -> None:
        self.calls += 1
        seconds = self.times[self.calls % len(self.times)]
        if seconds:
            time.sleep(seconds)


@given(
    st.lists(st.sampled_from([0, 0.0003, 0.001, 0.003]), min_size=1, max_size=30),
    st.integers(1, 70),
    st.sampled_from([1, 1, 1, 2]),
    st.sampled_from([7, 40, 500]),
)
@examples(40)
def test_same_rows(
    tree: Path, expected: Rows, times: list[float], in_flight: int, jobs: int, files_per_batch: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "FILES_PER_BATCH", files_per_batch)
        source = LocalTree(tree, system=UnevenCalls(times))
        with dicommap.scan(source, in_flight=in_flight, jobs=jobs) as inventory:
            assert rows_of(inventory) == expected
