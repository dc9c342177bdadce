"""Files that wait, that never end, that are too large, or that are others than a moment ago."""

from __future__ import annotations

import errno
import io
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dicommap.reading import (
    FileTooLargeError,
    NotRegularFileError,
    open_descriptor,
    open_folder,
    open_regular_file,
    read_regular_file,
    read_stream,
)


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "it")
    return folder / "it"


def directory(folder: Path) -> Path:
    (folder / "it").mkdir()
    return folder / "it"


def listening(folder: Path) -> Path:
    before = os.getcwd()
    os.chdir(folder)  # a socket's name is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("it")
    finally:
        os.chdir(before)
    return folder / "it"


def link_to_device(folder: Path) -> Path:
    (folder / "it").symlink_to("/dev/zero")
    return folder / "it"


def link_to_fifo(folder: Path) -> Path:
    os.mkfifo(folder / "other")
    (folder / "it").symlink_to("other")
    return folder / "it"


KINDS = [
    (fifo, "a FIFO"),
    (link_to_fifo, "a FIFO"),
    (directory, "a directory"),
    (listening, "a socket"),
    (link_to_device, "a character device"),
]


@pytest.mark.parametrize(("make", "kind"), KINDS, ids=[make.__name__ for make, _ in KINDS])
def test_only_regular_files_are_opened_and_the_error_names_the_kind(
    tmp_path: Path, make: Callable[[Path], Path], kind: str
) -> None:
    path = make(tmp_path)
    for read in (lambda: read_regular_file(path, 10), lambda: open_regular_file(path), lambda: open_descriptor(path)):
        with pytest.raises(NotRegularFileError) as caught:
            read()
        assert caught.value.strerror == f"it is {kind}, not a regular file"


@pytest.mark.parametrize("opening", [True, False])
def test_a_fifo_that_takes_a_files_place_between_the_check_and_the_opening_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opening: bool
) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"content")
    as_it_is = os.open

    def swapped(name: str, flags: int, *more: int, dir_fd: int | None = None) -> int:
        if os.fspath(name).endswith("it"):
            path.unlink()
            os.mkfifo(path)
        return as_it_is(name, flags, *more, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(NotRegularFileError, match="a FIFO"):
        open_regular_file("it", beneath=tmp_path) if opening else read_regular_file(path, 100)


def test_an_open_descriptor_is_not_lost_where_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"content")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises(FileTooLargeError):
            read_regular_file(tmp_path / "it", 6)
        with pytest.raises(NotRegularFileError):
            open_descriptor(tmp_path)
        with pytest.raises(OSError, match="out of"):
            open_descriptor("../it", beneath=tmp_path)
        assert read_regular_file(tmp_path / "it", 7) == b"content"
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("size", [0, 1, 2**18 - 1, 2**18, 2**20, 2**20 + 1, 3 * 2**20])
def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_too_large(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "it"
    path.write_bytes(content[:size])
    assert read_regular_file(path, size) == content[:size]
    assert read_stream(io.BytesIO(content[:size]), size) == content[:size]
    with path.open("ab") as file:
        file.write(b"+")
    with pytest.raises(FileTooLargeError, match=f"more than {size:,} bytes"):
        read_regular_file(path, size)
    with pytest.raises(FileTooLargeError):
        read_stream(io.BytesIO(content[:size] + b"+"), size)


def test_a_file_of_size_0_that_does_not_end_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.symlink_to("/proc/self/maps")
    assert path.stat().st_size == 0
    assert read_regular_file(path, 2**24)
    with pytest.raises(FileTooLargeError):
        read_regular_file(path, 100)
    with open_regular_file(path) as file, pytest.raises(FileTooLargeError):
        file.read()


def test_a_file_that_grows_is_read_to_the_size_it_had(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"a\nb\n")
    with open_regular_file(path) as file:
        with path.open("ab") as more:
            more.write(b"c\n")
        with pytest.raises(FileTooLargeError):
            list(file)


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"line\n" * 100_000 + b"last")
    with open_regular_file(path) as file:
        assert file.fileno() > 2
        assert [*file] == [b"line\n"] * 100_000 + [b"last"]


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_the_systems_kind_of_error(tmp_path: Path, name: str) -> None:
    for beneath in (None, tmp_path):
        with pytest.raises(OSError, match="no file can have this name") as caught:
            open_descriptor(name, beneath=beneath)
        assert caught.value.errno == errno.EINVAL


def test_a_file_beneath_a_directory_is_reached_without_links(tmp_path: Path) -> None:
    inside = tmp_path / "root" / "a"
    inside.mkdir(parents=True)
    (inside / "it").write_bytes(b"content")
    (tmp_path / "secret").write_bytes(b"secret")
    (inside / "link").symlink_to("it")
    (inside / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "root" / "folder").symlink_to("a")
    root = tmp_path / "root"
    assert read_regular_file("a/it", 100, beneath=root) == b"content"
    for path in ("a/link", "a/out", "folder/it"):
        with pytest.raises(NotRegularFileError, match="a symbolic link"):
            read_regular_file(path, 100, beneath=root)
    for path in ("../secret", "a/../a/it", "/etc/passwd", "", "a//it", "./a/it", "a/"):
        with pytest.raises(OSError, match="leads out of"):
            read_regular_file(path, 100, beneath=root)
    for path in ("b/it", "a/none"):
        with pytest.raises(FileNotFoundError):
            read_regular_file(path, 100, beneath=root)


def test_a_link_that_takes_a_files_place_beneath_a_directory_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root").mkdir()
    path = tmp_path / "root" / "it"
    path.write_bytes(b"content")
    (tmp_path / "secret").write_bytes(b"secret")
    as_it_is = os.stat

    def swapped(name: str, **more: object) -> os.stat_result:
        status = as_it_is(name, **more)  # type: ignore[arg-type]
        if name == "it":
            path.unlink()
            path.symlink_to("../secret")
        return status

    monkeypatch.setattr(os, "stat", swapped)
    with pytest.raises(OSError, match="symbolic") as caught:
        read_regular_file("it", 100, beneath=tmp_path / "root")
    assert caught.value.errno == errno.ELOOP


def test_a_stream_without_an_end_is_read_to_its_bound() -> None:
    receiving, sending = os.pipe()
    done = threading.Event()

    def send() -> None:
        try:
            while True:
                os.write(sending, b"x" * 4096)
        except BrokenPipeError:
            done.set()

    thread = threading.Thread(target=send)
    thread.start()
    with os.fdopen(receiving, "rb") as file, pytest.raises(FileTooLargeError):
        read_stream(file, 100_000)
    assert done.wait(10)
    thread.join()
    os.close(sending)


def test_files_are_read_below_an_open_folder_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/b/one").write_bytes(b"1")
    (tmp_path / "a/b/c/two").write_bytes(b"2")
    (tmp_path / "a/b/link").symlink_to("one")
    (tmp_path / "link").symlink_to("a")
    folder = open_folder("a/b", beneath=tmp_path)
    before = len(os.listdir("/proc/self/fd"))
    try:
        (tmp_path / "a").rename(tmp_path / "moved")  # the descriptor still names the same folder
        assert [read_regular_file(name, 1, beneath=folder) for name in ("one", "c/two", "one")] == [b"1", b"2", b"1"]
        for name in ("link", "../b/one", "/a/b/one", "c", "none"):
            with pytest.raises(OSError, match=r"link|out of|directory|No such"):
                read_regular_file(name, 1, beneath=folder)
        assert len(os.listdir("/proc/self/fd")) == before
    finally:
        os.close(folder)
    with pytest.raises(NotRegularFileError, match="a symbolic link"):
        open_folder("link/b", beneath=tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before - 1
