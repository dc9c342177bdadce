"""Faults of the machine end a scan and keep the previous inventory; unreadable files among others are data."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import SourceError
from dicommap.sources import LocalTree
from tests.cli.running import Ran
from tests.cli.running import dicommap as run
from tests.support.p10_files import small_tree


@pytest.fixture
def scanned(tmp_path: Path) -> tuple[Path, Path, bytes]:
    tree, place = small_tree(tmp_path / "tree"), tmp_path / "i.db"
    assert run("scan", tree, "-o", place).status == 0
    (tree / "new").write_bytes(b"no P10 file")
    return tree, place, place.read_bytes()


def require_kept(scanned: tuple[Path, Path, bytes], ran: Ran, words: str) -> None:
    assert ran.status == 2, ran.everything
    assert words in ran.err
    assert scanned[1].read_bytes() == scanned[2]


def failing(function: Callable[..., Any], number: int, path: Path | str) -> Callable[..., Any]:
    def fail(name: Any, *arguments: Any, **options: Any) -> Any:
        if os.fspath(name).rstrip("/") == os.fspath(path).rstrip("/"):
            raise OSError(number, os.strerror(number), name)
        return function(name, *arguments, **options)

    return fail


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.EIO, errno.ESTALE, errno.ENOENT, errno.ENOTCONN])
def test_a_root_that_cannot_be_listed_is_an_error(
    scanned: tuple[Path, Path, bytes], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "open", failing(os.open, number, scanned[0]))
    require_kept(scanned, run("scan", scanned[0], "-o", scanned[1]), os.strerror(number))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_directory_below_the_root_that_cannot_be_listed_is_data(
    scanned: tuple[Path, Path, bytes], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    inner = next(path for path in sorted(scanned[0].iterdir()) if path.is_dir())
    monkeypatch.setattr(os, "open", failing(os.open, number, inner))
    with dicommap.scan(scanned[0], output=scanned[1]) as inventory:
        assert "source.unreadable-directory" in {one.code for one in inventory.issues()}


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
@pytest.mark.parametrize("name", ["open", "stat", "open directory"])
def test_too_many_open_files_are_no_fault_of_a_file(
    scanned: tuple[Path, Path, bytes], monkeypatch: pytest.MonkeyPatch, number: int, name: str
) -> None:
    inner = next(path for path in sorted(scanned[0].iterdir()) if path.is_dir())
    target, name = (inner, "open") if name == "open directory" else (scanned[0] / "new", name)
    monkeypatch.setattr(os, name, failing(getattr(os, name), number, target))
    require_kept(scanned, run("scan", scanned[0], "-o", scanned[1]), os.strerror(number))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ENOENT])
def test_a_file_that_cannot_be_opened_is_data(
    scanned: tuple[Path, Path, bytes], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "open", failing(os.open, number, scanned[0] / "new"))
    with dicommap.scan(scanned[0], output=scanned[1]) as inventory:
        assert [one.location.path for one in inventory.issues() if one.code == "source.unreadable"] == ["new"]


def while_walking(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Change something when the walk has met its first files."""
    as_it_is = LocalTree.walk_with_directories

    def walk(tree: LocalTree, **options: Any) -> Iterator[Any]:
        for count, file in enumerate(as_it_is(tree, **options)):
            if count == 1:
                change()
            yield file

    monkeypatch.setattr(LocalTree, "walk_with_directories", walk)


def test_a_root_that_is_removed_during_the_scan_is_an_error(
    scanned: tuple[Path, Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    while_walking(monkeypatch, lambda: shutil.rmtree(scanned[0]))
    require_kept(scanned, run("scan", scanned[0], "-o", scanned[1]), "cannot be listed: No such file or directory")


def test_a_root_that_is_replaced_during_the_scan_is_an_error(
    scanned: tuple[Path, Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace() -> None:
        scanned[0].rename(scanned[0].with_name("away"))
        scanned[0].mkdir()

    while_walking(monkeypatch, replace)
    require_kept(scanned, run("scan", scanned[0], "-o", scanned[1]), "was unmounted or replaced during the scan")


def test_what_is_unmounted_below_the_root_is_an_error(
    scanned: tuple[Path, Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = next(path for path in sorted(scanned[0].iterdir()) if path.is_dir())
    as_it_is, inode = os.fstat, inner.stat().st_ino

    def fstat(descriptor: int) -> os.stat_result:
        status = as_it_is(descriptor)
        if status.st_ino == inode:
            values = list(status)
            values[2] += 1  # the device, as long as the directory is open
            return os.stat_result(values, {"st_mtime_ns": status.st_mtime_ns})
        return status

    monkeypatch.setattr(os, "fstat", fstat)
    require_kept(scanned, run("scan", scanned[0], "-o", scanned[1]), f"{inner} was unmounted")


@pytest.mark.parametrize("options", [[], ["--no-cache"], ["--attributes", "PatientComments"]])
def test_an_empty_root_does_not_replace_an_inventory_with_files(
    scanned: tuple[Path, Path, bytes], options: list[str]
) -> None:
    shutil.rmtree(scanned[0])
    scanned[0].mkdir()
    require_kept(scanned, run("scan", scanned[0], "-o", scanned[1], *options), "has no files now")
    scanned[1].unlink()
    assert run("scan", scanned[0], "-o", scanned[1], *options).status == 0
    assert run("scan", scanned[0], "-o", scanned[1], *options).status == 0


def test_a_list_of_files_below_a_root_that_is_gone_is_an_error(
    scanned: tuple[Path, Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list").write_text("new\n")

    as_it_is = os.stat

    def stat(path: Any, **options: Any) -> os.stat_result:
        if str(path) == str(scanned[0] / "new"):
            shutil.rmtree(scanned[0], ignore_errors=True)
        return as_it_is(path, **options)

    monkeypatch.setattr(os, "stat", stat)
    ran = run("scan", scanned[0], "--files-from", tmp_path / "list", "-o", scanned[1])
    require_kept(scanned, ran, "cannot be listed")


def test_a_single_file_that_is_gone_is_an_error(
    scanned: tuple[Path, Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = LocalTree(scanned[0] / "new")
    (scanned[0] / "new").unlink()
    with pytest.raises(SourceError, match="cannot be listed"):
        list(tree.walk())


LIMITED = """
import resource, sys
from dicommap.sources import local_tree
before = local_tree.LocalFile.__init__
kept = []
def init(self, path, system):
    if not kept:
        try:
            while True:
                kept.append(open("/dev/null"))
        except OSError:
            pass
    before(self, path, system)
local_tree.LocalFile.__init__ = init
from dicommap.cli.main import main
sys.argv = ["dicommap", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_real_limit_of_open_files(scanned: tuple[Path, Path, bytes], jobs: str) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    arguments = ["scan", str(scanned[0]), "-o", str(scanned[1]), "--no-cache", "-j", jobs]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert scanned[1].read_bytes() == scanned[2]
    if jobs == "1":
        assert "Too many open files" in done.stderr


def test_a_root_that_may_not_be_listed(scanned: tuple[Path, Path, bytes], tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can become another user")
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    scanned[0].chmod(0o700)
    script = "import os, sys; os.setgid(65534); os.setuid(65534); dicommap.scan(sys.argv[1])"
    script = f"import dicommap; dicommap.scan({os.fspath(tmp_path)!r}); {script}"  # imports all that it needs
    done = subprocess.run(
        [sys.executable, "-c", script, scanned[0]], capture_output=True, text=True, timeout=100, check=False
    )
    assert "SourceError" in done.stderr
    assert "Permission denied" in done.stderr
