"""A walk runs its calls in threads: limits of memory, faults of a share, and the end of the threads."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path

import pytest

from dicommap.errors import SourceError
from dicommap.model.source_files import ListedDirectory
from dicommap.sources import path_reader, tree_walk
from dicommap.sources.system_calls import SystemCalls
from tests.support.p10_files import write_tree
from tests.support.slow_disk import CountedCalls
from tests.support.tree_walks import Row, make_row, make_walk, walk_in_threads, walk_one_by_one

THREADS = [1, 2, 64]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {f"{study}/{series}/{number}": b"x" * number for study in "abc" for series in "123" for number in range(20)}
    return write_tree(tmp_path / "tree", files)


def rows(root: Path) -> list[Row]:
    return list(walk_one_by_one(str(root)))


def walk_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dicommap-call"]  # S3 keeps its own


@pytest.mark.parametrize("threads", [2, 64])
def test_calls_wait_at_the_same_time(tree: Path, threads: int) -> None:
    system = CountedCalls(0.005)
    assert walk_in_threads(tree, threads=threads, system=system) == rows(tree)
    assert 1 < system.most_at_once <= threads


def test_one_large_directory_is_read_in_parallel(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"{number}": b"" for number in range(400)})
    system = CountedCalls(0.005)
    assert walk_in_threads(tmp_path, threads=64, system=system) == rows(tmp_path)
    assert system.most_at_once > 4


def test_the_type_of_an_entry_saves_the_status_of_directories(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_reader, "_TYPE_SECONDS", 60)  # on a busy machine, asking for types may take some time
    system = CountedCalls()
    walk_in_threads(tree, system=system)
    paths = [f"{tree}/", *(f"{tree}/{row[0]}" for row in rows(tree))]
    assert {key: number for key, number in system.counts.items() if key[0] in ("stat", "lstat")} == {
        ("stat", path): 1 for path in paths
    }


class UntypedEntry:
    """An entry of a directory on a file system that does not give types: asking for the type needs a call."""

    def __init__(self, entry: os.DirEntry[str], asked: list[str]) -> None:
        self.name = entry.name
        self._entry, self._asked = entry, asked

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        self._asked.append(self.name)
        threading.Event().wait(0.002)
        return self._entry.is_dir(follow_symlinks=follow_symlinks)


class UntypedCalls(SystemCalls):
    def __init__(self) -> None:
        self.asked: list[str] = []

    @contextmanager
    def _scan(self, path: str | int) -> Iterator[Iterator[UntypedEntry]]:
        with os.scandir(path) as entries:
            yield (UntypedEntry(entry, self.asked) for entry in entries)

    def scandir(self, path: str | int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        return self._scan(path)  # type: ignore[return-value]


@pytest.mark.parametrize("threads", THREADS)
def test_types_that_need_calls_are_asked_of_few_entries(tree: Path, threads: int) -> None:
    system = UntypedCalls()
    assert walk_in_threads(tree, threads=threads, system=system) == rows(tree)
    assert len(system.asked) <= 2 * (1 + 3 + 9)


def test_a_chain_of_directories_is_deeper_than_the_stack_of_python(tmp_path: Path) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    (tmp_path / "d/f").write_bytes(b"1")
    assert [row[0] for row in walk_in_threads(tmp_path, threads=2)] == ["d/f"]
    subprocess.run(["rm", "-r", tmp_path / "d"], check=True)  # pytest would remove it by recursion


def test_names_of_directories_ahead_of_the_walk_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {f"{directory:03}/{number}": b"" for directory in range(200) for number in range(20)})
    monkeypatch.setattr(tree_walk, "MAX_NAMES_AHEAD", 100)
    monkeypatch.setattr(tree_walk, "MAX_CALLS_AHEAD", 4)
    system = CountedCalls()
    walk = make_walk(tmp_path, threads=2, kept=4, system=system).walk("")
    next(walk)
    # 100 names are in 5 directories of 20. The calls that were submitted before add at most 4.
    assert system.total("scandir") <= 1 + 5 + 4 + 1
    walk.close()  # type: ignore[attr-defined]


def test_a_large_directory_is_listed_when_the_walk_gets_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {f"{directory}/{number}": b"" for directory in "abc" for number in range(30)})
    monkeypatch.setattr(tree_walk, "MAX_NAMES_IN_DIRECTORY_AHEAD", 10)
    system = CountedCalls()
    assert walk_in_threads(tmp_path, threads=4, system=system) == rows(tmp_path)
    assert max(number for (call, _), number in system.counts.items() if call == "open") == 2


def test_each_path_is_read_once(tree: Path) -> None:
    system = CountedCalls(0.001)
    walk_in_threads(tree, threads=64, system=system)
    assert {number for (call, _), number in system.counts.items() if call in ("stat", "open")} == {1}


@pytest.mark.parametrize("threads", THREADS)
def test_directories_are_yielded_after_their_files(tree: Path, threads: int) -> None:
    (tree / "empty").mkdir()
    seen: list[str] = []
    for file in make_walk(tree, threads=threads).walk(""):
        if isinstance(file, ListedDirectory):
            assert file.mtime_ns == os.stat(tree / file.path).st_mtime_ns
            below = [path for path in seen if path.startswith(f"{file.path}/")]
            assert len(below) == sum(1 for _ in (tree / file.path).rglob("*")) or not file.path
        seen.append(file.path)
    assert seen[-1] == ""
    assert {"a", "a/1", "empty"} <= set(seen)


class Fault(SystemCalls):
    """System calls of which those for some paths fail."""

    def __init__(self, number: int, *names: str, call: str = "stat") -> None:
        self.number, self.names, self.call = number, names, call

    def _fail(self, call: str, path: str) -> None:
        if call == self.call and path.endswith(self.names):
            raise OSError(self.number, os.strerror(self.number), path)

    def stat(self, path: str) -> os.stat_result:
        self._fail("stat", path)
        return super().stat(path)

    def open(self, path: str, flags: int) -> int:
        self._fail("open", path)
        return super().open(path, flags)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOENT, errno.ETIMEDOUT])
def test_paths_that_fail_are_reported_and_the_others_are_walked(tree: Path, threads: int, number: int) -> None:
    broken = ("a/1/3", "b/2/0", "b/2/19", "c/3/7")
    walked = walk_in_threads(tree, threads=threads, system=Fault(number, *broken))
    expected = [
        (path, 0, 0, "unreadable", ("source.unreadable",)) if path in broken else (path, *rest)
        for path, *rest in rows(tree)
    ]
    assert walked == expected


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_directories_that_cannot_be_listed_are_reported(tree: Path, threads: int, number: int) -> None:
    walked = walk_in_threads(tree, threads=threads, system=Fault(number, "b/2", "c", call="open"))
    expected = [row for row in rows(tree) if not row[0].startswith(("b/2/", "c/"))]
    for path in ("b/2", "c"):
        expected.append((path, 0, 0, "unreadable", ("source.unreadable-directory",)))
    assert walked == sorted(expected, key=lambda row: row[0].split("/"))


class ScarceCalls(SystemCalls):
    """System calls of a process that may open few files."""

    def __init__(self, limit: int) -> None:
        self.limit, self.opened, self.refused = limit, 0, 0
        self._lock = threading.Lock()

    def open(self, path: str, flags: int) -> int:
        with self._lock:
            if self.opened >= self.limit:
                self.refused += 1
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self.opened += 1
        threading.Event().wait(0.003)
        return super().open(path, flags)

    def close(self, descriptor: int) -> None:
        super().close(descriptor)
        with self._lock:
            self.opened -= 1


def test_too_many_open_files_because_of_threads_are_no_error(tree: Path) -> None:
    system = ScarceCalls(1)
    assert walk_in_threads(tree, threads=64, system=system) == rows(tree)
    assert system.refused


@pytest.mark.parametrize("threads", THREADS)
def test_too_many_open_files_in_the_process_end_the_walk(tree: Path, threads: int) -> None:
    walk = make_walk(tree, threads=threads, system=Fault(errno.EMFILE, "b/2", call="open")).walk("")
    seen: list[str] = []
    with pytest.raises(SourceError, match="Too many open files"):
        seen.extend(file.path for file in walk)
    assert not walk_threads()


class HangingCalls(SystemCalls):
    """System calls of a share that hangs for one file until `resume` is set.

    Calls for later files of the same directory wait until this call hangs, so that none of them is made before.
    """

    def __init__(self, path: str) -> None:
        self.directory, self.number = os.path.split(path)
        self.resume, self.hangs = threading.Event(), threading.Event()
        self.others_after = 0

    def stat(self, path: str) -> os.stat_result:
        directory, name = os.path.split(path)
        if directory.endswith(self.directory):
            if name == self.number:
                self.hangs.set()
                assert self.resume.wait(60)
            elif name > self.number:
                assert self.hangs.wait(60)
                self.others_after += 1
        return super().stat(path)


def test_a_call_that_hangs_does_not_stop_the_others_and_is_awaited(tree: Path) -> None:
    system, walked = HangingCalls("a/2/10"), []
    thread = threading.Thread(target=lambda: walked.extend(walk_in_threads(tree, threads=8, system=system)))
    thread.start()
    try:
        assert system.hangs.wait(60)
        for _ in range(1_000):  # ten seconds at most
            if system.others_after >= 10:
                break
            thread.join(0.01)
        assert system.others_after >= 10
        assert not walked
    finally:
        system.resume.set()
        thread.join(60)
    assert walked == rows(tree)


def test_closing_a_walk_does_not_wait_long_for_a_call_that_hangs(tree: Path) -> None:
    system = HangingCalls("a/1/9")
    walk = make_walk(tree, threads=8, system=system).walk("")
    next(walk)
    assert system.hangs.wait(60)
    walk.close()  # type: ignore[attr-defined]
    assert len(walk_threads()) == 1  # only the thread that hangs
    system.resume.set()
    for thread in walk_threads():
        thread.join(60)
    assert not walk_threads()


@pytest.mark.parametrize("taken", [0, 1, 50, 1_000])
def test_threads_end_with_the_walk(tree: Path, taken: int) -> None:
    walk = make_walk(tree, threads=16, system=CountedCalls(0.001)).walk("")
    assert len(list(islice(walk, taken))) <= taken
    del walk
    assert not walk_threads()


class GrowingCalls(SystemCalls):
    """System calls of a tree that gets a file, and loses a directory, while it is listed."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree

    def scandir(self, path: str | int) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        entries = super().scandir(path)
        (self.tree / "b" / "2" / "new").write_bytes(b"new")
        shutil.rmtree(self.tree / "c" / "2", ignore_errors=True)
        return entries


@pytest.mark.parametrize("threads", THREADS)
def test_a_tree_that_changes_while_it_is_walked_has_each_path_at_most_once(tree: Path, threads: int) -> None:
    before = {row[0] for row in rows(tree)}
    walked = [row[0] for row in walk_in_threads(tree, threads=threads, system=GrowingCalls(tree))]
    assert len(set(walked)) == len(walked)
    assert walked == sorted(walked, key=lambda path: path.split("/"))
    kept = {path for path in before if not path.startswith("c/2/")}
    assert kept <= set(walked) <= before | {"b/2/new", "c/2"}


def test_a_directory_that_becomes_a_file_or_a_link_is_what_it_is_now(tree: Path) -> None:
    class Replacing(SystemCalls):
        def open(self, path: str, flags: int) -> int:
            if path in (str(tree / "b"), str(tree / "c")) and not os.path.islink(path) and os.path.isdir(path):
                shutil.rmtree(path)
                if path.endswith("b"):
                    Path(path).write_bytes(b"1")
                else:
                    Path(path).symlink_to("a")
            return super().open(path, flags)

    walked = {row[0]: row[3:] for row in walk_in_threads(tree, threads=2, system=Replacing())}
    assert walked["b"] == ("", ())
    assert walked["c"] == ("link", ("source.link-not-followed",))


def test_rows_are_those_of_files(tree: Path) -> None:
    files = [file for file in make_walk(tree).walk("") if not isinstance(file, ListedDirectory)]
    assert [make_row(file) for file in files] == rows(tree)
