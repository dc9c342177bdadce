"""Archives as a walk has them: every entry once, with what is wrong, and nothing that exhausts us."""

from __future__ import annotations

import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from dicommap.model.study import Disposition
from dicommap.sources.archives import archive_entry, archive_limits, zip_archive
from tests.support.archive_files import (
    ARCHIVE_SUFFIXES,
    advance_mtime,
    codes,
    read_members,
    walk_by_path,
    write_archive,
)
from tests.support.p10_files import p10, write_tree

FILES = [("b/IM1", b"one" * 50_000), ("a", b"two"), ("empty", b""), ("schön/é", b"three")]


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_members_come_in_the_order_of_the_archive_with_its_time(tmp_path: Path, kind: str) -> None:
    archive = write_archive(tmp_path / "dir" / f"s.{kind}", FILES)
    found = walk_by_path(tmp_path)
    path = f"dir/s.{kind}"
    assert list(found) == [path, *(f"{path}!/{name}" for name, _ in FILES)]
    assert found[path].disposition is Disposition.ARCHIVE
    assert found[path].size == archive.stat().st_size
    for name, content in FILES:
        file = found[f"{path}!/{name}"]
        assert (file.size, file.mtime_ns) == (len(content), archive.stat().st_mtime_ns)
        assert (file.disposition, file.issues) == (None, ())
    assert read_members(tmp_path) == {f"{path}!/{name}": content for name, content in FILES}


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_an_archive_may_be_empty_or_named_in_capitals(tmp_path: Path, kind: str) -> None:
    os.rename(write_archive(tmp_path / f"s.{kind}", []), tmp_path / f"S.{kind.upper()}")
    (file,) = walk_by_path(tmp_path).values()
    assert (file.disposition, file.issues) == (Disposition.ARCHIVE, ())


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_a_p10_file_and_an_empty_one_named_like_an_archive_are_read(tmp_path: Path, kind: str) -> None:
    write_tree(tmp_path, {f"a.{kind}": p10(), f"b.{kind}": b""})
    assert [file.disposition for file in walk_by_path(tmp_path).values()] == [None, None]


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04hello", b"\x1f\x8b\x08", b"hello" * 500])
def test_what_is_no_archive_in_spite_of_its_name_is_broken(tmp_path: Path, kind: str, content: bytes) -> None:
    write_tree(tmp_path, {f"a.{kind}": content})
    (file,) = walk_by_path(tmp_path).values()
    assert (file.disposition, codes(file)) == (Disposition.ARCHIVE, ["archive.broken"])


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_repeated_names_become_unique_and_all_are_read(tmp_path: Path, kind: str) -> None:
    members = [("a", b"1"), ("a!2", b"2"), ("a", b"3"), ("a", b"4"), ("a!2", b"5")]
    with pytest.warns(UserWarning, match="Duplicate") if kind == "zip" else pytest.MonkeyPatch.context():
        write_archive(tmp_path / f"s.{kind}", members)
    assert codes(walk_by_path(tmp_path)[f"s.{kind}"]) == ["archive.duplicate-names"]
    names = ["a", "a!2", "a!3", "a!4", "a!2!2"]
    assert read_members(tmp_path) == {f"s.{kind}!/{name}": b"%d" % n for n, name in enumerate(names, 1)}


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_names_that_lead_out_of_the_archive_are_counted_and_read(tmp_path: Path, kind: str) -> None:
    write_archive(
        tmp_path / f"s.{kind}", [("/etc/a", b"1"), ("../b", b"2"), ("c/../../d", b"3"), ("e..f", b"4"), ("..\\g", b"5")]
    )
    (found,) = walk_by_path(tmp_path)[f"s.{kind}"].issues
    assert found.code == "archive.unsafe-names"
    assert "4 members" in found.message
    assert len(read_members(tmp_path)) == 5


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_archives_inside_archives_are_not_entered(tmp_path: Path, kind: str) -> None:
    write_archive(tmp_path / f"s.{kind}", [("in.zip", b"1"), ("x/in.TGZ", b"2"), ("zip", b"3")])
    found = walk_by_path(tmp_path)
    for name in ("in.zip", "x/in.TGZ"):
        file = found[f"s.{kind}!/{name}"]
        assert (file.disposition, codes(file)) == (Disposition.ARCHIVE, ["archive.nested"])
    assert found[f"s.{kind}!/zip"].disposition is None


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_is_not_entered_where_a_path_would_stand_for_two_files(tmp_path: Path, kind: str) -> None:
    write_archive(tmp_path / f"s.{kind}", FILES)
    write_tree(tmp_path, {f"s.{kind}!/b/IM1": b"real"})
    found = walk_by_path(tmp_path)
    assert list(found) == [f"s.{kind}", f"s.{kind}!/b/IM1"]
    assert codes(found[f"s.{kind}"]) == ["archive.ambiguous-path"]
    assert read_members(tmp_path) == {f"s.{kind}!/b/IM1": b"real"}


def test_real_paths_that_look_like_members_are_read(tmp_path: Path) -> None:
    write_archive(tmp_path / "s.zip", [("x!/y.zip!/z", b"1")])
    write_tree(tmp_path, {"a.zip!/b": b"2", "c!/d": b"3", "e!/f.tar!/g": b"4"})
    assert read_members(tmp_path) == {"s.zip!/x!/y.zip!/z": b"1", "a.zip!/b": b"2", "c!/d": b"3", "e!/f.tar!/g": b"4"}


def test_links_and_devices_of_a_tar_file_are_paths_and_are_not_read(tmp_path: Path) -> None:
    kinds = {
        "hard": tarfile.LNKTYPE,
        "soft": tarfile.SYMTYPE,
        "fifo": tarfile.FIFOTYPE,
        "char": tarfile.CHRTYPE,
        "block": tarfile.BLKTYPE,
        "dir": tarfile.DIRTYPE,
    }
    with tarfile.open(tmp_path / "s.tar", "w") as tar:
        for name, kind in kinds.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        tar.addfile(tarfile.TarInfo("file"))
    found = walk_by_path(tmp_path)
    assert [path.removeprefix("s.tar!/") for path in found] == [
        "s.tar",
        "hard",
        "soft",
        "fifo",
        "char",
        "block",
        "file",
    ]
    for name in ("hard", "soft"):
        assert found[f"s.tar!/{name}"].disposition is Disposition.LINK
        assert codes(found[f"s.tar!/{name}"]) == ["archive.link-not-followed"]
    for name in ("fifo", "char", "block"):
        assert found[f"s.tar!/{name}"].disposition is Disposition.SPECIAL
        assert codes(found[f"s.tar!/{name}"]) == ["source.special-file"]


def test_links_of_a_zip_file_are_not_read(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
        archive.writestr("dir/", "")
    found = walk_by_path(tmp_path)
    assert list(found) == ["s.zip", "s.zip!/link"]
    assert found["s.zip!/link"].disposition is Disposition.LINK


def altered(path: Path, offset: int, form: str, value: int) -> None:
    """Write a number into the directory of a ZIP file of one member."""
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, content.index(b"PK\x01\x02") + offset, value)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("offset", "form", "value", "code"),
    [
        (8, "<H", 1, "archive.encrypted"),
        (10, "<H", 9, "archive.unsupported-member"),
        (10, "<H", 99, "archive.unsupported-member"),
    ],
)
def test_zip_members_that_cannot_be_read_are_paths(
    tmp_path: Path, offset: int, form: str, value: int, code: str
) -> None:
    altered(write_archive(tmp_path / "s.zip", [("a", b"1")]), offset, form, value)
    file = walk_by_path(tmp_path)["s.zip!/a"]
    assert (file.disposition, codes(file)) == (Disposition.UNREADABLE, [code])


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_a_member_may_be_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(archive_entry, "MAX_MEMBER_BYTES", 10)
    write_archive(tmp_path / f"s.{kind}", [("a", b"1" * 11), ("b", b"2" * 10)])
    found = walk_by_path(tmp_path)
    assert codes(found[f"s.{kind}!/a"]) == ["archive.member-too-large"]
    assert read_members(tmp_path) == {f"s.{kind}!/b": b"2" * 10}


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_there_may_be_too_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    write_archive(tmp_path / f"s.{kind}", [(str(n), b"x") for n in range(6)])
    monkeypatch.setattr(archive_limits, "MAX_ENTRIES", 6)
    monkeypatch.setattr(zip_archive, "MAX_ENTRIES", 6)
    assert codes(walk_by_path(tmp_path)[f"s.{kind}"]) == []
    monkeypatch.setattr(archive_limits, "MAX_ENTRIES", 5)
    monkeypatch.setattr(zip_archive, "MAX_ENTRIES", 5)
    found = walk_by_path(tmp_path)
    assert codes(found[f"s.{kind}"]) == ["archive.too-many-entries"]
    assert len(found) == 1 + (0 if kind == "zip" else 5)


def test_a_directory_may_be_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(tmp_path / "s.zip", [(str(n) * 9_000, b"x") for n in range(9)])
    monkeypatch.setattr(zip_archive, "MAX_DIRECTORY_BYTES", 70_000)
    assert codes(walk_by_path(tmp_path)["s.zip"]) == ["archive.too-many-entries"]


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_names_may_be_too_long_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    write_archive(tmp_path / f"s.{kind}", [(f"{n}" * 100, b"x") for n in range(6)])
    monkeypatch.setattr(archive_limits, "MAX_TOTAL_NAME_CHARACTERS", 450)
    found = walk_by_path(tmp_path)
    assert codes(found[f"s.{kind}"]) == ["archive.too-many-entries"]
    assert len(found) == 1 + (0 if kind == "zip" else 4)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "txz"])
@pytest.mark.parametrize(("total", "code"), [(2**40, "archive.ratio"), (150_000, "archive.total-size")])
def test_what_unpacks_to_too_much_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, total: int, code: str
) -> None:
    write_archive(tmp_path / f"s.{kind}", [(str(n), bytes(50_000)) for n in range(5)])
    monkeypatch.setattr(archive_limits, "ALWAYS_ALLOWED_BYTES", 160_000)
    monkeypatch.setattr(archive_limits, "MAX_RATIO", 2)
    monkeypatch.setattr(archive_limits, "MAX_UNPACKED_BYTES", total)
    found = walk_by_path(tmp_path)
    assert codes(found[f"s.{kind}"]) == [code]
    assert 3 <= len(found) <= 5
    # The member in which a compressed tar file goes over the limit is listed; its end is not read.
    assert all(path in found for path in (f"s.{kind}!/0", f"s.{kind}!/1"))


def test_a_plain_tar_file_and_stored_members_unpack_to_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_limits, "ALWAYS_ALLOWED_BYTES", 1)
    monkeypatch.setattr(archive_limits, "MAX_RATIO", 0)
    write_archive(tmp_path / "s.tar", FILES)
    with zipfile.ZipFile(tmp_path / "s.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a", b"1" * 1000)
    assert not any(file.issues for file in walk_by_path(tmp_path).values())


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_an_archive_that_is_cut_anywhere_is_told_and_keeps_what_is_before(tmp_path: Path, kind: str) -> None:
    content = write_archive(tmp_path / f"s.{kind}", [(f"{n}", os.urandom(700)) for n in range(3)]).read_bytes()
    for cut in range(1, len(content), 97):
        (tmp_path / f"s.{kind}").write_bytes(content[:cut])
        found = walk_by_path(tmp_path)
        whole = len(found) == 4
        assert codes(found.pop(f"s.{kind}")) == ["archive.broken"] or (whole and kind != "zip")
        assert list(found) == [f"s.{kind}!/{n}" for n in range(len(found))]


def test_a_tar_file_without_its_end_may_be_cut(tmp_path: Path) -> None:
    content = write_archive(tmp_path / "s.tar", [("a", b"1")]).read_bytes()
    (tmp_path / "s.tar").write_bytes(content[:1024])
    (found,) = walk_by_path(tmp_path)["s.tar"].issues
    assert (found.code, found.severity) == ("archive.broken", "warning")


def test_an_archive_that_may_not_be_opened_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(tmp_path / "s.zip", FILES)

    really_open = os.open

    def refuse(path: str, flags: int) -> int:
        if path.endswith(".zip"):
            raise PermissionError(13, "Permission denied")
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    (file,) = walk_by_path(tmp_path).values()
    assert (file.disposition, codes(file)) == (Disposition.UNREADABLE, ["source.unreadable"])


@pytest.mark.parametrize("kind", ARCHIVE_SUFFIXES)
def test_an_archive_that_changes_while_it_is_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = write_archive(tmp_path / f"s.{kind}", FILES)
    original = archive_entry.UniqueNames.make_unique

    def changing(self: archive_entry.UniqueNames, name: str) -> str:
        advance_mtime(path)
        return original(self, name)

    monkeypatch.setattr(archive_entry.UniqueNames, "make_unique", changing)
    assert "archive.changed" in codes(walk_by_path(tmp_path)[f"s.{kind}"])


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_of_all_tar_formats_are_what_tarfile_reads(tmp_path: Path, form: int) -> None:
    names = ["a", "d/" * 40 + "x" * 60, "é", "with space", "line\nbreak"]
    if form != tarfile.USTAR_FORMAT:
        names += ["y" * 300, "é" * 120, "b\udcff"]
    write_archive(tmp_path / "s.tar", [(name, name.encode("utf-8", "surrogateescape")) for name in names], form=form)
    with tarfile.open(tmp_path / "s.tar", encoding="utf-8", errors="surrogateescape") as tar:
        assert tar.getnames() == names
    found = read_members(tmp_path)
    assert list(found) == [f"s.tar!/{name}" for name in names]
    assert all(path[7:].encode("utf-8", "surrogateescape") == content for path, content in found.items())


def test_pax_headers_of_all_files_and_of_one_give_names_and_sizes(tmp_path: Path) -> None:
    info = tarfile.TarInfo("short")
    info.size, info.pax_headers = 3, {"path": "long/name", "size": "3", "SCHILY.xattr.user.x": "y" * 5_000}
    with tarfile.open(tmp_path / "s.tar", "w", pax_headers={"comment": "all"}) as tar:
        tar.addfile(info, io.BytesIO(b"abc"))
        tar.addfile(tarfile.TarInfo("next"))
    assert read_members(tmp_path) == {"s.tar!/long/name": b"abc", "s.tar!/next": b""}


def header(name: str, kind: bytes, size: int = 0) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (header("x", tarfile.XHDTYPE, 2**30), "extended header has"),
        (header("x", b"L", 2**40), "extended header has"),
        (header("x", tarfile.XHDTYPE, 9) + padded(b"9 path=a\n"), "no header|without the mark"),
        (header("x", tarfile.XHDTYPE, 9) + padded(b"99 path=\n"), "extended header is damaged"),
        (header("x", tarfile.XHDTYPE, 9) + padded(b"0 path=a\n"), "extended header is damaged"),
        (header("x", tarfile.XHDTYPE, 9) + padded(b"-1 path=\n"), "extended header is damaged"),
        (header("x", tarfile.XHDTYPE, 10) + padded(b"10 size=x\n") + header("a", b"0"), "invalid size"),
        (header("x", tarfile.XHDTYPE, 11) + padded(b"11 size=-5\n") + header("a", b"0"), "invalid size"),
        (header("a", b"0", -512), "invalid size"),
        (header("a", b"0", 2**62), "ends inside a member"),
        (header("x", b"L", 5_000) + padded(b"n" * 5_000) + header("a", b"0"), "more than 4096 characters"),
    ],
)
def test_tar_headers_that_lead_nowhere_end_the_reading(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "s.tar").write_bytes(content)
    (found,) = walk_by_path(tmp_path)["s.tar"].issues
    assert found.code == "archive.broken"
    assert any(words in found.message for words in reason.split("|"))


def test_extended_headers_may_follow_each_other_for_long(tmp_path: Path) -> None:
    long = header("x", b"L", 2) + padded(b"b\0")
    (tmp_path / "s.tar").write_bytes(long * 3_000 + header("a", b"0", 1) + padded(b"1") + bytes(1024))
    assert read_members(tmp_path) == {"s.tar!/b": b"1"}


def test_sparse_files_are_not_read_and_what_follows_is(tmp_path: Path) -> None:
    sparse = bytearray(header("hole", b"S", 512))
    sparse[482] = 1
    total = 256 + sum(sparse[:148]) + sum(sparse[156:512])
    sparse[148:156] = b"%06o\0 " % total
    more = bytearray(512)
    more[504] = 1
    content = bytes(sparse) + bytes(more) + bytes(512) + b"x" * 512
    (tmp_path / "s.tar").write_bytes(content + header("a", b"0", 1) + padded(b"1") + bytes(1024))
    found = walk_by_path(tmp_path)
    assert codes(found["s.tar!/hole"]) == ["archive.unsupported-member"]
    assert read_members(tmp_path) == {"s.tar!/a": b"1"}


def test_a_name_that_is_not_utf8_makes_one_path(tmp_path: Path) -> None:
    write_archive(tmp_path / "s.tar", [("\udcff", b"1")], form=tarfile.GNU_FORMAT)
    assert read_members(tmp_path) == {"s.tar!/\udcff": b"1"}
