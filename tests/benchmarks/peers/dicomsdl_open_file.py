"""dicomsdl's `open_file`, loading up to the last wanted element."""

from __future__ import annotations

from importlib import import_module

from tests.benchmarks.reading import Row, one_by_one, run
from tests.benchmarks.wanted import LAST, TAGS

dicomsdl = import_module("dicomsdl")


def read(path: str) -> Row:
    """Read ten attributes of a file."""
    found = dicomsdl.open_file(path, LAST + 1)
    return [found.getDataElement(tag).value() for tag in TAGS]


if __name__ == "__main__":
    run(one_by_one(read))
