"""The floor: open, read and close alone."""

from __future__ import annotations

import os

from tests.benchmarks.reading import Row, one_by_one, run

FIRST_BYTES = 8_192


def read(path: str) -> Row:
    """Read the first bytes of a file and look at none."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    os.pread(descriptor, FIRST_BYTES, 0)
    os.close(descriptor)
    return ()


if __name__ == "__main__":
    run(one_by_one(read))
