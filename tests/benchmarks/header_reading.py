"""Reading ten attributes of each file of a corpus: everybody the same files, in the same order."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tests.benchmarks.corpora import Corpus
from tests.benchmarks.reader_process import Reader, Reading, Row
from tests.benchmarks.readers import FLOOR, OURS, OURS_USUAL, SPECIFIC_TAGS
from tests.benchmarks.rounds import Contestant, alternate
from tests.benchmarks.table import table, times
from tests.benchmarks.wanted import ATTRIBUTES

SLOW_ROUNDS = 3
_TEXT = [position for position, name in enumerate(ATTRIBUTES) if name in ("PatientName", "PatientID", "Manufacturer")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What reading a corpus took one reader."""

    microseconds: float
    """CPU time for each file, median of the rounds."""
    rounds: int
    refused: int
    differing: int
    """Files with a value that pydicom reads otherwise."""
    crashed: int
    """Files at which its process died; nobody is timed on them."""


def read_headers(corpus: Corpus, readers: Sequence[Reader], rounds: int) -> dict[str, Timing]:
    """Let readers read the same files round by round. Their first reading warms the cache and tells what they find.

    A reader whose process dies at every file is left out.
    """
    found = {reader.title: rows for reader in readers if (rows := reader.rows(corpus.paths))}
    paths = [path for path in corpus.paths if all(path in rows for rows in found.values())]
    counts = {reader.title: min(rounds, SLOW_ROUNDS) if reader.slow else rounds for reader in readers}
    measured = alternate(
        {one.title: Contestant(partial(one.read, paths), counts[one.title]) for one in readers if one.title in found}
    )
    judge = found.get(SPECIFIC_TAGS, found[OURS])
    return {
        title: _timing(
            readings,
            len(paths),
            differing=_differing(found[title], judge),
            crashed=len(corpus.paths) - len(found[title]),
        )
        for title, readings in measured.items()
    }


def _timing(readings: Sequence[Reading], files: int, *, differing: int, crashed: int) -> Timing:
    return Timing(
        microseconds=statistics.median(reading.seconds for reading in readings) / files * 1e6,
        rounds=len(readings),
        refused=readings[-1].refused,
        differing=differing,
        crashed=crashed,
    )


def _differing(rows: Mapping[str, Row], judge: Mapping[str, Row]) -> int:
    pairs = ((row, judge.get(path)) for path, row in rows.items())
    return sum(1 for row, other in pairs if row and other and _differ(row, other))


def _differ(row: Sequence[str], other: Sequence[str]) -> bool:
    # Not every reader decodes text, so text beyond ASCII is not compared.
    return any(
        mine != theirs and not (position in _TEXT and not (mine.isascii() and theirs.isascii()))
        for position, (mine, theirs) in enumerate(zip(row, other, strict=True))
    )


def timing_table(timings: Mapping[str, Timing]) -> str:
    """Return the table of one corpus."""
    floor, ours = timings[FLOOR].microseconds, timings[OURS].microseconds
    head = ("reader", "µs per file", "× floor", "× dicommap", "rounds", "refused", "differing", "crashed")
    return table(head, (_line(title, timing, floor, ours) for title, timing in timings.items()))


def _line(title: str, timing: Timing, floor: float, ours: float) -> list[str]:
    per_file = f"{timing.microseconds:.1f}" if timing.microseconds < 100 else f"{timing.microseconds:.0f}"
    ratios = [times(timing.microseconds / floor), times(timing.microseconds / ours)]
    if title == FLOOR:
        return [title, per_file, *ratios, str(timing.rounds), "", "", ""]
    counts = (timing.refused, timing.differing, timing.crashed)
    differing = "" if title == OURS_USUAL else f"{counts[1]:,}"
    return [title, per_file, *ratios, str(timing.rounds), f"{counts[0]:,}", differing, f"{counts[2]:,}"]
