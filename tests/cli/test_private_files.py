"""Everything that is written is for its owner alone, whatever the umask, unless the environment says otherwise."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import dicommap as library
from dicommap.writing.private_files import create_file
from tests.cli.running import dicommap
from tests.support.p10_files import small_tree

URI = ("--input-s3-uri", "s3://example-bucket/in/")


@pytest.fixture(params=[0o000, 0o777], ids=["umask 000", "umask 777"])
def umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    before = os.umask(0o022)
    small_tree(tmp_path / "tree")
    (tmp_path / "out").mkdir()
    os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Return the modes of everything below a directory."""
    found = {}
    for path in sorted(folder.rglob("*")):
        found[path.relative_to(folder).as_posix()] = stat.S_IMODE(path.lstat().st_mode)
    return found


def is_private(folder: Path, *, files: int = 0o600, directories: int = 0o700) -> bool:
    found = modes(folder)
    assert found
    wrong = {
        name: oct(mode) for name, mode in found.items() if mode != (directories if (folder / name).is_dir() else files)
    }
    assert not wrong
    return True


def write_everything(tmp_path: Path) -> None:
    """Run every command that writes; all results are in `out`."""
    out, inventory = tmp_path / "out", tmp_path / "out" / "inventory.db"
    for _ in range(2):  # once anew, and once in place of another
        assert dicommap("scan", tmp_path / "tree", "-o", inventory).status == 0
    assert dicommap("sheet", inventory, "-o", out / "sheet.csv").status == 0
    assert dicommap("demo", "-o", out / "new" / "demo").status == 0
    package = out / "package"
    rules = tmp_path / "rules.toml"
    os.close(os.open(rules, os.O_CREAT | os.O_WRONLY, 0o600))
    rules.chmod(0o600)
    rules.write_text('[[rule]]\nname = "a"\nlevel = "study"\nset = { PatientSex = "O" }\n', encoding="utf-8")
    drafted = dicommap("draft", inventory, *URI, "--rules", rules, "-o", package, "--html", out / "p.html")
    assert drafted.status == 0, drafted.everything
    assert dicommap("reconcile", package, "--format", "csv", "-o", out / "outcomes.csv").status in (0, 1)
    assert dicommap("fhir", inventory, "-o", out / "studies.ndjson").status == 0
    with library.Inventory.open(inventory) as opened:
        opened.to_parquet(out / "frame.parquet")
        opened.to_parquet(out / "frame.parquet", overwrite=True)
    names = set(os.listdir(out))
    assert names >= {"inventory.db", "sheet.csv", "p.html", "outcomes.csv", "studies.ndjson", "frame.parquet"}, names


def test_everything_that_commands_write_is_private(tmp_path: Path, umask: int) -> None:
    write_everything(tmp_path)
    assert is_private(tmp_path / "out")


def test_a_group_may_read_where_the_environment_says_so(
    tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DICOMMAP_GROUP_READABLE", "1")
    write_everything(tmp_path)
    assert is_private(tmp_path / "out", files=0o640, directories=0o750)


@pytest.mark.parametrize("value", ["", "0", "2", "yes", "777"])
def test_no_other_value_opens_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("DICOMMAP_GROUP_READABLE", value)
    os.close(create_file(tmp_path / "file"))
    assert modes(tmp_path) == {"file": 0o600}


def test_a_file_that_is_replaced_becomes_private(tmp_path: Path, umask: int) -> None:
    inventory = tmp_path / "out" / "inventory.db"
    assert dicommap("scan", tmp_path / "tree", "-o", inventory).status == 0
    inventory.chmod(0o644)
    assert dicommap("scan", tmp_path / "tree", "-o", inventory).status == 0
    assert is_private(tmp_path / "out")


STOPPED = """
import os, sys, time
os.umask(0)
from dicommap.inventory.writer import InventoryWriter
kept = InventoryWriter._commit_rows
def commit(writer):
    kept(writer)
    if writer._files:
        writer._database.execute("UPDATE scan SET read = 99")  # so that there is a journal
        print(flush=True)
        time.sleep(60)
InventoryWriter._commit_rows = commit
from dicommap.cli.main import main
sys.argv = ["dicommap", "scan", sys.argv[1], "-o", sys.argv[2]]
main()
"""


def test_what_a_killed_scan_leaves_is_private_too(tmp_path: Path) -> None:
    tree, out = small_tree(tmp_path / "tree"), tmp_path / "out"
    out.mkdir()
    inventory = out / "inventory.db"
    with subprocess.Popen([sys.executable, "-c", STOPPED, tree, inventory], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"\n"
        assert set(modes(out)) == {f".inventory.db.{kind}" for kind in ("lock", "unfinished", "unfinished-journal")}
        assert is_private(out)
        running.kill()
    (out / ".inventory.db.unfinished").rename(out / ".inventory.db.earlier")
    assert is_private(out)


def _picture(inventory: library.Inventory, out: Path) -> None:
    inventory.plots.timeline().save(out / "plot.svg")


def test_saved_plots_are_private(tmp_path: Path, umask: int) -> None:
    with library.scan(tmp_path / "tree") as inventory:
        _picture(inventory, tmp_path / "out")
    assert is_private(tmp_path / "out")


WRITES: dict[str, Callable[[Path, Path, Path], list[str | Path]]] = {
    "scan": lambda it, tree, _: ["scan", tree, "-o", it],
    "sheet": lambda it, _, inventory: ["sheet", inventory, "-o", it],
    "draft": lambda it, _, inventory: ["draft", inventory, *URI, "-o", it],
    "draft --html": lambda it, _, inventory: ["draft", inventory, *URI, "-o", it.parent / "package", "--html", it],
    "fhir": lambda it, _, inventory: ["fhir", inventory, "-o", it],
    "demo": lambda it, _, __: ["demo", "-o", it],
}


@pytest.mark.parametrize("leads", ["to a file", "to a directory", "nowhere"])
@pytest.mark.parametrize("command", WRITES)
def test_no_command_writes_through_a_link(tmp_path: Path, command: str, leads: str) -> None:
    tree, inventory, out = small_tree(tmp_path / "tree"), tmp_path / "inventory.db", tmp_path / "out"
    assert dicommap("scan", tree, "-o", inventory).status == 0
    out.mkdir()
    target = tmp_path / "target"
    if leads == "to a file":
        target.touch()
    elif leads == "to a directory":
        target.mkdir()
    (out / "it").symlink_to(target)
    ran = dicommap(*WRITES[command](out / "it", tree, inventory))
    assert ran.status == 2, ran.everything
    assert (out / "it").is_symlink()
    assert target.exists() == (leads != "nowhere")
    assert not target.is_dir() or os.listdir(target) == []
    assert not target.is_file() or target.read_bytes() == b""


def test_a_link_in_the_place_of_a_scans_own_files_is_not_followed(tmp_path: Path) -> None:
    tree, precious = small_tree(tmp_path / "tree"), tmp_path / "precious"
    precious.write_bytes(b"precious")
    for name in ("lock", "unfinished", "unfinished-journal", "earlier"):
        out = tmp_path / name
        out.mkdir()
        (out / f".inventory.db.{name}").symlink_to(precious)
        ran = dicommap("scan", tree, "-o", out / "inventory.db")
        assert ran.status == (2 if name == "lock" else 0), ran.everything
        assert precious.read_bytes() == b"precious"
        assert precious.stat().st_mode & 0o777 == 0o644
