"""A walk yields the same files in the same order, whatever the tree, the number of threads, and the limits."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from dicommap.sources import tree_walk
from tests.support.example_counts import examples
from tests.support.slow_disk import WaitingCalls
from tests.support.tree_walks import walk_in_threads, walk_one_by_one

NAMES = st.sampled_from(["a", "a.b", "a-b", "b", "A", "é", "a\udcff", "z", "0", "1", "10", "2"])
LEAVES = st.sampled_from(
    ["file", "fifo", "link to nothing", "link to the root", "link to a file", "link to a directory"]
)
TREES = st.dictionaries(
    NAMES, st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=6), max_leaves=30)
)
THREADS = st.sampled_from([1, 2, 64])


class HastyCalls(WaitingCalls):
    """System calls that return in any order."""

    def wait(self, call: str, path: str | int) -> None:
        """Wait for a random time of at most 0.3 ms."""
        time.sleep(random.random() * 0.0003)


def make_tree(directory: str, tree: dict[str, object], root: str, outside: str) -> None:
    """Make the files, links and directories of a tree."""
    for name, leaf in tree.items():
        path = os.path.join(directory, name)
        if isinstance(leaf, dict):
            os.mkdir(path)
            make_tree(path, leaf, root, outside)
        elif leaf == "file":
            Path(path).write_bytes(name.encode("utf-8", "surrogateescape"))
        elif leaf == "fifo":
            os.mkfifo(path)
        else:
            targets = {"link to nothing": "/nowhere", "link to the root": root, "link to a file": f"{outside}/inner/f"}
            os.symlink(targets.get(str(leaf), outside), path)


@given(
    TREES,
    THREADS,
    st.sampled_from([1, 2, 128]),
    st.booleans(),
    st.sampled_from([1, 3, 8]),
    st.sampled_from([0, 5, 50_000]),
    st.sampled_from([0, 2, 4_096]),
)
@examples(100)
def test_files_and_order_do_not_depend_on_threads_and_limits(
    tree: dict[str, object],
    threads: int,
    kept: int,
    follow_links: bool,
    files_per_call: int,
    names_ahead: int,
    names_in_directory: int,
) -> None:
    place = tempfile.mkdtemp()
    try:
        root, outside = os.path.join(place, "root"), os.path.join(place, "outside")
        os.makedirs(os.path.join(outside, "inner"))
        Path(outside, "inner", "f").write_bytes(b"1")
        os.mkdir(root)
        make_tree(root, tree, root, outside)
        expected = list(walk_one_by_one(root, follow_links=follow_links))
        with (
            patch.object(tree_walk, "FILES_PER_CALL", files_per_call),
            patch.object(tree_walk, "MAX_NAMES_AHEAD", names_ahead),
            patch.object(tree_walk, "MAX_NAMES_IN_DIRECTORY_AHEAD", names_in_directory),
        ):
            walked = walk_in_threads(root, threads=threads, kept=kept, follow_links=follow_links, system=HastyCalls())
        assert walked == expected
    finally:
        shutil.rmtree(place)
