"""However a tree changes, and however often scans are stopped: a rescan makes the rows of a first scan."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

import dicommap
from dicommap.progress import Progress
from dicommap.scanning import pipeline
from tests.support.example_counts import examples
from tests.support.p10_files import p10
from tests.support.varied_tree import scan_rows

NAMES = ["a", "b", "a.b", "d/a", "d/b", "d/e/a", "é"]
LONG_AGO = 10**18
CONTENTS = [p10(SOPInstanceUID=f"1.{n}", PatientID=patient) for n in (1, 2, 3) for patient in ("P1", "P2")]
CONTENTS += [b"", b"text", CONTENTS[0][:200]]

Step = tuple[str, ...]
steps = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from([str(n) for n in range(len(CONTENTS))])),
    st.tuples(st.just("remove"), st.sampled_from(NAMES)),
    st.tuples(st.just("scan"), st.sampled_from(["cache", "no cache"])),
    st.tuples(st.just("stopped scan"), st.integers(1, 5).map(str)),
)


class Stop(Exception):  # noqa: N818
    """Ends a scan from within."""


@examples(40)
@given(st.lists(steps, max_size=14))
def test_a_rescan_makes_the_rows_of_a_first_scan(taken: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory, patch.object(pipeline, "FILES_PER_BATCH", 1):
        tree, output = Path(directory, "tree"), Path(directory, "i.db")
        tree.mkdir()
        (tree / "kept").write_bytes(CONTENTS[0])  # a source that has lost all its files is refused
        for moment, step in enumerate([*taken, ("scan", "cache")]):
            take(step, moment, tree, output)
        assert {path.name for path in Path(directory).iterdir()} == {"tree", "i.db"}


def take(step: Step, moment: int, tree: Path, output: Path) -> None:
    match step:
        case ("write", name, number):
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(CONTENTS[int(number)])
            os.utime(path, ns=(LONG_AGO, LONG_AGO + moment))
        case ("remove", name):
            (tree / name).unlink(missing_ok=True)
        case ("scan", kind):
            assert scan_rows(tree, output=output, cache=kind == "cache") == scan_rows(tree)
        case (_, count):
            before = output.read_bytes() if output.exists() else None
            with suppress(Stop):
                dicommap.scan(tree, output=output, progress=lambda progress: stop_at(int(count), progress)).close()
                return
            assert (output.read_bytes() if output.exists() else None) == before


def stop_at(count: int, progress: Progress) -> None:
    if progress.done >= count:
        raise Stop
