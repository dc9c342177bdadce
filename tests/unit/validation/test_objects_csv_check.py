"""Tables of objects go by, and leave nothing in memory; tests/unit/checks/test_package_check.py has what is found."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

from dicommap.issues import Location
from dicommap.model.study import Disposition
from dicommap.planning.planned_objects import PlannedObject, iterate_objects_csv
from dicommap.validation.objects_csv_check import check_objects_csv


def lines(rows: int) -> Iterator[bytes]:
    keys = (f"{number:09}/1.dcm" for number in range(rows))
    objects = (PlannedObject(key=key, size=1, disposition=Disposition.INSTANCE, root=0, source=key) for key in keys)
    for piece in iterate_objects_csv(objects):
        yield from piece.encode().splitlines(keepends=True)


def peak_of(rows: int) -> int:
    """Return the bytes that the check of a table held at most; its override files lie in a folder of their own."""
    counts = {"instances": rows, "sourceFiles": rows, "sourceBytes": rows, "folders": rows + 1}
    job = {**counts, "staged": False, "files": [{"path": "o/a.json"}]}
    tracemalloc.start()
    try:
        found = list(check_objects_csv(lines(rows), job, ["/data"], "o", Location()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == []
    return peak


def test_memory_does_not_grow_with_the_rows() -> None:
    peak_of(1)
    few, many = peak_of(4_000), peak_of(16_000)
    assert many < few * 1.1
