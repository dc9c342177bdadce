"""The section on S3: a scan of objects beside bare requests for them, with the same client of the same server."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dicommap.api.scan import DEFAULT_IN_FLIGHT
from tests.benchmarks.machine import provenance
from tests.benchmarks.made.corpus import made_corpus
from tests.benchmarks.options import ROOT, Options, work_directory
from tests.benchmarks.rounds import Contestant, alternate
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table
from tests.support.s3_memory_server import BUCKET, memory_server_process
from tests.support.s3_server import environment

OBJECTS = 10_000
ROUNDS = 5
KEPT_BYTES = 20_000
"""Of each made file on the server: its header, and something of its pixel data, which nobody asks for."""

LATENCIES = (0.0, 0.02, 0.1)
"""Seconds before each answer: none, little, and what AWS says of S3 and small objects, 100 to 200 ms (Amazon S3 user
guide, "Best practices design patterns: optimizing Amazon S3 performance")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a contestant took."""

    seconds: float
    cpu: float
    objects: int


def measure(options: Options) -> str:
    """Measure, and return the section."""
    count = min(OBJECTS, options.files)
    tree = made_corpus(count, work_directory())
    found = {latency: beside(tree, latency, min(ROUNDS, options.rounds)) for latency in LATENCIES}
    rows = [
        [
            title,
            f"{latency * 1e3:.0f}",
            f"{one.objects / one.seconds:,.0f}",
            f"{one.cpu / one.objects * 1e6:.0f}",
            f"{one.seconds:.2f}",
        ]
        for latency, contestants in found.items()
        for title, one in contestants.items()
    ]
    targets = [
        Target(
            name=f"objects per second, beside bare requests, {latency * 1e3:.0f} ms for an answer",
            bound=0.8,
            measured=contestants[GETS].seconds / contestants[SCAN].seconds,
        )
        for latency, contestants in found.items()
    ]
    return f"""## S3

{provenance("dicommap", "obstore", "boto3")}

A scan of {count:,} made files in S3, from listing to the finished inventory, beside requests for the first bytes of
the same objects whose answers are thrown away: obstore, the same range and condition, {DEFAULT_IN_FLIGHT} requests at
once, one process. The server is another process on the same machine, which keeps everything in memory; it takes its
part of the processors. Start-up is left out, and for the bare requests listing and making a client, which takes about
0.2 s of CPU. Medians of {min(ROUNDS, options.rounds)} alternating rounds. Where answers come at once, nobody waits:
then the processors decide, and whoever does more with an answer is slower.

{table(("what", "ms for an answer", "objects per second", "µs CPU per object", "elapsed s"), rows)}
{targets_table(targets)}"""


GETS, SCAN = "bare ranged GETs", "`dicommap.scan`"


def beside(tree: Path, latency: float, rounds: int) -> dict[str, Ran]:
    """Measure both in alternating rounds, and return the median run of each."""
    with memory_server_process(tree, "made/", latency=latency, kept=KEPT_BYTES) as url:
        contestants = {
            title: Contestant(partial(_run, kind, url), rounds) for title, kind in ((GETS, "gets"), (SCAN, "scan"))
        }
        return {title: _median(runs) for title, runs in alternate(contestants).items()}


def _run(kind: str, url: str) -> Ran:
    output = work_directory() / "s3.inventory.db"
    command = [sys.executable, "-m", "tests.benchmarks.s3_contestant", kind, f"s3://{BUCKET}/made/", str(output)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, cwd=ROOT, env={**os.environ, **environment(url)}, text=True
    )
    return Ran(**json.loads(done.stdout))


def _median(runs: list[Ran]) -> Ran:
    return Ran(
        seconds=statistics.median(run.seconds for run in runs),
        cpu=statistics.median(run.cpu for run in runs),
        objects=runs[0].objects,
    )
