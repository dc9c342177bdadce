"""Headers are read ahead from slow storage: the rows are the same, and faults of the storage are told."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import SourceError, UsageError
from dicommap.scanning.pipeline import FILES_PER_BATCH, MIN_FILES_PER_BATCH, choose_batch_size
from dicommap.sources.local_tree import LocalTree
from tests.support.archive_files import write_archive
from tests.support.p10_files import p10, uid, write_tree
from tests.support.slow_disk import CountedCalls, SlowCalls, WaitingCalls, needs_slow_commands, slow_environment
from tests.support.varied_tree import rows_of, scan_rows, varied_tree

FILES = 150


def plain_tree(root: Path, count: int = FILES, **values: Any) -> Path:
    write_tree(root, {f"{n:04}": p10(SOPInstanceUID=uid("1.9", n), **values) + bytes(9_000) for n in range(count)})
    return root


def slow_rows(root: Path, system: WaitingCalls, **options: int) -> dict[str, list[tuple[object, ...]]]:
    with dicommap.scan(LocalTree(root, system=system), **options) as inventory:  # type: ignore[arg-type]
        return rows_of(inventory)


class ChangedCalls(WaitingCalls):
    """Calls that wait a little, and call a function with the name and the path of each file that is opened."""

    def __init__(self, change: Callable[[Path], object]) -> None:
        self.change = change
        self.opened = Counter[str]()

    def wait(self, call: str, path: str | int) -> None:
        time.sleep(0.001)
        if call == "open":
            name = Path(str(path))
            if name.name == "tree":
                return
            self.opened[name.name] += 1
            self.change(name)


class ReadingThreads(CountedCalls):
    """Calls that wait, and record the threads that read."""

    def __init__(self, seconds: float = 0, **times: float) -> None:
        super().__init__(seconds, **times)
        self.threads = set[int]()

    def wait(self, call: str, path: str | int) -> None:
        if call == "pread":
            self.threads.add(threading.get_ident())
        super().wait(call, path)


def our_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("dicommap-call")]


@pytest.mark.parametrize("in_flight", [1, 3, 64, 500])
def test_the_rows_do_not_depend_on_the_files_in_flight(tmp_path: Path, in_flight: int) -> None:
    tree = varied_tree(tmp_path / "tree")
    assert slow_rows(tree, SlowCalls(0, open=0.001), in_flight=in_flight) == scan_rows(tree)
    assert not our_threads()


def test_many_files_are_read_at_once_with_one_open_and_one_read_each(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path / "tree", 300)
    system = CountedCalls(0, open=0.003, pread=0.003)
    slow_rows(tree, system, in_flight=20)
    opened = {path: count for (call, path), count in system.counts.items() if call == "open" and path[-1].isdigit()}
    assert len(opened) == system.total("pread") == 300
    assert set(opened.values()) == {1}
    assert 4 < system.most_at_once <= 20


def test_headers_that_need_several_reads_are_read_at_once_too(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path / "tree", 60, InstitutionAddress="y" * 65_000, PatientComments="z" * 65_000)
    system = CountedCalls(0, pread=0.003)
    assert slow_rows(tree, system) == scan_rows(tree)
    assert system.total("pread") >= 120
    assert system.most_at_once > 4


def test_files_beside_archives_are_read_at_once_and_members_one_by_one(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path / "tree", 120)
    for name in ("0010.zip", "0070.tar.gz"):
        write_archive(tree / name, [(str(n), p10(SOPInstanceUID=uid("1.8", n, len(name)))) for n in range(20)])
    system = ReadingThreads(0, open=0.003, pread=0.003)
    assert slow_rows(tree, system, archives=True) == scan_rows(tree, archives=True)
    opened = {path: count for (call, path), count in system.counts.items() if call == "open" and path[-1].isdigit()}
    assert len(opened) == 120
    assert set(opened.values()) == {1}
    assert len(system.threads) > 4
    assert not our_threads()


def test_with_one_file_in_flight_the_rows_are_the_same(tmp_path: Path) -> None:
    system = CountedCalls(0, open=0.001)
    tree = plain_tree(tmp_path / "tree", 40)
    assert slow_rows(tree, system, in_flight=1) == scan_rows(tree)
    assert system.total("pread") == 40


@pytest.mark.parametrize("number", [0, 501])
def test_other_numbers_of_files_in_flight_are_refused(tmp_path: Path, number: int) -> None:
    with pytest.raises(UsageError, match="in_flight"):
        dicommap.scan(tmp_path, in_flight=number)


def test_errors_of_single_files_are_issues_and_nothing_is_read_twice(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path / "tree")
    errors = {"0010": errno.ESTALE, "0050": errno.EIO, "0051": errno.EACCES, "0149": errno.ESTALE}

    def fail(path: Path) -> None:
        if path.name in errors:
            raise OSError(errors[path.name], os.strerror(errors[path.name]))

    system = ChangedCalls(fail)
    with dicommap.scan(LocalTree(tree, system=system)) as inventory:
        found = {
            issue.location.path: issue.message for issue in inventory.issues() if issue.code == "source.unreadable"
        }
        assert inventory.summary().dispositions == {"instance": FILES - 4, "unreadable": 4}
    assert found.keys() == errors.keys()
    assert "Permission denied" in found["0051"]
    assert set(system.opened.values()) == {1}


def test_a_process_with_too_many_open_files_ends_the_scan(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path / "tree")

    def fail(path: Path) -> None:
        if path.name > "0100":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with pytest.raises(SourceError, match="Too many open files"):
        slow_rows(tree, ChangedCalls(fail))
    assert not our_threads()


def test_a_share_that_hangs_and_comes_back_loses_nothing(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path / "tree")
    back = threading.Event()
    timer: list[threading.Timer] = []

    def hang(path: Path) -> None:
        if path.name >= "0040":
            if not timer:
                timer.append(threading.Timer(0.4, back.set))
                timer[0].start()
            back.wait(20)

    system = ChangedCalls(hang)
    assert slow_rows(tree, system) == scan_rows(tree)
    assert set(system.opened.values()) == {1}
    assert not our_threads()


def test_files_that_shrink_or_are_replaced_before_they_are_read(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path / "tree")

    def change(path: Path) -> None:
        if path.name == "0030":
            os.truncate(path, 200)
        elif path.name == "0031":
            os.truncate(path, 0)
        elif path.name == "0032":
            (path.parent / "new").write_bytes(p10(SOPInstanceUID="1.2.3", PatientID="NEW"))
            (path.parent / "new").rename(path)
        elif path.name == "0033":
            path.unlink()

    with dicommap.scan(LocalTree(tree, system=ChangedCalls(change))) as inventory:
        kinds = {file.path: file.disposition.value for file in inventory.files()}
        assert {path: kinds[path] for path in ("0030", "0031", "0032", "0033")} == {
            "0030": "truncated",
            "0031": "not-dicom",
            "0032": "instance",
            "0033": "unreadable",
        }
        assert inventory.distinct("PatientID")["NEW"] == 1
        assert sum(kind == "instance" for kind in kinds.values()) == FILES - 3


def test_archives_between_slow_files_are_read_in_order(tmp_path: Path) -> None:
    import zipfile

    tree = plain_tree(tmp_path / "tree", 40)
    for number in range(3):
        with zipfile.ZipFile(tree / f"00{number}5.zip", "w") as archive:
            for member in range(4):
                archive.writestr(f"IM{member}", p10(SOPInstanceUID=f"1.8.{number}.{member}"))
    assert slow_rows(tree, SlowCalls(0, open=0.001), archives=True) == scan_rows(tree, archives=True)


def test_a_small_tree_is_shared_by_all_processes() -> None:
    def sizes(files: int, sharing_processes: int) -> list[int]:
        found: list[int] = []
        while files > sum(found):
            found.append(min(choose_batch_size(sum(found), sharing_processes), files - sum(found)))
        return found

    assert sizes(1_200, 1) == [500, 500, 200]
    for files in (1_000, 2_600):
        shares = sizes(files, 8)
        assert shares[0] == MIN_FILES_PER_BATCH
        assert max(shares) <= files // 8
    assert max(sizes(30_000, 8)) == FILES_PER_BATCH
    assert sorted(sizes(30_000, 8)[:-1]) == sizes(30_000, 8)[:-1]


@needs_slow_commands
def test_ctrl_c_ends_a_scan_of_a_share_that_hangs_and_the_next_scan_goes_on(tmp_path: Path) -> None:
    tree, output = plain_tree(tmp_path / "tree", 100), tmp_path / "i.db"
    command = [sys.executable, "-m", "dicommap", "scan", str(tree), "-o", str(output), "-j", "2", "--in-flight", "500"]
    slow = os.environ | slow_environment(tree, 2)
    process = subprocess.Popen(command, env=slow, stderr=subprocess.PIPE, text=True, start_new_session=True)
    time.sleep(4)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told.strip() == "dicommap: stopped by SIGINT."
    assert not output.exists()
    subprocess.run(command, check=True, capture_output=True)
    with dicommap.Inventory.open(output) as inventory:
        assert inventory.summary().instances == 100
