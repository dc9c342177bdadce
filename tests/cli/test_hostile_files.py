"""Files that wait, that never end, or that are no files: in the place of everything that a command reads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import dicommap

PACKAGE = Path(__file__).parents[1] / "cases" / "material" / "package"
URI = ("--input-s3-uri", "s3://example-bucket/in/")
RULES = '[[rule]]\nname = "a"\nset = { PatientID = "1" }\n'
LOOKUP = (
    '[[rule]]\nname = "a"\nlevel = "study"\nlookup = { file = "it", by = "PatientID", set = { PatientID = "New" } }\n'
)


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _directory(path: Path) -> None:
    path.mkdir()


def _memory(path: Path) -> None:
    """Make a file that has the size 0, and whose first bytes are an error."""
    path.symlink_to("/proc/self/mem")


HOSTILE = [_fifo, _zeros, _directory, _memory]


def _beside(folder: Path, text: str) -> Path:
    (folder / "rules.toml").write_text(text, encoding="utf-8")
    return folder / "rules.toml"


READ: dict[str, Callable[[Path, Path, Path], list[str | Path]]] = {
    "an inventory": lambda it, _, __: ["show", it],
    "a list of files": lambda it, tree, _: ["scan", tree, "--files-from", it],
    "a sheet": lambda it, _, inventory: ["draft", inventory, *URI, "--sheet", it, "-n"],
    "rules": lambda it, _, inventory: ["draft", inventory, *URI, "--rules", it, "-n"],
    "a lookup table": lambda it, _, inventory: [
        "draft", inventory, *URI, "--rules", _beside(it.parent, LOOKUP), "-n"
    ],
    "a document": lambda it, _, __: ["validate", it],
    "rules that are checked": lambda it, _, __: ["validate", it.rename(it.with_suffix(".toml"))],
    "a manifest of an S3 Inventory": lambda it, _, __: ["scan", "s3://example-bucket/in/", "--s3-inventory", it],
    "an inventory to replace": lambda it, tree, _: ["scan", tree, "-o", it],
}  # fmt: skip


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    from tests.support.p10_files import small_tree

    folder = tmp_path_factory.mktemp("scanned")
    tree = small_tree(folder / "tree")
    assert dicommap("scan", tree, "-o", folder / "inventory.db").status == 0
    return tree, folder / "inventory.db"


@pytest.mark.parametrize("make", HOSTILE, ids=[make.__name__[1:] for make in HOSTILE])
@pytest.mark.parametrize("what", READ)
def test_nothing_that_is_named_hangs_or_fills_memory(
    tmp_path: Path, scanned: tuple[Path, Path], what: str, make: Callable[[Path], None]
) -> None:
    it = tmp_path / "it"
    make(it)
    ran = dicommap(*READ[what](it, *scanned))
    assert ran.status == 2, ran.everything
    assert len(ran.err.splitlines()) <= 4


MEMBERS = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*") if path.is_file())


@pytest.mark.parametrize("make", [_fifo, _zeros], ids=["fifo", "zeros"])
@pytest.mark.parametrize("verb", ["validate", "reconcile", "policy"])
@pytest.mark.parametrize("member", MEMBERS)
def test_no_member_of_a_package_hangs_or_fills_memory(
    tmp_path: Path, member: str, verb: str, make: Callable[[Path], None]
) -> None:
    package = tmp_path / "package"
    shutil.copytree(PACKAGE, package)
    (package / member).unlink(missing_ok=True)
    make(package / member)
    ran = dicommap(verb, package)
    assert ran.status in ((1, 2) if verb == "validate" else (0, 1, 2)), ran.everything


def test_a_package_is_not_a_way_to_other_files(tmp_path: Path) -> None:
    package, secret = tmp_path / "package", tmp_path / "secret"
    shutil.copytree(PACKAGE, package)
    for path in [path for path in package.rglob("*") if path.is_file()]:
        secret.write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(secret)
        for verb in ("validate", "reconcile"):
            ran = dicommap(verb, package)
            if verb == "validate":
                assert ran.status in (1, 2), (path, ran.everything)
                assert "a symbolic link" in ran.everything
        path.unlink()
        path.write_bytes(secret.read_bytes())
    assert dicommap("validate", package).status == 0


def test_downloaded_manifests_that_never_end_are_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "m" / "12345678901234567890123456789012-DicomImport-0123456789abcdef0123456789abcdef"
    (folder / "SUCCESS").mkdir(parents=True)
    os.mkfifo(folder / "job-output-manifest.json")
    os.mkfifo(folder / "SUCCESS" / "success.ndjson")
    ran = dicommap("reconcile", PACKAGE, "--manifests", tmp_path / "m")
    assert ran.status == 2, ran.everything
    assert "a FIFO" in ran.err
