"""The section on scanning: header reading and whole scans, beside peers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.benchmarks.corpora import SAMPLE, Corpus, given, made, real
from tests.benchmarks.header_reading import Timing, read_headers, timing_table
from tests.benchmarks.machine import provenance
from tests.benchmarks.options import Options
from tests.benchmarks.peers.environment import PACKAGES, Environment, peers_environment
from tests.benchmarks.reader_process import Reader
from tests.benchmarks.readers import DICOMSDL, FLOOR, GDCM, OURS, SPECIFIC_TAGS, own_readers, peer_readers
from tests.benchmarks.targets import Target, targets_table
from tests.benchmarks.whole_scan import (
    INDEX,
    RESCAN,
    SCAN,
    TWO_WORKERS,
    Scanned,
    beside_index,
    beside_index_table,
    made_scans,
    made_table,
)

Timings = Mapping[str, Timing]
Scans = Mapping[str, Scanned]
Beside = Sequence[tuple[Corpus, Scans]]


def measure(options: Options) -> str:
    """Measure, and return the section."""
    environment = peers_environment() if options.peers else None
    sample, whole = made(min(SAMPLE, options.files)), made(options.files)
    multi_slice = given(options)
    readers = own_readers() + peer_readers(environment)
    corpora = [*real(options, environment), sample]
    timings = {corpus.name: read_headers(corpus, readers, options.rounds) for corpus in corpora}
    trees = [corpus for corpus in (made(1), multi_slice, sample) if corpus]
    beside = [(corpus, beside_index(corpus, environment)) for corpus in trees]
    scans = made_scans(whole)
    floor = timings[sample.name][FLOOR].microseconds
    name = multi_slice.name if multi_slice else ""
    targets = [
        *_header_targets(timings.get(name, {})),
        *_scan_targets(beside, scans, len(whole.paths)),
    ]
    return "".join(
        (
            f"## Scanning\n\n{_provenance(environment)}\n\n",
            _header_reading(corpora, readers, timings),
            _whole_scans(beside, scans, whole, floor),
            "### Targets\n\nHeader reading is judged on real files of many slices: the directory that was given.\n\n",
            targets_table(targets),
        )
    )


def _provenance(environment: Environment | None) -> str:
    if environment is None:
        return provenance("dicommap", "pydicom") + " Peers were not measured."
    absent = [package for package in PACKAGES if package not in environment.versions]
    note = f" Could not be installed: {', '.join(absent)}." if absent else ""
    return provenance("dicommap", others=environment.versions) + note


def _header_reading(corpora: Sequence[Corpus], readers: Sequence[Reader], timings: Mapping[str, Timings]) -> str:
    text = """### Header reading

Everybody opens the same files in the same order, reads ten attributes up to Series Instance UID and gives the values
back; dicommap gives InstanceNumber as well. CPU time of a process around the loop, start-up left out, cache warm;
medians of alternating rounds, each in a new process. Refused: an error instead of values, or no values at all; dicommap
also refuses what is no instance. Differing: files of which a value differs from what pydicom reads with
`specific_tags`, text beyond ASCII left out. Crashed: files at which the reader's process died; nobody is timed on them.
"""
    for corpus in corpora:
        text += f"\n**{corpus.name}** ({len(corpus.paths):,} files read)\n\n"
        text += timing_table(timings[corpus.name])
        dead = [reader.title for reader in readers if reader.title not in timings[corpus.name]]
        text += f"\nIts process died at every file: {', '.join(dead)}.\n" if dead else ""
    return text + "\n"


def _whole_scans(beside: Beside, scans: Scans, whole: Corpus, floor: float) -> str:
    failed = [corpus.name for corpus, found in beside if INDEX not in found]
    return f"""### Whole scans

From the command line to the finished inventory or index on disk, one job, start-up included: CPU time of the command
and all its processes, medians of alternating rounds, cache warm. The tree of one file tells what starting alone takes.

{beside_index_table(beside)}{f"{INDEX} failed, or was not there, on: {', '.join(failed)}." if failed else ""}

**{whole.name}** (pixel data are holes; the floor was measured on the smaller made corpus)

{made_table(scans, len(whole.paths), floor)}
"""


def _header_targets(timings: Timings) -> Iterator[Target]:
    def ratio(one: str, other: str) -> float | None:
        return timings[one].microseconds / timings[other].microseconds if {one, other} <= timings.keys() else None

    yield Target(name="header reading, times the floor", bound=4, at_least=False, measured=ratio(OURS, FLOOR))
    bounds = {SPECIFIC_TAGS: 50, GDCM: 20, DICOMSDL: 5}
    for peer, bound in bounds.items():
        yield Target(name=f"header reading, faster than {peer}", bound=bound, measured=ratio(peer, OURS))


def _scan_targets(beside: Beside, scans: Scans, files: int) -> Iterator[Target]:
    for corpus, found in beside[1:]:
        measured = found[INDEX].cpu / found[SCAN].cpu if INDEX in found else None
        yield Target(name=f"whole scan, faster than {INDEX}, {corpus.name}", bound=15, measured=measured)
    cpu, elapsed = scans[SCAN].cpu, scans[SCAN].elapsed
    yield Target(name="whole scan, made corpus, one core", bound=15_000, unit="files/s", measured=files / cpu)
    yield Target(name="rescan of an unchanged tree, faster than the scan", bound=3, measured=cpu / scans[RESCAN].cpu)
    two = elapsed / scans[TWO_WORKERS].elapsed if TWO_WORKERS in scans else None
    yield Target(name="two workers, faster than one (elapsed time)", bound=1.7, measured=two)
