"""Fuzz the header reader and the readers of documents: `make fuzz`.

The header reader is guided by coverage if atheris is installed; otherwise inputs are random. Documents are changed by
their structure, at random.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path

TIMEOUT = 10
"""Seconds for one input."""
MEMORY = 1_024
"""Megabytes of the process."""
INFLATED = 2**16
"""Bytes that deflated data sets are inflated to, so that an input takes little time."""


def main() -> None:
    """Run the target on as many inputs as asked for; a failure ends the run with its input."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="inputs to try")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins")
    parser.add_argument("--plain", action="store_true", help="at random, even where atheris is installed")
    parser.add_argument("--documents", type=float, metavar="SECONDS", help="try documents for so long instead")
    parser.add_argument("--input", type=Path, help="try one input only: a file that a run wrote")
    chosen = parser.parse_args()
    if chosen.documents is not None:
        _documents(chosen.documents, chosen.runs, chosen.seed)
        return
    with as_file(files("pydicom").joinpath("data")) as directory:
        if chosen.input is not None:
            from tests.fuzz.target import check

            check(chosen.input.read_bytes())
        elif chosen.plain or importlib.util.find_spec("atheris") is None:
            _at_random(directory, chosen.runs, chosen.seed)
        else:
            _guided(directory, chosen.runs, chosen.seed)


def _documents(seconds: float, runs: int, seed: int) -> None:
    from tests.fuzz.documents import fuzz

    with tempfile.TemporaryDirectory() as root:
        tried, _ = fuzz(Path(root), seconds, runs, seed)
    sys.stdout.write(f"{tried} documents in {seconds:.0f} s.\n")


def _guided(directory: Path, runs: int, seed: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["dicommap.p10"]):
        from dicommap.p10 import header_reader
        from tests.fuzz.seeds import seeds
        from tests.fuzz.target import check
    header_reader.MAX_INFLATED_BYTES = INFLATED
    corpus = Path(tempfile.mkdtemp(prefix="dicommap-fuzz-"))  # libFuzzer ends the process: nobody is left to remove it
    for number, data in enumerate(seeds(directory)):
        (corpus / f"{number:04}").write_bytes(data)
    limits = [f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEMORY}", "-max_len=4096", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], f"-runs={runs}", f"-seed={seed}", *limits, str(corpus)], check)
    atheris.Fuzz()


def _at_random(directory: Path, runs: int, seed: int) -> None:
    from dicommap.p10 import header_reader
    from tests.fuzz.seeds import mutated, seeds
    from tests.fuzz.target import check

    header_reader.MAX_INFLATED_BYTES = INFLATED
    inputs = list(seeds(directory))
    chance = random.Random(seed)
    begin, slowest = time.monotonic(), 0.0
    for _ in range(runs):
        data = mutated(chance, inputs)
        start = time.monotonic()
        try:
            check(data)
        except BaseException:
            Path("crash-input").write_bytes(data)
            sys.stderr.write("The input is in ./crash-input.\n")
            raise
        slowest = max(slowest, time.monotonic() - start)
        if slowest > TIMEOUT:
            Path("slow-input").write_bytes(data)
            raise SystemExit("An input took too long: see ./slow-input.")
    taken = time.monotonic() - begin
    sys.stdout.write(f"{runs} inputs from {len(inputs)} seeds in {taken:.0f} s; the slowest took {slowest:.2f} s.\n")


if __name__ == "__main__":
    main()
