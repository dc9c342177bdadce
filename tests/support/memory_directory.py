"""Temporary files of tests in memory.

Tests write thousands of inventories and packages, which are synced to the disk so that they survive a power failure. On
a disk these tests wait most of their time; in memory syncing costs nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 2 << 30
"""Bytes that must be free. A run of all tests needs less than half of it: what a test wrote is removed if it passed."""


def use_memory_directory() -> None:
    """Let this process and those it starts make their temporary files in memory, if the system has room there.

    TMPDIR overrules it. A directory in which no program can be started does not do: tests write programs.
    """
    if "TMPDIR" not in os.environ and is_suitable(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def is_suitable(directory: Path) -> bool:
    """Return whether a directory is writable, has room, and lets programs be started."""
    if not os.access(directory, os.W_OK | os.X_OK):
        return False
    return not os.statvfs(directory).f_flag & os.ST_NOEXEC and shutil.disk_usage(directory).free >= ENOUGH
