"""dicommap's header reading: the one place where benchmarks call it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from dicommap.p10 import Header, HeaderReader, ReadAt, RejectedFile, WantedAttributes
from tests.benchmarks.reading import Row, run
from tests.benchmarks.wanted import ATTRIBUTES

TEN = WantedAttributes(
    tuple(name for name in ATTRIBUTES if not name.endswith("UID") and name != "SpecificCharacterSet")
)
"""The ten attributes and InstanceNumber, which is always read."""


def new_reader(wanted: WantedAttributes) -> Callable[[ReadAt, int], Header | RejectedFile]:
    """Return a reader that has read nothing yet."""
    return HeaderReader(wanted).read


def read_all(paths: Sequence[str], wanted: WantedAttributes = TEN) -> list[Row]:
    """Read files with a new reader, so that nothing is kept from one round to the next."""
    read_one = new_reader(wanted)
    rows: list[Row] = []
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            size = os.fstat(descriptor).st_size
            found = read_one(lambda offset, length, file=descriptor: os.pread(file, length, offset), size)  # type: ignore[misc]
        finally:
            os.close(descriptor)
        rows.append(_row(found))
    return rows


def _row(found: Header | RejectedFile) -> Row:
    return list(map(found.values.get, ATTRIBUTES)) if isinstance(found, Header) else None


if __name__ == "__main__":
    usual = "usual" in sys.argv[1:]
    run((lambda paths: read_all(paths, WantedAttributes.default())) if usual else read_all)
