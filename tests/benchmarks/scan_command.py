"""The commands that scan whole trees, as people run them."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.child_usage import Usage, usage_of
from tests.benchmarks.options import work_directory
from tests.benchmarks.peers.environment import Environment

_DICOMMAP = [sys.executable, "-m", "dicommap"]


def inventory_of(tree: Path) -> Path:
    """Return where benchmarks put the inventory of a tree."""
    return work_directory() / f"{tree.parent.name}-{tree.name}.inventory.db"


def scan(tree: Path, *, jobs: int = 1) -> Usage:
    """Run `dicommap scan` into a new inventory."""
    for left in work_directory().glob(f"{inventory_of(tree).name}*"):
        left.unlink()
    return rescan(tree, jobs=jobs)


def rescan(tree: Path, *, jobs: int = 1) -> Usage:
    """Run `dicommap scan` on the inventory that is there."""
    return usage_of([*_DICOMMAP, "scan", tree, "-o", inventory_of(tree), "-j", str(jobs)])


def imgtools_index(environment: Environment, tree: Path) -> Usage:
    """Run `imgtools index` with one job. Raises CommandFailedError where it fails."""
    output = work_directory() / "imgtools"
    command: list[str | Path] = [environment.bin / "imgtools", "index", "--dicom-dir", tree, "--output-dir", output]
    return usage_of([*command, "--n-jobs", "1", "--force"], accepted=(0,))
