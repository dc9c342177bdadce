"""However a tree changes between scans: a scan that trusts unchanged directories makes the rows of a first scan."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import dicommap
from dicommap.sources import LocalTree
from tests.support.example_counts import examples
from tests.support.p10_files import p10
from tests.support.slow_disk import CountedCalls
from tests.support.varied_tree import Rows, rows_of, scan_rows

NAMES = ["a", "b", "d/a", "d/b", "d/e/a", "d/e/f/a", "é/a"]
DIRECTORIES = ["d", "d/e", "d/e/f", "é"]
LONG_AGO = 10**18
RECENT = 15 * 10**17
"""Times after this one were set by a step, and not by this test."""
CONTENTS = [p10(SOPInstanceUID=f"1.{n}", PatientID=patient) for n in (1, 2, 3) for patient in ("P1", "P2")]
CONTENTS += [b"", b"text", CONTENTS[0][:200]]

Step = tuple[str, ...]
contents = st.sampled_from([str(number) for number in range(len(CONTENTS))])
steps = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), contents),
    st.tuples(st.just("change and add"), st.sampled_from(NAMES), contents),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("remove"), st.sampled_from(NAMES)),
    st.tuples(st.just("remove directory"), st.sampled_from(DIRECTORIES)),
    st.tuples(st.just("scan"), st.sampled_from(["all", "trust", "trust"])),
)


@examples(60)
@given(st.lists(steps, max_size=12))
def test_a_scan_that_trusts_directories_makes_the_rows_of_a_first_scan(taken: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        tree, output = Path(directory, "tree"), Path(directory, "i.db")
        tree.mkdir()
        (tree / "kept").write_bytes(CONTENTS[0])  # a source that has lost all its files is refused
        for moment, step in enumerate([*taken, ("scan", "trust")]):
            set_times(tree, LONG_AGO + moment)
            take(step, tree, output)
        system = CountedCalls()
        assert trusting_rows(tree, output, system) == scan_rows(tree)
        listed = {os.path.relpath(path, tree) for call, path in system.counts if call == "scandir"}
        assert listed <= {"."}, "nothing has changed; a scan looks at its root once more at the end"


def take(step: Step, tree: Path, output: Path) -> None:
    match step:
        case ("write", name, number):  # as most tools write: a new file takes the place of the old one
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            (path.parent / "new").write_bytes(CONTENTS[int(number)])
            (path.parent / "new").rename(path)
        case ("change and add", name, number) if (tree / name).is_file():  # in place, and its directory changes too
            path = tree / name
            path.write_bytes(CONTENTS[int(number)])
            path.with_name(f"added-{len(os.listdir(path.parent))}").write_bytes(b"added")
        case ("rename", name, new_name) if (tree / name).is_file() and (tree / new_name).parent.is_dir():
            (tree / name).rename(tree / new_name)
        case ("remove", name):
            (tree / name).unlink(missing_ok=True)
        case ("remove directory", name):
            shutil.rmtree(tree / name, ignore_errors=True)
        case ("scan", "all"):
            assert scan_rows(tree, output=output) == scan_rows(tree)
        case ("scan", "trust"):
            assert trusting_rows(tree, output) == scan_rows(tree)


def trusting_rows(tree: Path, output: Path, system: CountedCalls | None = None) -> Rows:
    source = LocalTree(tree, system=system or CountedCalls())
    with dicommap.scan(source, output=output, trust_directories=True) as inventory:
        return rows_of(inventory)


def set_times(tree: Path, time: int) -> None:
    """Set the times that the last step has changed, because a directory that changed just now is not trusted."""
    for directory, _, files in os.walk(tree):
        for path in [directory, *(os.path.join(directory, name) for name in files)]:
            if os.stat(path).st_mtime_ns > RECENT:
                os.utime(path, ns=(time, time))
