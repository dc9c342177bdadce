"""pydicom's `dcmread` with `specific_tags` and `stop_before_pixels`."""

from __future__ import annotations

import warnings

from pydicom import dcmread

from tests.benchmarks.reading import Row, one_by_one, run
from tests.benchmarks.wanted import TAGS

_TAGS = list(TAGS)


def read(path: str) -> Row:
    """Read ten attributes of a file."""
    found = dcmread(path, specific_tags=_TAGS, stop_before_pixels=True)
    return [found[tag].value if tag in found else None for tag in TAGS]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    run(one_by_one(read))
