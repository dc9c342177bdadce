"""A draft that is killed, or whose disk is full, leaves no half of a package, and does not change what it reads."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.api import draft as draft_module
from dicommap.errors import PackageError
from dicommap.package import temporary_store
from dicommap.package.temporary_store import TemporaryStore
from dicommap.writing import durable_files
from tests.support.p10_files import STUDY, small_tree, uid

STUDIES = 6


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Return a directory with a source, its inventory and an edited sheet."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    tree = small_tree(folder / "tree", studies=STUDIES, series=1, instances=1)
    dicommap.scan(tree, output=folder / "inventory.db").close()
    rows = "".join(f"{uid(STUDY, number)},NEW-{number}\n" for number in range(1, STUDIES + 1))
    (folder / "sheet.csv").write_text(f"StudyInstanceUID,PatientID\n{rows}", encoding="utf-8")
    return folder


def read_files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def draft(inputs: Path, package: Path, **functions: Callable[[Any], Mapping[str, str]]) -> dicommap.Draft:
    return dicommap.draft(
        inputs / "inventory.db",
        input_s3_uri="s3://bucket/in/",
        sheets=[inputs / "sheet.csv"],
        output=package,
        **functions,  # type: ignore[arg-type]
    )


def store_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a draft keep all items of its dicts in its database."""
    monkeypatch.setattr(draft_module, "TemporaryStore", partial(TemporaryStore, items_in_memory=0))
    monkeypatch.setattr(temporary_store, "_ITEMS_IN_ROW", 1)


def kill_draft(inputs: Path, package: Path, prepare: Callable[[], dict[str, Any]]) -> None:
    """Draft in a process that kills itself: `prepare` returns options of the draft, or puts the kill into place."""
    child = os.fork()
    if not child:
        try:
            draft(inputs, package, **prepare())
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def kill_after(calls: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls `function`, and kills the process instead of the call after so many calls."""
    left = [calls]

    def counted(*arguments: Any, **options: Any) -> Any:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return function(*arguments, **options)

    return counted


def kill_in_resolution() -> dict[str, Any]:
    return {"by_study": kill_after(STUDIES - 1, lambda study: {})}


def kill_in_file(number: int) -> dict[str, Any]:
    durable_files._write_pieces = kill_after(number, durable_files._write_pieces)
    return {}


def kill_at_rename() -> dict[str, Any]:
    os.rename = kill_after(0, os.rename)
    return {}


@pytest.mark.parametrize(
    "prepare",
    [kill_in_resolution, partial(kill_in_file, 0), partial(kill_in_file, 3), kill_at_rename],
    ids=["resolution", "first file", "fourth file", "rename"],
)
def test_a_killed_draft_is_made_again(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare: Callable[[], dict[str, Any]]
) -> None:
    store_everything(monkeypatch)
    before, package = read_files(inputs), tmp_path / "package"
    kill_draft(inputs, package, prepare)
    assert not package.exists()
    assert not [path for path in tmp_path.rglob("*") if "draft.sqlite" in path.name]
    assert draft(inputs, package).ok
    assert draft(inputs, tmp_path / "other").ok
    assert {path.name for path in tmp_path.iterdir()} == {"inputs", "package", "other"}
    assert read_files(package).keys() == read_files(tmp_path / "other").keys()
    assert not [issue for issue in dicommap.validate(package) if issue.severity is dicommap.Severity.ERROR]
    assert read_files(inputs) == before


def fill_database(monkeypatch: pytest.MonkeyPatch) -> None:
    store_everything(monkeypatch)
    monkeypatch.setattr(temporary_store, "_SETTINGS", "PRAGMA max_page_count = 12;" + temporary_store._SETTINGS)


def fill_disk(files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full after so many files of the package."""
    left, write = [files], durable_files._write_pieces

    def write_until_full(binary: Any, pieces: Any, *, wait: bool) -> None:
        if not left[0]:
            with binary:
                binary.write(b"half of a document")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left[0] -= 1
        write(binary, pieces, wait=wait)

    monkeypatch.setattr(durable_files, "_write_pieces", write_until_full)


@pytest.mark.parametrize(
    "fill", [fill_database, partial(fill_disk, 0), partial(fill_disk, 4)], ids=["database", "first file", "fifth file"]
)
def test_a_full_disk_leaves_no_package(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill: Callable[[pytest.MonkeyPatch], None]
) -> None:
    before = read_files(inputs)
    with monkeypatch.context() as patched:
        fill(patched)
        with pytest.raises(PackageError, match=r"full|No space left") as caught:
            draft(inputs, tmp_path / "package")
    assert "P1" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"inputs"}
    assert read_files(inputs) == before
    assert draft(inputs, tmp_path / "package").ok
