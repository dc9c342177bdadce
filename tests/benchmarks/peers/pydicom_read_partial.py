"""pydicom's `read_partial`, stopping behind the last wanted element."""

from __future__ import annotations

import warnings
from pathlib import Path

from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from tests.benchmarks.reading import Row, one_by_one, run
from tests.benchmarks.wanted import LAST, TAGS


def _behind_last(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    behind: bool = tag > LAST
    return behind


def read(path: str) -> Row:
    """Read ten attributes of a file."""
    with Path(path).open("rb") as file:
        found = read_partial(file, stop_when=_behind_last)
    return [found[tag].value if tag in found else None for tag in TAGS]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    run(one_by_one(read))
