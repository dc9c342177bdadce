"""The same inventory whoever reads, and a clear word where that fails."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from multiprocessing import current_process
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import DicommapError, ExecutorError, UsageError
from dicommap.scanning import pipeline, process_pool, task_runner
from dicommap.scanning.task_runner import require_main_guard
from dicommap.scanning.tasks import ReadTask, TaskRows, WorkerError
from tests.support.slow_disk import slow_tree
from tests.support.varied_tree import age, rows_of, scan_rows, varied_tree
from tests.unit.conftest import at_once


class Shuffling(Executor):
    """Runs what it was given in any order but the one given, and only when it has several to choose from."""

    def __init__(self, seed: int) -> None:
        self._waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self._random = random.Random(seed)
        self._more = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._more:
            self._waiting.append((future, lambda: fn(*arguments, **named)))
            self._more.notify()
        return future

    def _run(self) -> None:
        while True:
            with self._more:
                self._more.wait_for(lambda: len(self._waiting) > 3 or self._stopped, timeout=0.05)
                if not self._waiting:
                    if self._stopped:
                        return
                    continue
                future, call = self._waiting.pop(self._random.randrange(len(self._waiting)))
            if future.set_running_or_notify_cancel():
                future.set_result(call())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._more:
            self._stopped = True
            self._more.notify()
        self._thread.join()


class Failing(Executor):
    """Raises, at once or when the result is asked for."""

    def __init__(self, error: Exception, *, at_once: bool) -> None:
        self._error, self._at_once = error, at_once

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        if self._at_once:
            raise self._error
        future: Future[Any] = Future()
        future.set_exception(self._error)
        return future


class DyingWorkers(Executor):
    """Gives tasks to a dask cluster, and kills one of its processes as soon as some tasks were given."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        self._pids: list[int] = list(executor._client.run(os.getpid).values())
        self._tasks = 0
        self.killed = False

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = self._executor.submit(fn, *arguments, **named)
        self._tasks += 1
        if self._tasks == 3:
            os.kill(self._pids[0], signal.SIGKILL)
            self.killed = True
        return future


@contextmanager
def dask_executor() -> Iterator[Executor]:
    from distributed import Client, LocalCluster

    cluster = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        silence_logs=50,
    )
    with cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        yield client.get_executor()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Tell of each task whether other processes took it, where they were asked."""
    answers: list[bool] = []
    original = process_pool.WorkerProcesses.submit

    def watching(self: process_pool.WorkerProcesses, task: ReadTask) -> Future[TaskRows] | None:
        found = original(self, task)
        answers.append(found is not None)
        return found

    monkeypatch.setattr(process_pool.WorkerProcesses, "submit", watching)
    return answers


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 7)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_threads_and_any_order_give_the_same_rows(tmp_path: Path, number: int) -> None:
    tree = varied_tree(tmp_path / "tree")
    expected = scan_rows(tree)
    with ThreadPoolExecutor(number) as threads:
        assert scan_rows(tree, executor=threads) == expected
    with Shuffling(seed=number) as shuffling:
        assert scan_rows(tree, executor=shuffling) == expected


def test_the_size_of_batches_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = varied_tree(tmp_path / "tree")
    expected = scan_rows(tree)
    for size in (1, 10):
        monkeypatch.setattr(pipeline, "FILES_PER_BATCH", size)
        assert scan_rows(tree) == expected


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_give_the_same_rows_on_file(tmp_path: Path, jobs: int) -> None:
    tree = varied_tree(tmp_path / "tree")
    assert scan_rows(tree, output=tmp_path / "i.db", jobs=jobs) == scan_rows(tree)
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "i.db"}


@pytest.mark.usefixtures("small_batches", "others_read")
def test_other_processes_give_the_same_rows(tmp_path: Path, taken: list[bool]) -> None:
    tree = varied_tree(tmp_path / "tree")
    assert scan_rows(tree, jobs=3) == scan_rows(tree)
    assert all(taken)
    assert len(taken) > 3


@pytest.mark.usefixtures("small_batches")
def test_this_process_reads_until_others_have_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]
) -> None:
    tree = varied_tree(tmp_path / "tree")
    expected = scan_rows(tree)
    monkeypatch.setattr(process_pool.WorkerProcesses, "is_started", property(lambda self: len(taken) >= 3))
    monkeypatch.setattr(process_pool, "start_pool_in_background", lambda start: at_once(lambda: ThreadPoolExecutor(1)))
    assert scan_rows(tree, jobs=2) == expected
    assert taken[:4] == [False] * 3 + [True]


@pytest.mark.usefixtures("small_batches")
def test_this_process_reads_what_others_have_no_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]
) -> None:
    tree = varied_tree(tmp_path / "tree")
    expected = scan_rows(tree)
    at_work = threading.Event()

    class Slow(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
            return super().submit(lambda: at_work.wait(60) and fn(*arguments, **named))

    def watching(self: process_pool.WorkerProcesses, task: ReadTask) -> Future[TaskRows] | None:
        if len(taken) == 5:
            at_work.set()
        return original(self, task)

    original = process_pool.WorkerProcesses.submit
    monkeypatch.setattr(process_pool.WorkerProcesses, "submit", watching)
    monkeypatch.setattr(process_pool, "start_pool_in_background", lambda start: at_once(lambda: Slow(1)))
    assert scan_rows(tree, jobs=2) == expected
    assert taken[:5] == [True] * 3 + [False] * 2


@pytest.mark.usefixtures("small_batches")
def test_processes_that_do_not_start_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: Future[Any] = Future()
    failed.set_exception(BrokenExecutor("secret"))
    monkeypatch.setattr(process_pool, "start_pool_in_background", lambda start: failed)
    with pytest.raises(ExecutorError, match="BrokenExecutor"):
        scan_rows(varied_tree(tmp_path / "tree"), jobs=2)


@pytest.mark.usefixtures("small_batches", "others_read")
def test_processes_are_started_when_it_pays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]) -> None:
    tree = varied_tree(tmp_path / "tree")
    expected = scan_rows(tree)
    monkeypatch.setattr(task_runner, "count_processors", lambda: 2)
    assert scan_rows(tree, jobs=0) == expected
    assert not taken
    monkeypatch.setattr(task_runner, "MIN_FILES_FOR_PROCESSES", 30)
    assert scan_rows(tree, jobs=0) == expected
    assert taken
    assert all(taken)


@pytest.mark.usefixtures("small_batches", "others_read")
def test_processes_start_earlier_on_slow_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]
) -> None:
    tree = varied_tree(tmp_path / "tree")
    expected = scan_rows(tree)
    monkeypatch.setattr(task_runner, "count_processors", lambda: 2)
    monkeypatch.setattr(task_runner, "MIN_SLOW_FILES_FOR_PROCESSES", 30)
    assert scan_rows(tree, jobs=0) == expected
    assert not taken
    assert scan_rows(slow_tree(tree, 0.001), jobs=0) == expected
    assert taken


@pytest.mark.long
@pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="the extra [dask] is not installed")
@pytest.mark.usefixtures("small_batches")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_dask_cluster_gives_the_same_rows(tmp_path: Path) -> None:
    tree = varied_tree(tmp_path / "tree")
    with dask_executor() as executor:
        assert scan_rows(tree, executor=executor) == scan_rows(tree)


@pytest.mark.long
@pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="the extra [dask] is not installed")
@pytest.mark.usefixtures("small_batches")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_worker_of_a_dask_cluster_that_dies_changes_no_row(tmp_path: Path) -> None:
    """Dask gives the tasks of a worker that died to another worker: no file is missing, and none is there twice."""
    tree = varied_tree(tmp_path / "tree")
    with dask_executor() as executor:
        dying = DyingWorkers(executor)
        assert scan_rows(tree, executor=dying) == scan_rows(tree)
        assert dying.killed


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    "error", [RuntimeError("secret"), BrokenExecutor("secret"), CancelledError(), OSError(28, "secret"), TimeoutError()]
)
def test_an_executor_that_fails_is_told_and_the_old_inventory_stays(
    tree: Path, tmp_path: Path, error: Exception, at_once: bool
) -> None:
    output = tmp_path / "i.db"
    dicommap.scan(tree, output=output).close()
    old = output.read_bytes()
    with pytest.raises(ExecutorError) as caught:
        dicommap.scan(tree, output=output, executor=Failing(error, at_once=at_once))
    assert type(error).__name__ in caught.value.message
    assert "secret" not in str(caught.value)
    assert output.read_bytes() == old


def test_a_fault_of_our_own_is_not_the_executors(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("dicommap.p10.HeaderReader.read", failing)
    with ThreadPoolExecutor(1) as threads, pytest.raises(WorkerError, match="ZeroDivisionError") as caught:
        dicommap.scan(tree, executor=threads)
    assert not isinstance(caught.value, DicommapError)
    assert "secret" not in str(caught.value)


def test_fewer_than_no_jobs_are_refused(tree: Path) -> None:
    with pytest.raises(UsageError) as caught:
        dicommap.scan(tree, jobs=-1)
    assert caught.value.fix


KILLED = """
import os, sys, signal
from pathlib import Path
from concurrent.futures import Future
import dicommap
from dicommap.scanning import pipeline, process_pool
from dicommap.inventory import writer

def at_once(start):
    future = Future()
    future.set_result(start())
    return future

if __name__ == "__main__":
    process_pool.start_pool_in_background = at_once
    process_pool._MAX_PENDING_PER_PROCESS = 1000
    pipeline.FILES_PER_BATCH = 5
    writer._COMMIT_INTERVAL_SECONDS = 0
    seen = []
    def kill(progress):
        if progress.done == 40:
            {kill}
    try:
        dicommap.scan(sys.argv[1], output=sys.argv[2], jobs={jobs}, progress=kill)
    except (dicommap.DicommapError, KeyboardInterrupt) as error:
        print(type(error).__name__)
"""
KILL_WORKERS = "[os.kill(child.pid, signal.SIGKILL) for child in __import__('multiprocessing').active_children()]"
KILL_SELF = "os.kill(os.getpid(), signal.SIGKILL)"


def run_killed(place: Path, jobs: int, kill: str) -> subprocess.CompletedProcess[str]:
    script = place / "script.py"
    script.write_text(KILLED.format(kill=kill, jobs=jobs))
    command: list[str | Path] = [sys.executable, script, place / "tree", place / "i.db"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, start_new_session=True)


def test_a_worker_that_is_killed_is_told_and_the_next_scan_goes_on(tmp_path: Path) -> None:
    tree = varied_tree(tmp_path / "tree")
    age(tree)
    ran = run_killed(tmp_path, 2, KILL_WORKERS)
    assert (ran.stdout, ran.stderr) == ("ExecutorError\n", "")
    with dicommap.scan(tree, output=tmp_path / "i.db") as inventory:
        assert inventory.summary().unchanged >= 40 - 5
        assert rows_of(inventory) == scan_rows(tree)


def test_an_interrupt_of_all_processes_ends_quietly_and_the_next_scan_goes_on(tmp_path: Path) -> None:
    tree = varied_tree(tmp_path / "tree")
    age(tree)
    ran = run_killed(tmp_path, 2, "os.killpg(0, signal.SIGINT)")
    assert (ran.stdout, ran.stderr) == ("KeyboardInterrupt\n", "")
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "script.py", ".i.db.unfinished"}
    with dicommap.scan(tree, output=tmp_path / "i.db") as inventory:
        assert inventory.summary().unchanged >= 40 - 5
        assert rows_of(inventory) == scan_rows(tree)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_scan_that_is_killed_leaves_whole_batches_and_no_process(tmp_path: Path, jobs: int) -> None:
    tree = varied_tree(tmp_path / "tree")
    age(tree)
    ran = run_killed(tmp_path, jobs, KILL_SELF)
    assert ran.returncode == -signal.SIGKILL
    assert not (tmp_path / "i.db").exists()
    _wait_for(lambda: not _running(str(tmp_path)))
    with dicommap.scan(tree, output=tmp_path / "i.db") as inventory:
        taken = inventory.summary().unchanged
        assert taken > 0
        assert rows_of(inventory) == scan_rows(tree)
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "i.db", "script.py"}


def _running(words: str) -> list[str]:
    """Return the processes whose command line or main module has these words; where /proc is not, none."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if words in line and place.name != str(os.getpid()):
            found.append(line)
    return found


def _wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("jobs", [0, 2])
def test_a_script_that_processes_would_run_again_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    script, guarded = tmp_path / "script.py", tmp_path / "guarded.py"
    script.write_text("import dicommap\n")
    guarded.write_text('if __name__ == "__main__":\n    pass\n')
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    for path in (str(guarded), str(tmp_path / "missing.py")):
        main.__file__ = path
        require_main_guard()
    main.__file__ = str(script)
    with pytest.raises(UsageError, match="The script has no") as raised:
        dicommap.scan(tmp_path, jobs=jobs)
    assert "jobs=1" in raised.value.fix
    dicommap.scan(tmp_path, jobs=1).close()
    main.__spec__ = ModuleSpec("package.__main__", None)  # python -m package: it is not imported again
    require_main_guard()


def test_a_script_that_a_process_runs_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_process(), "_inheriting", True, raising=False)
    with pytest.raises(UsageError, match="The script has no"):
        require_main_guard()
