"""GDCM's Scanner, which takes all files at once."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from tests.benchmarks.reading import Row, run
from tests.benchmarks.wanted import TAGS

gdcm = import_module("gdcm")


def read_all(paths: Sequence[str]) -> list[Row]:
    """Scan files for ten attributes."""
    scanner = gdcm.Scanner()
    tags = [gdcm.Tag(tag >> 16, tag & 0xFFFF) for tag in TAGS]
    for tag in tags:
        scanner.AddTag(tag)
    scanner.Scan(list(paths))
    return [_row(scanner, path, tags) if scanner.IsKey(path) else None for path in paths]


def _row(scanner: object, path: str, tags: Sequence[object]) -> Row:
    value_of = scanner.GetValue  # type: ignore[attr-defined]
    return [value_of(path, tag) for tag in tags]


if __name__ == "__main__":
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
    run(read_all)
