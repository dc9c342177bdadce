"""The section on slow disks: scans of a tree whose calls wait, beside a serial walker and parallel ones."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.child_usage import Usage, usage_of
from tests.benchmarks.machine import provenance
from tests.benchmarks.made.corpus import made_corpus
from tests.benchmarks.options import Options, work_directory
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table
from tests.support.slow_disk import COMPILER, slow_environment

FILES = 20_000
WAITS = (0.0, 0.001, 0.005)
"""Seconds before each stat, listing, open and read."""

SCAN, RESCAN = "`dicommap scan`", "`dicommap scan` again, nothing changed"
BASE_SCAN, BASE_RESCAN = "the commit before: scan", "the commit before: scan again"
FIND, FD, BFS = "`find -type f -printf '%s %T@'`", "`fd -t f --size +0b`, 64 threads", "`bfs -type f -printf '%s %T@'`"
FASTER = {0.001: 20, 0.005: 40}
"""Wait -> how many times faster than the commit before a scan should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowDisk:
    """A tree whose calls wait, and the place of inventories."""

    tree: Path
    wait: float

    def run(self, command: list[str | Path]) -> Usage:
        """Run a command whose calls for the tree wait."""
        return usage_of(command, environment=slow_environment(self.tree, self.wait))

    def scan_twice(self, python: str) -> tuple[Usage, Usage]:
        """Return the usage of a first scan and of a scan again, with the default options."""
        inventory = work_directory() / "slow-disk.db"
        for left in work_directory().glob(f"*{inventory.name}*"):
            left.unlink()
        command: list[str | Path] = [python, "-m", "dicommap", "scan", self.tree, "-o", inventory]
        return self.run(command), self.run(command)


def measure(options: Options) -> str:
    """Measure, and return the section."""
    if COMPILER is None:
        return "## Slow disks\n\nNot measured: this needs Linux and a C compiler.\n"
    tree = made_corpus(min(FILES, options.files), work_directory())
    files = sum(path.is_file() for path in tree.rglob("*"))
    measured = {wait: run_all(SlowDisk(tree=tree, wait=wait), options) for wait in WAITS}
    rows = [
        [name, f"{wait * 1e3:.0f}", f"{usage.elapsed:.2f}", f"{usage.cpu:.2f}", f"{files / usage.elapsed:,.0f}"]
        for wait, usages in measured.items()
        for name, usage in usages.items()
    ]
    return f"""## Slow disks

{provenance("dicommap")}

{files:,} made files on a local disk. A library (LD_PRELOAD) lets each stat, listing, open and read below the tree wait,
as on a network share. Start-up is included, all options are the defaults. One run of each command; with 0 ms the run
with the least CPU time of {min(3, options.rounds)}.

{table(("command", "ms for a call", "elapsed s", "CPU s", "files/s"), rows)}
{ratios(measured)}"""


def run_all(disk: SlowDisk, options: Options) -> dict[str, Usage]:
    """Run all commands on a slow disk, and return the fastest usage of each."""
    usages: dict[str, list[Usage]] = {}
    for _ in range(1 if disk.wait else min(3, options.rounds)):
        scanned = dict(zip((SCAN, RESCAN), disk.scan_twice(sys.executable), strict=True))
        if options.before is not None:
            python = str(options.before.absolute() / ".venv" / "bin" / "python")
            scanned |= zip((BASE_SCAN, BASE_RESCAN), disk.scan_twice(python), strict=True)
        for name, command in peers(disk.tree).items() if options.peers else ():
            scanned[name] = disk.run(command)
        for name, usage in scanned.items():
            usages.setdefault(name, []).append(usage)
    return {name: min(runs, key=lambda run: run.cpu if not disk.wait else run.elapsed) for name, runs in usages.items()}


def peers(tree: Path) -> dict[str, list[str | Path]]:
    """Return the commands of other programs that are installed here."""
    commands: dict[str, list[str | Path]] = {
        FIND: ["find", tree, "-type", "f", "-printf", "%s %T@\n"],
        FD: ["fdfind", ".", tree, "-t", "f", "--size", "+0b", "-j", "64"],
        BFS: ["bfs", tree, "-type", "f", "-printf", "%s %T@\n"],
    }
    found = {name: shutil.which(os.fspath(command[0])) for name, command in commands.items()}
    return {name: [path, *commands[name][1:]] for name, path in found.items() if path is not None}


def ratios(measured: Mapping[float, Mapping[str, Usage]]) -> str:
    """Return the targets that compare with the commit before, and what was measured."""
    targets = []
    for wait, usages in measured.items():
        for name, before in ((SCAN, BASE_SCAN), (RESCAN, BASE_RESCAN)):
            title = f"{name}, {wait * 1e3:.0f} ms for a call"
            has_base = before in usages
            if not wait:
                cpu = usages[name].cpu / usages[before].cpu if has_base else None
                targets.append(
                    Target(name=f"{title}: CPU of the commit before", bound=1.1, at_least=False, measured=cpu)
                )
            elif name == SCAN or wait == min(FASTER):
                elapsed = usages[before].elapsed / usages[name].elapsed if has_base else None
                targets.append(
                    Target(name=f"{title}: faster than the commit before", bound=FASTER[wait], measured=elapsed)
                )
        if wait and FIND in usages:
            ratio = usages[FIND].elapsed / usages[RESCAN].elapsed
            targets.append(
                Target(name=f"scan again, {wait * 1e3:.0f} ms for a call: faster than `find`", bound=1, measured=ratio)
            )
    return targets_table(targets)
