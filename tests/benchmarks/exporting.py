"""Inventories as Parquet files: CPU time, and the most memory that the process of an export held."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.child_usage import usage_of
from tests.benchmarks.machine import provenance
from tests.benchmarks.made.inventory import filled
from tests.benchmarks.options import Options
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table

GROWTH = 10
LEAST = 100_000
"""Rows of two batches: below, all rows are in memory at once, and with fewer there is less."""
SERIES, INSTANCES = 10, 10
"""Of each study, and of each series."""

_EXPORT = """
import sys, dicommap
with dicommap.Inventory.open(sys.argv[1]) as inventory:
    inventory.to_parquet(sys.argv[2], progress=False)
"""


def measure(options: Options) -> str:
    """Measure, and return the section."""
    with tempfile.TemporaryDirectory() as folder:
        measured = {count: _measured(Path(folder), count) for count in (options.files, options.files * GROWTH)}
    rows = [
        (f"{count:,}", f"{cpu:.1f}", f"{peak / 1e6:.0f}", f"{size / 1e6:.1f}")
        for count, (cpu, peak, size) in measured.items()
    ]
    (_, small, _), (_, large, _) = measured.values()
    judged = options.files >= LEAST
    bounded = Target(
        name=f"peak for {GROWTH} times as many instances",
        bound=1.2,
        at_least=False,
        measured=large / small if judged else None,
    )
    return f"""## Exporting to Parquet

{provenance("pyarrow")}

`Inventory.to_parquet` of all instances, in a process of its own: its CPU time and the most memory that it held at once.

{table(("instances", "CPU s", "peak MB", "file MB"), rows)}
{targets_table((bounded,))}"""


def _measured(folder: Path, instances: int) -> tuple[float, int, int]:
    inventory, frame = folder / f"{instances}.db", folder / f"{instances}.parquet"
    studies = max(instances // (SERIES * INSTANCES), 1)
    filled(inventory, studies=studies, series=SERIES, instances=INSTANCES).close()
    used = usage_of([sys.executable, "-c", _EXPORT, inventory, frame], accepted=(0,))
    return used.cpu, used.peak, frame.stat().st_size
