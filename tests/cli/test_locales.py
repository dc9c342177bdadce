"""Paths and keys are the same in every locale, and printing never fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needed_tools import needs_locales
from tests.support.p10_files import small_tree

URI = ["--input-s3-uri", "s3://example-bucket/in/"]
RULES = '[[rule]]\nname = "a"\nlevel = "study"\nset = { PatientSex = "O" }\n'


UTF_8 = {"LC_ALL": "C.UTF-8"}
C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture(scope="module", params=["C", pytest.param("Latin-1", marks=[needs_locales, pytest.mark.long])])
def locales(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return the environment of a UTF-8 locale, and of one that is none."""
    if request.param == "C":
        return {"UTF-8": UTF_8, "C": C}
    folder = tmp_path_factory.mktemp("locales")
    command = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(folder / "en_US.ISO-8859-1")]
    subprocess.run(command, capture_output=True, check=False)  # it warns of characters that the set has not
    assert (folder / "en_US.ISO-8859-1").is_dir()
    return {
        "UTF-8": UTF_8,
        "Latin-1": {"LC_ALL": "en_US.ISO-8859-1", "LOCPATH": str(folder), "PYTHONUTF8": "0"},
    }


def run(locale: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    command = [sys.executable, "-m", "dicommap", *map(str, arguments)]
    return subprocess.run(command, env={**environment, **locale}, capture_output=True, check=False, timeout=120)


def test_keys_are_the_same_in_every_locale(tmp_path: Path, locales: dict[str, dict[str, str]]) -> None:
    tree = small_tree(tmp_path / "tree")
    first = next(path for path in sorted(tree.rglob("*")) if path.is_file())
    first.rename(first.with_name("Ä1"))
    shutil.copy(first.with_name("Ä1"), first.with_name("\udcc4"))  # a byte that is no UTF-8
    (tmp_path / "rules.toml").write_text(RULES)
    objects = set()
    for name, locale in locales.items():
        place, package = tmp_path / f"{name}.db", tmp_path / f"package {name}"
        done = run(locale, "scan", tree, "-o", place)
        assert done.returncode in (0, 1), done.stderr
        for other in locales.values():
            assert run(other, "show", place, "--level", "file").returncode == 0
        done = run(locale, "draft", place, *URI, "--rules", tmp_path / "rules.toml", "-o", package)
        assert b"Traceback" not in done.stderr
        assert done.returncode in (0, 1), done.stderr
        objects.add((package / "jobs/0001/objects.csv").read_bytes() if package.exists() else done.returncode)
    assert len(objects) == 1
    found = objects.pop()
    assert not isinstance(found, bytes) or "/Ä1,".encode() in found


def test_a_python_that_takes_names_for_something_else_is_refused(tmp_path: Path) -> None:
    script = "import dicommap, sys; dicommap.scan(sys.argv[1])"
    environment = {**os.environ, **C}
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], env=environment, capture_output=True, check=False, timeout=60
    )
    assert b"PYTHONUTF8=1" in done.stderr
