"""Whole scans, from the command line to a finished inventory: start-up counts."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.child_usage import CommandFailedError, Usage
from tests.benchmarks.corpora import Corpus
from tests.benchmarks.peers.environment import Environment
from tests.benchmarks.rounds import Contestant, alternate
from tests.benchmarks.scan_command import imgtools_index, rescan, scan
from tests.benchmarks.table import table, times

ROUNDS = 3
SCAN, INDEX = "`dicommap scan`", "`imgtools index`"
RESCAN, TWO_WORKERS = "`dicommap scan` again, nothing changed", "`dicommap scan -j 2`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """Medians of one command's runs."""

    cpu: float
    elapsed: float
    peak: int
    rounds: int

    @classmethod
    def of(cls, runs: Sequence[Usage]) -> Scanned:
        """Return the medians, and the highest peak."""
        return cls(
            cpu=statistics.median(run.cpu for run in runs),
            elapsed=statistics.median(run.elapsed for run in runs),
            peak=max(run.peak for run in runs),
            rounds=len(runs),
        )


def beside_index(corpus: Corpus, environment: Environment | None, rounds: int = ROUNDS) -> dict[str, Scanned]:
    """Scan a tree with dicommap and index it with imgtools, in alternating rounds.

    Where imgtools fails it is left out.
    """
    commands: dict[str, Callable[[], Usage]] = {SCAN: lambda: scan(corpus.tree)}
    if environment and "med-imagetools" in environment.versions:
        commands[INDEX] = lambda: imgtools_index(environment, corpus.tree)
        try:
            commands[INDEX]()
        except CommandFailedError:
            del commands[INDEX]
    return _measured(commands, rounds)


def made_scans(corpus: Corpus, rounds: int = ROUNDS) -> dict[str, Scanned]:
    """Scan the made corpus, scan it again, and scan it with two workers, in alternating rounds."""
    scan(corpus.tree)  # the first one warms the cache
    commands: dict[str, Callable[[], Usage]] = {
        SCAN: lambda: scan(corpus.tree),
        RESCAN: lambda: rescan(corpus.tree),
        TWO_WORKERS: lambda: scan(corpus.tree, jobs=2),
    }
    return _measured(commands, rounds)


def _measured(commands: Mapping[str, Callable[[], Usage]], rounds: int) -> dict[str, Scanned]:
    found = alternate({name: Contestant(command, rounds) for name, command in commands.items()})
    return {name: Scanned.of(runs) for name, runs in found.items()}


def beside_index_table(trees: Sequence[tuple[Corpus, Mapping[str, Scanned]]]) -> str:
    """Return a table with a row for each tree and command; the first tree has one file and tells start-up."""
    _, starting = trees[0]
    rows = []
    for corpus, found in trees:
        for command, one in found.items():
            more = len(corpus.paths) - 1
            per_file = f"{(one.cpu - starting[command].cpu) / more * 1e6:.0f}" if more else ""
            figures = [f"{one.cpu:.2f}", f"{one.elapsed:.2f}", times(one.cpu / found[SCAN].cpu), per_file]
            rows.append([f"{command}, {corpus.name}", *figures, str(one.rounds)])
    head = ("command, tree", "CPU s", "elapsed s", "× `dicommap scan`", "µs per further file", "rounds")
    return table(head, rows)


def made_table(scans: Mapping[str, Scanned], files: int, floor: float) -> str:
    """Return the table of the made corpus; `floor` is in microseconds for each file."""
    rows = []
    for command, one in scans.items():
        per_file = one.cpu / files * 1e6
        rows.append(
            [
                command,
                f"{one.cpu:.2f}",
                f"{one.elapsed:.2f}",
                f"{per_file:.1f}",
                times(per_file / floor),
                f"{files / one.cpu:,.0f}",
                f"{one.peak / 1e6:.0f}",
                str(one.rounds),
            ]
        )
    head = ("command", "CPU s", "elapsed s", "µs per file", "× floor", "files per CPU second", "peak MB", "rounds")
    return table(head, rows)
