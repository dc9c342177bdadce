"""Archives that were joined or have bytes behind their end: every member is listed, or an issue says more."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from dicommap.sources.archives import tar_headers
from tests.support.archive_files import TAR_MODES, codes, read_members, walk_by_path, write_archive

BLOCK = 512


def packed(directory: Path, kind: str, name: str) -> bytes:
    return write_archive(directory / f"{name}.{kind}", [(name, name.encode() * 1_000)]).read_bytes()


def joined(tmp_path: Path, kind: str, *between: bytes) -> Path:
    """Return a tree that holds one archive: two archives, one behind the other."""
    first, second = (packed(tmp_path / "parts", kind, name) for name in ("a", "b"))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / f"x.{kind}").write_bytes(first + b"".join(between) + second)
    return tmp_path / "tree"


@pytest.mark.parametrize("kind", TAR_MODES)
@pytest.mark.parametrize("zeros", [0, 1, 20, 5_000])
def test_the_members_of_both_tar_files_are_listed(tmp_path: Path, kind: str, zeros: int) -> None:
    tree = joined(tmp_path, kind, bytes(BLOCK * zeros))

    assert read_members(tree) == {f"x.{kind}!/a": b"a" * 1_000, f"x.{kind}!/b": b"b" * 1_000}
    assert codes(walk_by_path(tree)[f"x.{kind}"]) == ["archive.continued"]


def test_the_issue_names_the_byte_at_which_the_first_further_member_begins(tmp_path: Path) -> None:
    first = packed(tmp_path / "parts", "tar", "a")
    tree = joined(tmp_path, "tar")

    (found,) = walk_by_path(tree)["x.tar"].issues

    assert f"at byte {len(first)} " in found.message


def test_three_tar_files_have_one_issue(tmp_path: Path) -> None:
    parts = b"".join(packed(tmp_path / "parts", "tar", name) for name in "abc")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "x.tar").write_bytes(parts)

    assert codes(walk_by_path(tmp_path / "tree")["x.tar"]) == ["archive.continued"]
    assert len(read_members(tmp_path / "tree")) == 3


@pytest.mark.parametrize("kind", TAR_MODES)
def test_bytes_behind_the_end_that_are_no_member_are_an_issue(tmp_path: Path, kind: str) -> None:
    whole = packed(tmp_path / "tree", kind, "x")
    (tmp_path / "tree" / f"x.{kind}").write_bytes(whole + b"rest" * 1_000)

    found = walk_by_path(tmp_path / "tree")

    assert codes(found[f"x.{kind}"]) == ["archive.trailing-bytes"]
    assert f"x.{kind}!/x" in found
    assert f"from byte {len(whole)} on" in found[f"x.{kind}"].issues[0].message


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "txz"])
def test_a_tar_file_of_another_compression_behind_the_first_is_an_issue(tmp_path: Path, kind: str) -> None:
    other = packed(tmp_path / "parts", "tar.bz2" if kind == "tar.gz" else "tar.gz", "b")
    whole = packed(tmp_path / "tree", kind, "x")
    (tmp_path / "tree" / f"x.{kind}").write_bytes(whole + other)

    assert codes(walk_by_path(tmp_path / "tree")[f"x.{kind}"]) == ["archive.trailing-bytes"]


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "txz"])
def test_a_second_stream_that_is_cut_is_an_issue(tmp_path: Path, kind: str) -> None:
    tree = joined(tmp_path, kind)
    archive = tree / f"x.{kind}"
    archive.write_bytes(archive.read_bytes()[:-10])

    found = walk_by_path(tree)

    assert "archive.broken" in codes(found[f"x.{kind}"])
    assert f"x.{kind}!/a" in found


def test_zeros_without_end_are_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_headers, "MAX_ZERO_BYTES", BLOCK * 100)
    tree = joined(tmp_path, "tar", bytes(BLOCK * 200))

    assert codes(walk_by_path(tree)["x.tar"]) == ["archive.trailing-zeros"]


@pytest.mark.parametrize("filling", [2, 18, 1_000])
def test_a_filled_up_tar_file_has_no_issue(tmp_path: Path, filling: int) -> None:
    whole = packed(tmp_path / "tree", "tar", "x")
    (tmp_path / "tree" / "x.tar").write_bytes(whole + bytes(BLOCK * filling))

    assert walk_by_path(tmp_path / "tree")["x.tar"].issues == ()


def test_bytes_before_a_zip_file_are_an_issue(tmp_path: Path) -> None:
    first = packed(tmp_path / "parts", "zip", "a")
    tree = joined(tmp_path, "zip")

    found = walk_by_path(tree)

    assert codes(found["x.zip"]) == ["archive.leading-bytes"]
    assert f"{len(first)} bytes" in found["x.zip"].issues[0].message
    assert "x.zip!/b" in found


@pytest.mark.parametrize("comment", [b"", b"said by the archive"])
def test_bytes_behind_a_zip_file_are_an_issue_and_its_comment_is_none(tmp_path: Path, comment: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"1")
        archive.comment = comment
    whole = buffer.getvalue()
    (tmp_path / "x.zip").write_bytes(whole)
    (tmp_path / "y.zip").write_bytes(whole + b"rest")

    found = walk_by_path(tmp_path)

    assert found["x.zip"].issues == ()
    assert codes(found["y.zip"]) == ["archive.trailing-bytes"]
    assert f"from byte {len(whole)} on" in found["y.zip"].issues[0].message
