"""`dicommap scan`: lists of files, jobs, and what is told of a scan before."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import dicommap
from tests.support.archive_files import write_tree_archive
from tests.support.varied_tree import age

FILES = ["study1/series1/IM0001", "study2/series2/IM0002"]


def piped(text: bytes, *arguments: str | Path, cwd: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "dicommap", "scan", *map(str, arguments)]
    done = subprocess.run(command, input=text, cwd=cwd, capture_output=True, check=False, timeout=60)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("\n".join(FILES), []),
        ("\n\n" + "\n".join(FILES) + "\n\n", []),
        ("\r\n".join(FILES) + "\r\n", []),
        ("\ufeff" + "\n".join([*FILES, *FILES]), []),
        ("\0".join(FILES) + "\0", ["--null"]),
        ("\0".join(FILES), ["-0"]),
    ],
)
@pytest.mark.usefixtures("counted")
def test_a_list_comes_from_a_file_or_from_stdin(tree: Path, tmp_path: Path, text: str, options: list[str]) -> None:
    (tmp_path / "list").write_text(text, encoding="utf-8", newline="")
    ran = dicommap("scan", tree, "-o", tmp_path / "i.db", "--files-from", tmp_path / "list", *options)
    assert ran.status == 0
    assert "2 studies, 2 series, 2 instances in 2 files" in ran.out
    status, out = piped(text.encode(), "-o", tmp_path / "j.db", "--files-from", "-", *options, cwd=tree)
    assert (status, out.replace("j.db", "i.db")) == (0, ran.out)


def test_a_name_with_a_line_feed_needs_null(tree: Path, tmp_path: Path) -> None:
    (tree / "a\nb").write_bytes((tree / FILES[0]).read_bytes())
    (tmp_path / "list").write_bytes(b"a\nb\0")
    assert "1 file" in dicommap("scan", tree, "-o", tmp_path / "i.db", "-0", "--files-from", tmp_path / "list").out
    assert dicommap("scan", tree, "-o", tmp_path / "i.db", "--files-from", tmp_path / "list").status == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "i.db"], "No source was named"),
        (["tree", "-o", "i.db", "-0"], "--files-from"),
        (["tree", "-o", "i.db", "--files-from", "none"], "cannot be read: No such file"),
        (["tree", "-o", "i.db", "--files-from", "tree"], "it is a directory"),
        (["tree", "tree2", "-o", "i.db", "--files-from", "list"], "one source"),
        (["tree", "-o", "i.db", "-j", "-1"], "jobs is -1"),
    ],
)
def test_wrong_calls_are_told(tree: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str) -> None:
    monkeypatch.chdir(tree.parent)
    (tree.parent / "list").touch()
    (tree.parent / "tree2").mkdir()
    ran = dicommap("scan", *arguments)
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 2)
    assert words in ran.err
    assert not (tree.parent / "i.db").exists()


def test_a_second_scan_tells_what_it_read(tree: Path, tmp_path: Path) -> None:
    age(tree)
    first = dicommap("scan", tree, "-o", tmp_path / "i.db")
    assert "unchanged" not in first.out
    (tree / FILES[0]).touch()
    second = dicommap("scan", tree, "-o", tmp_path / "i.db")
    assert "Read 1 file; took 7 unchanged files from the scan before." in second.out
    third = dicommap("scan", tree, "-o", tmp_path / "i.db", "--no-cache", "-j", "2")
    assert third.out == first.out


def test_a_terminal_sees_progress_and_nothing_else_does(tree: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dicommap", "scan", str(tree), "-o", str(tmp_path / "i.db"), "-j", "1"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=theirs) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 1_024)
            except OSError:  # Linux says so when the other end is closed
                break
        out = run.stdout.read() if run.stdout else b""
    os.close(ours)
    assert b"8 of 8 files" in shown
    assert b" of " not in out
    assert b"8 instances" in out


def test_archives_are_entered_on_request(tree: Path, tmp_path: Path) -> None:
    write_tree_archive(tmp_path / "packed" / "s.tar.gz", tree)
    assert "1 not-dicom" in dicommap("scan", tmp_path / "packed", "-o", tmp_path / "i.db").out
    ran = dicommap("scan", tmp_path / "packed", "-o", tmp_path / "i.db", "--archives")
    assert ran.status == 0
    assert "2 studies, 4 series, 8 instances in 9 files" in ran.out
    assert "Not instances: 1 archive" in ran.out
    listed = dicommap("show", tmp_path / "i.db", "--level", "file", "--format", "csv")
    assert "s.tar.gz!/study1/series1/IM0001" in listed.out


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_list_in_utf16_is_refused_and_the_inventory_of_before_stays(coding: str, tree: Path, tmp_path: Path) -> None:
    assert dicommap("scan", tree, "-o", tmp_path / "i.db").status == 0
    before = (tmp_path / "i.db").read_bytes()
    (tmp_path / "list.txt").write_text("".join(f"{name}\r\n" for name in files_of(tree)), encoding=coding)

    ran = dicommap("scan", tree, "--files-from", tmp_path / "list.txt", "-o", tmp_path / "i.db")

    assert ran.status == 2
    assert "UTF-16" in ran.err
    assert (tmp_path / "i.db").read_bytes() == before


def test_a_list_of_paths_that_end_with_a_nul_names_the_option(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"".join(name.encode() + b"\0" for name in files_of(tree)))
    ran = dicommap("scan", tree, "--files-from", tmp_path / "list.txt", "-o", tmp_path / "i.db")
    assert ran.status == 2
    assert "Add --null." in ran.err
    assert dicommap("scan", tree, "--files-from", tmp_path / "list.txt", "--null", "-o", tmp_path / "i.db").status == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (lambda name: name.replace("/", "\\"), "with / instead of \\"),
        (lambda name: f"tree/{name}", "relative to this directory"),
        (lambda name: f"/elsewhere/{name}", "or absolute ones below it"),
        (lambda name: f"{name}.gone", "None of the listed paths"),
    ],
)
def test_a_list_of_which_no_path_exists_is_one_error(
    changed: Callable[[str], str], words: str, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"a/{name}" for name in files_of(tree)]
    (tmp_path / "list.txt").write_text("".join(f"{changed(name)}\n" for name in names), encoding="utf-8")
    tree.rename(tmp_path / "a")
    (tmp_path / "tree").mkdir()
    (tmp_path / "a").rename(tmp_path / "tree" / "a")
    monkeypatch.chdir(tmp_path)

    ran = dicommap("scan", "tree", "--files-from", "list.txt", "-o", "i.db")

    assert ran.status == 2
    assert f"({len(names)})" in ran.err
    assert words in ran.err
    assert not (tmp_path / "i.db").exists()


def test_a_list_of_which_one_path_exists_has_an_issue_for_each_other(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"gone\n{files_of(tree)[0]}\nlost\n", encoding="utf-8")

    ran = dicommap("scan", tree, "--files-from", tmp_path / "list.txt", "-o", tmp_path / "i.db")

    assert ran.status == 1
    assert "2 unreadable" in ran.out


def test_an_empty_list_is_a_scan_of_nothing(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("\n", encoding="utf-8")

    assert dicommap("scan", tree, "--files-from", tmp_path / "list.txt", "-o", tmp_path / "i.db").status == 0


def files_of(tree: Path) -> list[str]:
    return [path.relative_to(tree).as_posix() for path in sorted(tree.rglob("*")) if path.is_file()]
