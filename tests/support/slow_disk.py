"""Slow storage for tests and benchmarks: each stat, listing, open and read below a directory waits a set time.

There are two ways. `SlowCalls` replaces the system calls of a `LocalTree` in this process and in its worker processes.
`slow_environment` has the variables that let the calls of a whole command wait, of dicommap or of another program: it
compiles `slow_disk.c`, a library for LD_PRELOAD. All waits are real: other threads run meanwhile.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from dicommap.sources.local_tree import LocalTree
from dicommap.sources.system_calls import SystemCalls

_SOURCE = Path(__file__).with_name("slow_disk.c")
COMPILER = shutil.which("cc") if sys.platform == "linux" else None
"""The command of the C compiler, or None if LD_PRELOAD cannot be used here."""

needs_slow_commands = pytest.mark.skipif(COMPILER is None, reason="cc is missing: apt-get install gcc libc6-dev")


class WaitingCalls(SystemCalls):
    """System calls that call `wait` before they start."""

    def wait(self, call: str, path: str | int) -> None:
        """Wait before a call of this name. `path` is the descriptor if the call is `pread`. May raise an OSError."""
        raise NotImplementedError

    def stat(self, path: str) -> os.stat_result:
        """Wait, and return the status of a path. Links are followed."""
        self.wait("stat", path)
        return super().stat(path)

    def lstat(self, path: str) -> os.stat_result:
        """Wait, and return the status of a path. Links are not followed."""
        self.wait("lstat", path)
        return super().lstat(path)

    def scandir(self, path: str | int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """Wait, and return the entries of a directory."""
        self.wait("scandir", path)
        return super().scandir(path)

    def open(self, path: str, flags: int) -> int:
        """Wait, and open a file."""
        self.wait("open", path)
        return super().open(path, flags)

    def pread(self, descriptor: int, length: int, offset: int) -> bytes:
        """Wait, and read a file."""
        self.wait("pread", descriptor)
        return super().pread(descriptor, length, offset)


class SlowCalls(WaitingCalls):
    """System calls that wait a set time, in worker processes too."""

    def __init__(self, seconds: float = 0, **times: float) -> None:
        """Set the time of each call in seconds. `times` has the times of calls that wait another time, by name."""
        self.seconds = seconds
        self.times = times

    def wait(self, call: str, path: str | int) -> None:
        """Wait."""
        time.sleep(self.times.get(call, self.seconds))


class CountedCalls(SlowCalls):
    """System calls that wait, and count the calls of this process. A copy in a worker process counts its own."""

    def __init__(self, seconds: float = 0, **times: float) -> None:
        """Set the times, as `SlowCalls` does."""
        super().__init__(seconds, **times)
        self.counts: Counter[tuple[str, str]] = Counter()
        """Name of the call, path or descriptor -> number of calls."""
        self.most_at_once = 0
        """The largest number of calls that waited at the same time."""
        self._at_once = 0
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[object, ...]:
        """Return how a copy is made in another process: without the counts and the lock."""
        return partial(type(self), self.seconds, **self.times), ()

    def wait(self, call: str, path: str | int) -> None:
        """Count the call, and wait."""
        with self._lock:
            self.counts[call, str(path)] += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            super().wait(call, path)
        finally:
            with self._lock:
                self._at_once -= 1

    def total(self, call: str) -> int:
        """Return the number of calls of this name."""
        with self._lock:
            return sum(count for (name, _), count in self.counts.items() if name == call)


def slow_tree(path: Path, seconds: float, *, follow_links: bool = False) -> LocalTree:
    """Return a source whose every stat, listing, open and read waits this time, in worker processes too."""
    return LocalTree(path, follow_links=follow_links, system=SlowCalls(seconds))


def slow_environment(tree: Path, seconds: float) -> dict[str, str]:
    """Return environment variables for a command whose calls for paths below `tree` wait this time.

    With 0 seconds, the calls take the same way and do not wait.
    """
    return {
        "LD_PRELOAD": str(_compile_library()),
        "SLOW_DISK_BELOW": os.path.abspath(tree),
        "SLOW_DISK_MICROSECONDS": str(round(seconds * 1e6)),
    }


def _compile_library() -> Path:
    """Return the compiled library. It is compiled once for each version of its source."""
    assert COMPILER is not None, "cc is missing"
    name = f"slow_disk-{os.getuid()}-{hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:12]}.so"
    library = Path(tempfile.gettempdir()) / name
    if not library.exists():
        partial = library.with_suffix(f".{os.getpid()}")
        subprocess.run([COMPILER, "-O2", "-shared", "-fPIC", "-o", partial, _SOURCE, "-ldl"], check=True)
        partial.rename(library)
    return library
