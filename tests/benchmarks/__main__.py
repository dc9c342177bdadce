"""Run benchmarks and write docs/benchmarks.md: `python -m tests.benchmarks [NAME...]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import (
    archives,
    authoring,
    draft_sizes,
    drafting,
    exporting,
    looking,
    memory,
    planning,
    s3,
    scanning,
    slow_disks,
    verifying,
)
from tests.benchmarks.options import Options
from tests.benchmarks.page import replace_section

SECTIONS: dict[str, Callable[[Options], str]] = {
    "scanning": scanning.measure,
    "memory": memory.measure,
    "archives": archives.measure,
    "authoring": authoring.measure,
    "drafting": drafting.measure,
    "draft-sizes": draft_sizes.measure,
    "planning": planning.measure,
    "looking": looking.measure,
    "exporting": exporting.measure,
    "s3": s3.measure,
    "slow_disks": slow_disks.measure,
    "verifying": verifying.measure,
}
USUAL = ("scanning", "authoring", "drafting", "planning", "looking", "exporting", "s3", "slow_disks", "verifying")


def main() -> None:
    """Measure the sections that were named, print them, and put them into the page."""
    usual = Options()
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SECTIONS)}; usually {USUAL}")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("DICOMMAP_CORPUS") or None)
    parser.add_argument("--files", type=int, default=usual.files, help="files of the made corpus")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="repeats of what is fast")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="measure dicommap and the floor only")
    parser.add_argument(
        "--full",
        action="store_true",
        help="memory for 1,000,000 files and archives of 10,000,000 instances too: 20 GB of disk",
    )
    parser.add_argument(
        "--before", type=Path, metavar="DIR", help="a checkout of another commit to measure beside this"
    )
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(SECTIONS):
        parser.error(f"no benchmark has the name {', '.join(sorted(unknown))}")
    options = Options(
        corpus=asked.corpus, files=asked.files, rounds=asked.rounds, peers=asked.peers, before=asked.before
    )
    for name in asked.names or (SECTIONS if asked.full else USUAL):
        text = SECTIONS[name](options)
        sys.stdout.write(text)
        replace_section(name, text)


if __name__ == "__main__":
    main()
