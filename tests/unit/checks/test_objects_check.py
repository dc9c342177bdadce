"""Tables of objects go by, and leave nothing in memory; tests/unit/checks/test_package_check.py has what is found."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

from dicommap.checks.objects_check import objects_issues
from dicommap.issues import Location
from dicommap.model.hierarchy import Disposition
from dicommap.model.planned_object import PlannedObject, objects_pieces

ROWS = 20_000


def lines() -> Iterator[bytes]:
    objects = (
        PlannedObject(
            key=f"{number:09}/1.dcm", size=1, disposition=Disposition.INSTANCE, root=0, source=f"{number:09}/1.dcm"
        )
        for number in range(ROWS)
    )
    for piece in objects_pieces(objects):
        yield from piece.encode().splitlines(keepends=True)


def test_memory_does_not_grow_with_the_rows() -> None:
    job = {"instances": ROWS, "sourceFiles": ROWS, "sourceBytes": ROWS, "folders": ROWS + 1}
    size = sum(map(len, lines()))
    tracemalloc.start()
    try:
        found = list(objects_issues(lines(), {**job, "files": [{"path": "overrides/a.json"}]}, "o", Location()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == []
    assert peak < size / 2
