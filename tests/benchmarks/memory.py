"""The section on memory: the largest process of a scan of many instances."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.machine import provenance
from tests.benchmarks.made.corpus import made_corpus
from tests.benchmarks.options import Options, work_directory
from tests.benchmarks.scan_command import scan
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table

GROWTH = 10
JOBS = (1, 2)
JUDGED_AT = 1_000_000
"""Instances that the targets are about; a run with fewer does not judge them."""


def measure(options: Options) -> str:
    """Measure, and return the section."""
    counts = (options.files, options.files * GROWTH)
    peaks = {(count, jobs): _peak(_tree(count), jobs) for jobs in JOBS for count in counts}
    rows = [[f"`dicommap scan -j {jobs}`", f"{count:,}", f"{peak / 1e6:.0f}"] for (count, jobs), peak in peaks.items()]
    small, large = (max(peaks[count, jobs] for jobs in JOBS) for count in counts)
    judged = counts[1] >= JUDGED_AT
    targets = (
        Target(
            name=f"peak for {JUDGED_AT:,} instances",
            bound=300,
            at_least=False,
            unit="MB",
            measured=large / 1e6 if judged else None,
        ),
        Target(
            name=f"peak for {GROWTH} times as many instances",
            bound=1.2,
            at_least=False,
            measured=large / small if judged else None,
        ),
    )
    return f"""## Memory

{provenance("dicommap")}

The most memory that the largest process of a whole scan of made files held at once.

{table(("command", "instances", "peak MB"), rows)}
{targets_table(targets)}"""


def _tree(count: int) -> Path:
    return made_corpus(count, work_directory())


def _peak(tree: Path, workers: int) -> int:
    return scan(tree, jobs=workers).peak
