"""scan(): from trees to an inventory."""

from __future__ import annotations

import os
import socket
from collections import Counter
from pathlib import Path

import pytest

import dicommap
from dicommap.errors import AttributeNameError, InventoryError, SourceError
from dicommap.model.study import Disposition
from dicommap.progress import Progress
from tests.support.p10_files import STUDY, p10, small_tree, uid, write_tree

Snapshot = dict[str, tuple[int, int, bytes | str]]


def snapshot(root: Path) -> Snapshot:
    """Return mode, time and content of all that is below a directory."""
    found: Snapshot = {}
    for path in sorted([root, *root.rglob("*")]):
        status = path.lstat()
        content: bytes | str = path.read_bytes() if path.is_file() else ""
        content = os.readlink(path) if path.is_symlink() else content
        found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


def dispositions(inventory: dicommap.Inventory) -> dict[str, str]:
    return {file.path: file.disposition.value for file in inventory.files()}


def issues_at(inventory: dicommap.Inventory) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for issue in inventory.issues():
        found.setdefault(issue.location.path or "", []).append(issue.code)
    return found


def test_every_path_has_one_disposition_and_nothing_is_modified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = write_tree(
        tmp_path / "tree",
        {"good": p10(), "copy": p10(), "text": b"hello", "empty": b"", "cut": p10()[:300], "sub/deep": p10(Rows=2)},
    )
    os.mkfifo(tree / "pipe")
    (tree / "dangling").symlink_to("nowhere")
    (tree / "directory").symlink_to("sub")
    monkeypatch.chdir(tree)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
        before = snapshot(tree)
        with dicommap.scan(tree, output=tmp_path / "inventory.db") as inventory:
            assert dispositions(inventory) == {
                "copy": "instance",
                "cut": "truncated",
                "dangling": "link",
                "directory": "link",
                "empty": "empty",
                "good": "duplicate",
                "pipe": "special",
                "socket": "special",
                "sub/deep": "duplicate",
                "text": "not-dicom",
            }
            assert issues_at(inventory) == {
                "cut": ["p10.truncated"],
                "dangling": ["source.broken-link"],
                "directory": ["source.link-not-followed"],
                "empty": ["source.empty-file"],
                "good": ["instance.duplicate"],
                "pipe": ["source.special-file"],
                "socket": ["source.special-file"],
                "sub/deep": ["instance.conflict"],
                "text": ["p10.not-dicom"],
            }
        assert snapshot(tree) == before


def test_an_empty_directory_gives_an_empty_inventory(tmp_path: Path) -> None:
    with dicommap.scan(tmp_path) as inventory:
        assert list(inventory.files()) == []
        assert inventory.summary().instances == 0


def test_a_single_file_is_scanned(tree: Path) -> None:
    with dicommap.scan(tree / "study1/series1/IM0001") as inventory:
        assert dispositions(inventory) == {"IM0001": "instance"}


def test_sources_are_kept_apart(tmp_path: Path) -> None:
    for study in (1, 2):
        write_tree(tmp_path / f"{study}", {"same-name": p10(SOPInstanceUID=uid(STUDY, study))})
    with dicommap.scan(tmp_path / "1", tmp_path / "2") as inventory:
        assert inventory.sources == (str(tmp_path / "1"), str(tmp_path / "2"))
        assert [file.path for file in inventory.files()] == ["same-name", "same-name"]
        assert inventory.summary().instances == 2


def test_duplicates_are_found_across_sources(tmp_path: Path) -> None:
    for source in ("1", "2"):
        write_tree(tmp_path / source, {"a": p10()})
    with dicommap.scan(tmp_path / "2", tmp_path / "1") as inventory:
        assert [file.disposition.value for file in inventory.files()] == ["instance", "duplicate"]


def test_no_source_is_an_error() -> None:
    with pytest.raises(SourceError):
        dicommap.scan()


@pytest.mark.parametrize("second", ["tree", "tree/study1", "tree/study1/series1/IM0001"])
def test_overlapping_sources_are_an_error_and_nothing_is_written(tree: Path, second: str) -> None:
    output = tree.parent / "inventory.db"
    with pytest.raises(SourceError, match="overlap"):
        dicommap.scan(tree, tree.parent / second, output=output)
    assert not output.exists()


def test_a_missing_source_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        dicommap.scan(tmp_path / "none")


@pytest.mark.parametrize("name", ["NoSuchKeyword", "PixelData", "ReferencedStudySequence", "TransferSyntaxUID"])
def test_an_attribute_that_cannot_be_captured_is_an_error_before_anything_is_written(tree: Path, name: str) -> None:
    output = tree.parent / "inventory.db"
    with pytest.raises(AttributeNameError):
        dicommap.scan(tree, output=output, attributes=[name])
    assert not output.exists()


def test_additional_attributes_are_captured(tree: Path) -> None:
    with dicommap.scan(tree, attributes=["Rows", "PatientID"]) as inventory:
        assert inventory.keywords[-1] == "Rows"
        assert inventory.distinct("Rows") == {"1": 8}


def test_links_to_directories_are_followed_on_request(tmp_path: Path) -> None:
    small_tree(tmp_path / "real", studies=1, series=1, instances=1)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "real")
    with dicommap.scan(tmp_path / "tree", follow_links=True) as inventory:
        assert dispositions(inventory) == {"link/study1/series1/IM0001": "instance"}


def test_an_unreadable_file_is_reported_and_the_others_are_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.open

    def failing(path: os.PathLike[str], flags: int, mode: int = 0o777) -> int:
        if os.fspath(path).endswith("study1/series1/IM0001"):
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, flags, mode)

    monkeypatch.setattr(os, "open", failing)
    with dicommap.scan(tree) as inventory:
        assert Counter(dispositions(inventory).values()) == {"instance": 7, "unreadable": 1}
        (issue,) = inventory.issues()
        assert issue.code == "source.unreadable"
        assert issue.message == "The file cannot be read: Permission denied."


def test_an_error_while_reading_is_reported(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(descriptor: int, length: int, offset: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", failing)
    with dicommap.scan(tree) as inventory:
        assert set(dispositions(inventory).values()) == {"unreadable"}


def test_duplicates_that_cannot_be_compared_are_conflicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"a": p10(), "b": p10()})
    original, opened = os.open, Counter[str]()

    def once(path: os.PathLike[str], flags: int, mode: int = 0o777) -> int:
        opened[os.fspath(path)] += 1
        if opened[os.fspath(path)] > 1:
            raise OSError(5, "Input/output error")
        return original(path, flags, mode)

    monkeypatch.setattr(os, "open", once)
    with dicommap.scan(tmp_path) as inventory:
        assert issues_at(inventory) == {"b": ["instance.conflict"]}


@pytest.mark.parametrize("name", [b"line\nbreak", b"\xff\xfe", b"-rf", b"<b>&amp;", "schön".encode()])
def test_odd_names_are_scanned_and_printable(tmp_path: Path, name: bytes) -> None:
    with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
        file.write(p10())
    with dicommap.scan(tmp_path) as inventory:
        (found,) = inventory.files()
        assert found.disposition is Disposition.INSTANCE
        assert found.path.isprintable()
        assert "\\" in found.path or found.path == os.fsdecode(name)


def test_progress_is_told_and_ends_with_the_number_of_paths(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"sub/{number}": b"" for number in range(1_250)})
    told: list[Progress] = []
    with dicommap.scan(tmp_path, progress=told.append):
        assert [progress.done for progress in told] == [500, 1_000, 1_250, 1_250]
        assert all(progress.total >= progress.done for progress in told)
        assert told[-1] == Progress(1_250, 1_250, True)


def test_the_inventory_inside_the_tree_is_not_scanned(tree: Path) -> None:
    output = tree / "inventory.db"
    for _ in range(2):
        with dicommap.scan(tree, output=output) as inventory:
            assert inventory.summary().files == 8
    assert sorted(path.name for path in tree.iterdir()) == ["inventory.db", "study1", "study2"]


def test_the_inventory_is_not_scanned_through_a_link_either(tree: Path) -> None:
    alias = tree.parent / "alias"
    alias.symlink_to(tree)
    for source, output in ((alias, tree / "one.db"), (tree, alias / "one.db")):
        with dicommap.scan(source, output=output) as inventory:
            assert inventory.summary().files == 8


def test_a_foreign_file_is_refused_before_the_scan_and_untouched(tree: Path, tmp_path: Path) -> None:
    output = write_tree(tmp_path, {"notes.txt": b"mine"}) / "notes.txt"
    with pytest.raises(InventoryError, match="not a dicommap inventory"):
        dicommap.scan(tree, output=output)
    assert output.read_bytes() == b"mine"


def test_an_inventory_on_file_equals_one_in_memory(tree: Path, tmp_path: Path) -> None:
    with dicommap.scan(tree, output=tmp_path / "inventory.db") as stored, dicommap.scan(tree) as kept:
        assert list(stored.studies()) == list(kept.studies())
        assert list(stored.instances()) == list(kept.instances())
        assert list(stored.issues()) == list(kept.issues())
        assert stored.summary() == kept.summary()
