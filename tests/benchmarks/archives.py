"""Large archives: what the commands after a scan take for 1 and 10 million instances, and the whole for 100 million.

The inventories are written directly, without files, because 10 million files do not fit on the disk of most machines.
Their studies have 50 instances each. `draft` gets one edit of each study, from a rule.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.child_usage import Usage, usage_of
from tests.benchmarks.machine import provenance
from tests.benchmarks.made.corpus import made_corpus
from tests.benchmarks.made.inventory import filled
from tests.benchmarks.options import Options, work_directory
from tests.benchmarks.scan_command import rescan, scan
from tests.benchmarks.table import table

INSTANCES_OF_STUDY = 50
STUDIES_IN_FOLDER = 80
"""Studies in one folder: 4,000 files, which one import job takes."""
COUNTS = (1_000_000, 10_000_000)
"""Instances of the inventories that are measured."""
WHOLE = 100_000_000
"""Instances that the commands are estimated for."""
LATENCIES = (0.0, 0.001, 0.005, 0.02)
"""Seconds that each system call on a file waits."""
CALLS_PER_FILE = 3
"""System calls of a scan that wait for each file: stat, open and read."""
WORKERS = (1, 2, 8, 32)
IN_FLIGHT = 64
"""Files that one process reads at the same time."""

RULES = """
[[rule]]
name = "department"
level = "study"
set.InstitutionalDepartmentName = "Radiology"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """CPU seconds that a scan takes for each file."""

    worker: float
    """In a process that reads."""
    writer: float
    """In the process that walks and writes the inventory."""


def measure(options: Options, counts: Sequence[int] = COUNTS) -> str:
    """Measure, and return the section."""
    with tempfile.TemporaryDirectory(dir=work_directory()) as folder:
        found = [(count, *_measure_commands(Path(folder), count)) for count in counts]
    rows = [
        (name, f"{count:,}", f"{usage.elapsed:.1f}", f"{usage.cpu:.1f}", f"{usage.peak / 1e6:.0f}")
        for count, _, usages in found
        for name, usage in usages.items()
    ]
    sizes = ", ".join(f"{size / 1e9:.2f} GB for {count:,}" for count, size, _ in found)
    (count, size, usages) = found[-1]
    growth = WHOLE / count
    estimates = [(f"`{name}`", _format_hours(usage.cpu * growth)) for name, usage in usages.items()]
    costs = _scan_costs(options)
    latencies = (f"{latency * 1000:g} ms" for latency in LATENCIES)
    return f"""## Large archives

{provenance("dicommap")}

Inventories with studies of {INSTANCES_OF_STUDY} instances, written without files: {sizes} instances.
`draft` sets one attribute of each study by a rule. Peak is the memory of the largest process.

{table(("command", "instances", "elapsed s", "CPU s", "peak MB"), rows)}
### Estimates for {WHOLE:,} instances

Not measured: calculated from the figures of this run. The inventory takes {size * growth / 1e9:.0f} GB. After the scan:

{table(("command", "time"), estimates)}
For each file, a scan takes {_format_microseconds(costs.worker)} of CPU time in a process that reads, and
{_format_microseconds(costs.writer)} in the process that walks and writes. {CALLS_PER_FILE} system calls wait for
the storage, and each process has {IN_FLIGHT} files in flight. The columns are the time that the storage takes for a
call. The storage is assumed to answer any number of calls at the same time.

{table(("processes", *latencies), _estimate_scans(costs))}
If more processes no longer make a column faster, the process that writes is the limit, on one machine as on a cluster.
"""


def _measure_commands(folder: Path, count: int) -> tuple[int, dict[str, Usage]]:
    """Return the size of an inventory with `count` instances, in bytes, and what each command used."""
    path, rules, package = folder / f"{count}.db", folder / "rules.toml", folder / f"package-{count}"
    studies = count // INSTANCES_OF_STUDY
    half = INSTANCES_OF_STUDY // 2
    filled(path, studies=studies, series=2, instances=half, studies_in_folder=STUDIES_IN_FOLDER).close()
    rules.write_text(RULES, encoding="utf-8")
    command = (sys.executable, "-m", "dicommap")
    target = ("--input-s3-uri", "s3://example-bucket/archive/")
    usages = {
        "show": usage_of((*command, "show", path)),
        "show --level study --format csv": usage_of((*command, "show", path, "--level", "study", "--format", "csv")),
        "sheet": usage_of((*command, "sheet", path, "-o", folder / f"{count}.csv")),
        "draft": usage_of((*command, "draft", path, "--rules", rules, *target, "-o", package)),
        "validate": usage_of((*command, "validate", package)),
    }
    return path.stat().st_size, usages


def _scan_costs(options: Options) -> Costs:
    """Return the CPU time of a file in a process that reads, and in the process that walks and writes.

    A scan that takes all files from the previous inventory walks and writes, but reads no file.
    """
    few, many = options.files // 10, options.files
    first, again = [], []
    for files in (few, many):
        tree = made_corpus(files, work_directory())
        first.append(scan(tree, jobs=1).cpu)
        again.append(rescan(tree, jobs=1).cpu)
    writer = (again[1] - again[0]) / (many - few)
    return Costs(worker=max((first[1] - first[0]) / (many - few) - writer, 0.0), writer=writer)


def _estimate_scans(costs: Costs) -> Iterator[tuple[str, ...]]:
    for workers in WORKERS:
        hours = []
        for latency in LATENCIES:
            waiting = CALLS_PER_FILE * latency / IN_FLIGHT / workers
            seconds = max(waiting, costs.worker / workers, costs.writer) * WHOLE
            hours.append(_format_hours(seconds))
        yield str(workers), *hours


def _format_microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def _format_hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 5400 else f"{seconds / 60:.0f} minutes"
