"""What a run of the benchmarks is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout: benchmarks run from here."""

WORK = ROOT / ".bench"
"""Where benchmarks keep peers' environments, made files and what scans write; git does not see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    corpus: Path | None = None
    """A directory of real P10 files of many slices."""
    files: int = 100_000
    """Files of the made corpus."""
    rounds: int = 7
    """Repeats of what is fast; what is slow has fewer."""
    peers: bool = True
    """Whether others are measured as well."""
    before: Path | None = None
    """A checkout of another commit, which is measured beside this one."""


def work_directory() -> Path:
    """Return the directory that benchmarks write in, made so that git ignores it."""
    WORK.mkdir(exist_ok=True)
    (WORK / ".gitignore").write_text("*\n", encoding="utf-8")
    return WORK
