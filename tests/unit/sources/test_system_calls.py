"""Slow storage, as tests and benchmarks simulate it: every call waits, in worker processes and other programs too."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import dicommap
from dicommap.sources import LocalTree
from tests.support.p10_files import small_tree
from tests.support.slow_disk import CountedCalls, SlowCalls, needs_slow_commands, slow_environment, slow_tree

WAIT = 0.004


def test_a_tree_calls_the_system_only_through_the_calls_that_it_was_given(tmp_path: Path) -> None:
    small_tree(tmp_path)
    system = CountedCalls()
    with dicommap.scan(LocalTree(tmp_path, system=system)) as inventory:
        files = inventory.summary().files
    assert system.total("open") >= files
    assert system.total("pread") >= files
    assert system.total("stat") >= files
    assert system.total("scandir") > 0


def test_waits_of_threads_overlap(tmp_path: Path) -> None:
    system = CountedCalls(0.2)
    threads = [threading.Thread(target=system.stat, args=(str(tmp_path),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert system.most_at_once == len(threads)


def test_calls_of_one_kind_can_wait_another_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    system = SlowCalls(1, stat=2)
    system.lstat(str(tmp_path))
    system.stat(str(tmp_path))
    assert waits == [1, 2]


@pytest.mark.parametrize("calls", [SlowCalls(WAIT, open=0.5), CountedCalls(WAIT, open=0.5)])
def test_copies_for_worker_processes_wait_the_same_time(calls: SlowCalls) -> None:
    copy = pickle.loads(pickle.dumps(calls))
    assert (type(copy), copy.seconds, copy.times) == (type(calls), WAIT, {"open": 0.5})


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_scan_of_slow_storage_finds_what_a_fast_one_finds(tmp_path: Path, jobs: int) -> None:
    small_tree(tmp_path)
    with dicommap.scan(tmp_path) as fast, dicommap.scan(slow_tree(tmp_path, WAIT), jobs=jobs) as slow:
        assert [file.path for file in slow.files()] == [file.path for file in fast.files()]
        assert slow.summary().instances == fast.summary().instances


CALLS = """
import os, sys, time
started = time.perf_counter()
os.stat(sys.argv[1])
with os.scandir(sys.argv[1]) as entries:
    (entry,) = entries
descriptor = os.open(entry.path, os.O_RDONLY)
os.pread(descriptor, 1, 0)
os.fstat(descriptor)
os.stat("/")
print(time.perf_counter() - started)
"""


@needs_slow_commands
def test_a_whole_command_waits_for_each_call_below_the_tree(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    environment = {**os.environ, **slow_environment(tmp_path, 0.1)}
    ran = subprocess.run(
        [sys.executable, "-c", CALLS, tmp_path], env=environment, capture_output=True, text=True, check=True
    )
    # Five calls wait: stat, opendir, the first readdir, open and pread.
    assert float(ran.stdout) >= 0.5


@needs_slow_commands
def test_find_waits_for_each_file(tmp_path: Path) -> None:
    for name in range(10):
        (tmp_path / str(name)).write_bytes(b"1")
    started = time.perf_counter()
    subprocess.run(
        ["find", tmp_path, "-type", "f", "-printf", "%s\n"],
        env={**os.environ, **slow_environment(tmp_path, 0.05)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    assert time.perf_counter() - started >= 10 * 0.05
