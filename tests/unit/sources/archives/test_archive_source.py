"""Members are opened by their paths: exact bytes in any order, linear in the archive, and never of another archive."""

from __future__ import annotations

import gzip
import os
import pickle
import random
import struct
import threading
from pathlib import Path
from typing import Any

import pytest

from dicommap.sources import LocalTree, Opener
from dicommap.sources.archives import archive_bytes, archive_source
from dicommap.sources.archives.archive_errors import ArchiveError
from dicommap.sources.archives.archive_source import ArchiveOpener, close_archives
from tests.support.archive_files import (
    ARCHIVE_SUFFIXES,
    advance_mtime,
    make_archive_source,
    read_members,
    walk_by_path,
    write_archive,
)
from tests.support.p10_files import write_tree

COMPRESSED = [kind for kind in ARCHIVE_SUFFIXES if kind not in ("zip", "tar")]
RANDOM = random.Random(1)
LARGE = RANDOM.randbytes(300_000)


def read(opener: Opener, path: str) -> bytes:
    with opener.open(path) as read_at:
        return read_at(0, 2**30)


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_reads_at_any_place_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    write_archive(tmp_path / f"s.{kind}", [("before", b"x" * 999), ("large", LARGE), ("after", b"y")])
    opener = make_archive_source(tmp_path).opener
    if kind in ("zip", "tar"):
        monkeypatch.setattr(archive_bytes, "MAX_KEPT_BYTES", 1_000)
    places = [(0, 10), (5, 0), (8_192, 70_000), (0, 8_192), (299_990, 100), (300_000, 5), (400_000, 5), (100, 299_000)]
    with opener.open(f"s.{kind}!/large") as read_at:
        for offset, length in [*places, *((RANDOM.randrange(310_000), RANDOM.randrange(9_999)) for _ in range(50))]:
            assert read_at(offset, length) == LARGE[offset : offset + length]


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_tar_file_is_not_read_again_for_one_member(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(archive_bytes, "MAX_KEPT_BYTES", 1_000)
    write_archive(tmp_path / f"s.{kind}", [("large", LARGE), ("after", b"y")])
    opener = make_archive_source(tmp_path).opener
    with opener.open(f"s.{kind}!/large") as read_at:
        assert read_at(2_000, 5) == LARGE[2_000:2_005]
        assert read_at(0, 900) == LARGE[:900]
        with pytest.raises(ArchiveError) as caught:
            read_at(1_500, 5)
    assert caught.value.issue.code == "archive.unsupported-member"
    assert read(opener, f"s.{kind}!/after") == b"y"


class Reading:
    """Counts the bytes that are read of a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = self.opened = 0
        really_read, really_open = os.pread, os.open

        def counting(descriptor: int, length: int, offset: int) -> bytes:
            found = really_read(descriptor, length, offset)
            self.bytes += len(found)
            return found

        def opening(*arguments: Any) -> int:
            self.opened += 1
            return really_open(*arguments)

        monkeypatch.setattr(os, "pread", counting)
        monkeypatch.setattr(os, "open", opening)


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_members_in_order_cost_one_reading_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    members = [(f"{n:03}", RANDOM.randbytes(2_000)) for n in range(200)]
    size = write_archive(tmp_path / f"s.{kind}", members).stat().st_size
    opener = make_archive_source(tmp_path).opener
    reading = Reading(monkeypatch)
    for name, content in members:
        # As tasks do, which are pickled and come one after another.
        assert read(pickle.loads(pickle.dumps(opener)), f"s.{kind}!/{name}") == content
    assert reading.opened == 1
    assert reading.bytes < 2 * size + 2**17


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_any_order_gives_the_same_bytes(tmp_path: Path, kind: str) -> None:
    members = {f"{n}": RANDOM.randbytes(3_000) for n in range(20)}
    write_archive(tmp_path / f"s.{kind}", members.items())
    write_archive(tmp_path / f"t.{kind}", members.items())
    opener = make_archive_source(tmp_path).opener
    names = [*members, *reversed(members), *members]
    RANDOM.shuffle(names)
    for name in names:
        assert read(opener, f"s.{kind}!/{name}") == read(opener, f"t.{kind}!/{name}") == members[name]


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_two_members_are_read_beside_each_other(tmp_path: Path, kind: str) -> None:
    write_archive(tmp_path / f"s.{kind}", [("a", LARGE), ("b", LARGE[::-1])])
    opener = make_archive_source(tmp_path).opener
    with opener.open(f"s.{kind}!/b") as one, opener.open(f"s.{kind}!/a") as other:
        for offset in range(0, 300_000, 50_000):
            assert one(offset, 50_000) == LARGE[::-1][offset : offset + 50_000]
            assert other(offset, 50_000) == LARGE[offset : offset + 50_000]


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_no_file_stays_open(tmp_path: Path, kind: str) -> None:
    for number in range(20):
        write_archive(tmp_path / f"{number}.{kind}", [("a", b"1")])
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    opener = make_archive_source(tmp_path).opener

    def read_all() -> None:
        for number in range(20):
            assert read(opener, f"{number}.{kind}!/a") == b"1"

    read_all()
    thread = threading.Thread(target=read_all)
    thread.start()
    thread.join()
    assert len(archive_source._open_archives.held) == archive_source.MAX_OPEN_ARCHIVES
    close_archives()
    if before:
        assert set(os.listdir("/proc/self/fd")) <= before


def test_archives_of_many_entries_are_not_kept_open_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_source, "MAX_ENTRIES", 10)
    for number in range(3):
        write_archive(tmp_path / f"{number}.zip", [(str(n), b"") for n in range(6)])
        read(make_archive_source(tmp_path).opener, f"{number}.zip!/0")
        assert len(archive_source._open_archives.held) == 1
    close_archives()


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
@pytest.mark.parametrize("change", ["other size", "other time", "gone", "a directory"])
def test_a_member_of_an_archive_that_changed_is_refused(tmp_path: Path, kind: str, change: str) -> None:
    path = write_archive(tmp_path / f"s.{kind}", [("a", b"1"), ("b", b"2")])
    source = make_archive_source(tmp_path)
    opener = source.opener.for_files(list(source.walk()))
    assert read(opener, f"s.{kind}!/a") == b"1"
    moment = path.stat().st_mtime_ns
    if change == "other time":
        advance_mtime(path)
    else:
        path.unlink()
    if change == "other size":
        write_archive(path, [("a", b"1"), ("b", RANDOM.randbytes(20_000))])
        os.utime(path, ns=(moment, moment))
    elif change == "a directory":
        path.mkdir()
    with pytest.raises(ArchiveError) as caught:
        read(opener, f"s.{kind}!/b")
    assert caught.value.issue.code == "archive.changed"


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_a_change_while_a_member_is_read_is_seen(tmp_path: Path, kind: str) -> None:
    path = write_archive(tmp_path / f"s.{kind}", [("a", b"1")])
    opened = make_archive_source(tmp_path).opener.open(f"s.{kind}!/a")
    assert opened.__enter__()(0, 5) == b"1"
    advance_mtime(path)
    with pytest.raises(ArchiveError):
        opened.__exit__(None, None, None)


def test_a_damaged_member_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "s.zip", [("a", LARGE), ("b", b"2" * 100), ("c", b"3")])
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    struct.pack_into("<I", content, content.rindex(b"PK\x01\x02") + 42, 7)
    path.write_bytes(content)
    opener = make_archive_source(tmp_path).opener
    for name in ("a", "c"):
        with pytest.raises(ArchiveError) as caught:
            read(opener, f"s.zip!/{name}")
        assert caught.value.issue.code == "archive.member-damaged"
    assert read(opener, "s.zip!/b") == b"2" * 100


def test_what_stands_before_damage_in_a_compressed_tar_file_is_read(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "s.tar.gz", [("a", b"1"), ("b", LARGE), ("c", b"3")])
    path.write_bytes(path.read_bytes()[:150_000])
    opener = make_archive_source(tmp_path).opener
    for _ in range(2):
        with opener.open("s.tar.gz!/b") as read_at:
            assert read_at(0, 1_000) == LARGE[:1_000]
            with pytest.raises(ArchiveError) as caught:
                read_at(290_000, 10)
        assert caught.value.issue.code == "archive.member-damaged"
        with pytest.raises(ArchiveError):
            read(opener, "s.tar.gz!/c")
        assert read(opener, "s.tar.gz!/a") == b"1"


def test_a_name_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for kind in ARCHIVE_SUFFIXES:
        write_archive(tmp_path / f"s.{kind}", [("a", b"1")])
        with pytest.raises(ArchiveError):
            read(make_archive_source(tmp_path).opener, f"s.{kind}!/none")


def test_without_a_walk_real_files_come_first(tmp_path: Path) -> None:
    write_archive(tmp_path / "s.zip", [("a", b"member")])
    write_tree(tmp_path, {"s.zip!/a": b"file", "t.zip!/a": b"file", "u.zip/x": b"", "u.zip!/a": b"file"})
    opener = ArchiveOpener(LocalTree(tmp_path))
    assert [read(opener, f"{name}.zip!/a") for name in "stu"] == [b"file"] * 3
    assert "s.zip!/a" in walk_by_path(tmp_path)


def code_of_reading(opener: Opener, path: str) -> str | None:
    try:
        read(opener, path)
    except ArchiveError as error:
        return error.issue.code
    return None


def altered_bytes(content: bytes, random_numbers: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random_numbers.choice([1, 1, 3, 20])):
        place = random_numbers.randrange(len(changed))
        match random_numbers.randrange(4):
            case 0:
                changed[place] = random_numbers.choice([0, 1, 0x7F, 0x80, 0xFF, 0x30, 0x35])
            case 1:
                changed[place] = random_numbers.randrange(256)
            case 2:
                del changed[place : place + random_numbers.randrange(600)]
            case _:
                changed[place:place] = changed[place : place + random_numbers.randrange(600)]
        if not changed:
            return b"x"
    return bytes(changed)


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
@pytest.mark.parametrize("seed", range(4))
def test_altered_archives_give_findings_or_members_and_nothing_else(tmp_path: Path, kind: str, seed: int) -> None:
    random_numbers = random.Random(seed)
    members = [("d/a", b"1" * 700), ("n" * 150, LARGE[:3_000]), ("b" * 300, b""), ("é", b"3")]
    path = write_archive(tmp_path / f"s.{kind}", members)
    good = path.read_bytes()
    for _ in range(60):
        if kind == "tar.gz" and random_numbers.random() < 0.5:
            path.write_bytes(gzip.compress(altered_bytes(gzip.decompress(good), random_numbers), 1))
        else:
            path.write_bytes(altered_bytes(good, random_numbers))
        source = make_archive_source(tmp_path)
        files = list(source.walk())
        opener = source.opener.for_files(files)
        for file in files:
            if file.disposition is None and file.archive is not None:
                told = code_of_reading(opener, file.path)
                assert told in (None, "archive.member-damaged", "archive.unsupported-member")
        close_archives()


def test_nothing_is_written_beside_an_archive(tmp_path: Path) -> None:
    write_archive(tmp_path / "s.tar.gz", [("a", LARGE)])
    before = os.stat(tmp_path), os.stat(tmp_path / "s.tar.gz")
    assert read_members(tmp_path) == {"s.tar.gz!/a": LARGE}
    after = os.stat(tmp_path), os.stat(tmp_path / "s.tar.gz")
    assert [(one.st_mtime_ns, one.st_size) for one in before] == [(one.st_mtime_ns, one.st_size) for one in after]
