"""Looking at inventories: CPU time and size of their HTML, the first time and again."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from dicommap.inventory import Inventory
from tests.benchmarks.machine import provenance
from tests.benchmarks.made.inventory import filled
from tests.benchmarks.options import Options
from tests.benchmarks.table import table

SHAPES = ((10_000, 2, 10), (100, 1_000, 1), (1, 100_000, 1))
"""Studies, series of each, instances of each of these."""


def measure(options: Options) -> str:
    """Measure, and return the section."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [_measured(Path(folder) / f"{index}.db", shape, options.rounds) for index, shape in enumerate(SHAPES)]
    return (
        f"## Looking at an inventory\n\n{provenance()}\n\n"
        "CPU time of `Inventory._repr_html_`, medians: of an inventory just opened, and again. Aimed at: under "
        "0.2 s and 300 kB for 10,000 studies.\n\n"
        + table(("studies x series x instances", "first, ms", "again, ms", "HTML, kB"), rows)
    )


def _measured(path: Path, shape: tuple[int, int, int], rounds: int) -> tuple[str, ...]:
    studies, series, instances = shape
    filled(path, studies=studies, series=series, instances=instances).close()
    times = [list(_times(path)) for _ in range(max(rounds, 3))]
    first, again = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    with Inventory.open(path) as inventory:
        size = len(inventory._repr_html_().encode())
    return f"{studies:,} x {series:,} x {instances}", f"{first:.0f}", f"{again:.1f}", f"{size / 1000:.0f}"


def _times(path: Path) -> Iterator[float]:
    with Inventory.open(path) as inventory:
        for _ in range(2):
            started = time.process_time()
            inventory._repr_html_()
            yield time.process_time() - started
