"""Packages are written whole or not at all, and read back as they are."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dicommap.errors import DocumentError, PackageError
from dicommap.issues import Issue
from dicommap.package import document_reader
from dicommap.package.document_reader import DocumentFolder, read_document
from dicommap.package.package_writer import require_new_package, write_package
from dicommap.reading import regular_files
from dicommap.reading.document_limits import DocumentLimit
from dicommap.writing import durable_files
from dicommap.writing.partial_files import partial_directory

DOCUMENTS = {"plan.json": "{}\n", "jobs/0001/files/a/é.json": "é\n", "preview.csv": "a\r\nb\n"}


def test_a_package_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_package(tmp_path / "package", DOCUMENTS)
    assert DocumentFolder(tmp_path / "package") == {name: text.encode() for name, text in DOCUMENTS.items()}
    assert list(DocumentFolder(tmp_path / "package")) == sorted(DOCUMENTS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["package"]
    assert (tmp_path / "package").stat().st_mode & 0o777 == 0o700


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    write_package(tmp_path / "package", DOCUMENTS)
    assert len(DocumentFolder(tmp_path / "package")) == 3


def test_nothing_is_ever_written_over(tmp_path: Path) -> None:
    full, file = tmp_path / "full", tmp_path / "file"
    full.mkdir()
    (full / "precious").write_text("x")
    file.write_text("x")
    for place in (full, file):
        with pytest.raises(PackageError, match="exists already"):
            write_package(place, DOCUMENTS)
    assert (full / "precious").read_text() == file.read_text() == "x"
    assert {entry.name for entry in tmp_path.iterdir()} == {"full", "file"}


def test_the_parent_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="parent directory does not exist"):
        write_package(tmp_path / "no" / "package", DOCUMENTS)
    assert not any(tmp_path.iterdir())


def test_a_link_that_leads_nowhere_is_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "package"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(PackageError):
        write_package(link, DOCUMENTS)
    assert link.is_symlink()
    assert [entry.name for entry in tmp_path.iterdir()] == ["package"]


def failing(function: Callable[..., Any], *, after: int, error: BaseException) -> Callable[..., Any]:
    calls = 0

    def replacement(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > after:
            raise error
        return function(*arguments, **named)

    return replacement


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize(("name", "after"), [("fsync", count) for count in range(8)] + [("rename", 0)])
def test_a_failure_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, after: int, number: int
) -> None:
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(os, name, failing(getattr(os, name), after=after, error=error))
    with pytest.raises(PackageError, match=os.strerror(number)):
        write_package(tmp_path / "package", DOCUMENTS)
    assert not any(tmp_path.iterdir())


MANY = {f"jobs/{number:04}/request.json": f"{number}\n" for number in range(durable_files.SYNC_EACH_LIMIT + 1)}


def test_of_many_files_the_file_system_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[str] = []
    really = durable_files._SYNCFS

    def counted(descriptor: int) -> int:
        waits.append("all")
        return int(really(descriptor))

    monkeypatch.setattr(durable_files, "_SYNCFS", counted)
    monkeypatch.setattr(os, "fsync", lambda _: waits.append("one"))
    write_package(tmp_path / "package", MANY)
    assert waits == ["all", "one"]  # one for the name of the package
    assert DocumentFolder(tmp_path / "package") == {name: text.encode() for name, text in MANY.items()}


def test_where_that_cannot_be_done_each_file_and_directory_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr(durable_files, "_SYNCFS", None)
    monkeypatch.setattr(os, "fsync", waits.append)
    write_package(tmp_path / "package", MANY)
    directories = len(MANY) + 2
    assert len(waits) == len(MANY) + directories + 1


def test_a_disk_that_fails_under_many_files_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> int:
        ctypes.set_errno(errno.EIO)
        return -1

    monkeypatch.setattr(durable_files, "_SYNCFS", fail)
    with pytest.raises(PackageError, match="Input/output error"):
        write_package(tmp_path / "package", MANY)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("after", [0, 2, 7])
def test_an_interrupt_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    monkeypatch.setattr(os, "fsync", failing(os.fsync, after=after, error=KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write_package(tmp_path / "package", DOCUMENTS)
    assert not any(tmp_path.iterdir())


def test_what_a_killed_process_left_is_removed_by_the_next_and_nothing_else_is(tmp_path: Path) -> None:
    token = "0123456789abcdef"
    left = tmp_path / f".package.{token}.partial"
    names = (
        ".package.1.partial",
        f".another.{token}.partial",
        f"package.{token}.partial",
        f".package.{token}0.partial",
    )
    others = [tmp_path / name for name in names]
    for place in (left, *others):
        (place / "jobs").mkdir(parents=True)
        (place / "preview.csv").write_text("a patient's name")
    write_package(tmp_path / "package", DOCUMENTS)
    assert not left.exists()
    assert all((place / "preview.csv").exists() for place in others)


def test_a_directory_that_this_process_writes_in_already_is_left_alone(tmp_path: Path) -> None:
    with partial_directory(tmp_path / "package") as place:
        write_package(tmp_path / "package", DOCUMENTS)
        assert place.exists()
    assert os.listdir(tmp_path) == ["package"]


@pytest.mark.parametrize("target", ["nowhere", "empty"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "package").symlink_to(target)
    with pytest.raises(PackageError, match="exists already"):
        write_package(tmp_path / "package", DOCUMENTS)
    assert os.listdir(tmp_path / "empty") == []


def test_a_place_taken_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_: Path, target: Path) -> None:
        target.mkdir()
        (target / "precious").write_text("x")
        raise OSError(errno.ENOTEMPTY, "taken")

    monkeypatch.setattr(os, "rename", taken)
    with pytest.raises(PackageError, match="its place is taken"):
        write_package(tmp_path / "package", DOCUMENTS)
    assert (tmp_path / "package" / "precious").read_text() == "x"
    assert [entry.name for entry in tmp_path.iterdir()] == ["package"]


def test_a_place_that_cannot_be_looked_at_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "package").mkdir()
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    monkeypatch.setattr(Path, "iterdir", failing(Path.iterdir, after=0, error=denied))
    with pytest.raises(PackageError, match="Permission denied"):
        require_new_package(tmp_path / "package")


def test_a_name_that_no_file_system_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError):
        write_package(tmp_path / ("x" * 300), DOCUMENTS)
    assert not any(tmp_path.iterdir())


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"There is no file a\.json"):
        read_document(tmp_path / "a.json")
    with pytest.raises(DocumentError, match="it is a directory"):
        read_document(tmp_path)


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(DocumentError, match="it is a FIFO"):
        read_document(tmp_path / "fifo")
    found = DocumentFolder(tmp_path)["fifo"]
    assert isinstance(found, Issue)
    assert found.code == "document.not-regular"
    assert DocumentFolder(tmp_path, follow_links=True) == {}


def test_a_link_is_followed_only_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to("../a")
    (tmp_path / "nowhere").symlink_to("none")
    assert DocumentFolder(tmp_path, follow_links=True) == {"a": b"abc", "folder/link": b"abc"}
    folder = DocumentFolder(tmp_path)
    assert [name for name in folder if isinstance(folder[name], Issue)] == ["folder/link", "nowhere"]
    for name in ("folder/link", "nowhere"):
        with pytest.raises(DocumentError, match="symbolic link"):
            next(folder.lines(name))


def test_a_document_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"abcd")
    assert read_document(tmp_path / "a", 3) == b"abc"
    with pytest.raises(DocumentError, match="more than 3 bytes"):
        read_document(tmp_path / "b", 3)
    folder = DocumentFolder(tmp_path, limit_of=lambda path: DocumentLimit(3))
    found = folder["b"]
    assert isinstance(found, Issue)
    assert found.code == "document.too-large"
    assert folder["a"] == b"abc"


def test_lines_are_read_of_files_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_reader, "LINE_PIECE_BYTES", 4)
    (tmp_path / "a").write_bytes(b"abc\r\ndefghi\n\n\xff")
    told: list[int] = []
    folder = DocumentFolder(
        tmp_path, lambda progress: told.append(progress.done), limit_of=lambda path: DocumentLimit(3)
    )
    assert list(folder.lines("a")) == [b"abc\r", b"\n", b"defg", b"hi\n", b"\n", b"\xff"]
    assert (folder.read_count, told) == (1, [1])
    (tmp_path / "a").unlink()
    with pytest.raises(DocumentError, match="There is no file a"):
        next(folder.lines("a"))


def test_a_document_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    monkeypatch.setattr(
        regular_files, "_read_all_within_limit", failing(regular_files._read_all_within_limit, after=0, error=denied)
    )
    with pytest.raises(DocumentError, match="Permission denied") as caught:
        read_document(tmp_path / "a")
    assert str(tmp_path) not in str(caught.value)


def test_a_folder_reads_only_what_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"b")
    folder = DocumentFolder(tmp_path)
    assert folder["sub/a"] == b"abc"
    assert "../b" not in folder
    assert ("b" in folder, len(folder), list(folder)) == (True, 2, ["b", "sub/a"])
    monkeypatch.setattr(
        regular_files,
        "_read_all_within_limit",
        failing(regular_files._read_all_within_limit, after=0, error=OSError(errno.EIO, "x")),
    )
    assert "b" in folder
    with pytest.raises(DocumentError):
        folder["b"]
