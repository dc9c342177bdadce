"""Who reads headers in the benchmark: the floor, dicommap, and the peers that are installed."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.peers.environment import Environment
from tests.benchmarks.reader_process import Reader

FLOOR = "open, read 8 KiB, close: the floor"
OURS = "dicommap"
OURS_USUAL = "dicommap, all that a scan captures"
SPECIFIC_TAGS = "pydicom `dcmread(specific_tags, stop_before_pixels)`"
READ_PARTIAL = "pydicom `read_partial(stop_when)`"
GDCM = "GDCM `Scanner`"
DICOMSDL = "dicomsdl `open_file`"

_PEERS = {
    READ_PARTIAL: ("pydicom", "pydicom_read_partial", True),
    SPECIFIC_TAGS: ("pydicom", "pydicom_specific_tags", True),
    GDCM: ("python-gdcm", "gdcm_scanner", True),
    DICOMSDL: ("dicomsdl", "dicomsdl_open_file", False),
}


def own_readers() -> list[Reader]:
    """Return the readers that need no peer."""
    python = Path(sys.executable)
    return [
        Reader(title=FLOOR, python=python, module="floor"),
        Reader(title=OURS, python=python, module="ours"),
        Reader(title=OURS_USUAL, python=python, module="ours", argument="usual"),
    ]


def peer_readers(environment: Environment | None) -> list[Reader]:
    """Return the readers of the peers that could be installed."""
    if environment is None:
        return []
    return [
        Reader(title=title, python=environment.python, module=f"peers.{module}", slow=slow)
        for title, (package, module, slow) in _PEERS.items()
        if package in environment.versions
    ]
