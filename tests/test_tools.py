"""A run that must have all tools fails when it skips a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


@pytest.mark.parametrize(("no_skips", "workers", "status"), [("1", "0", 1), ("1", "2", 1), ("", "0", 0)])
def test_a_skipped_test_fails_the_run_if_all_tests_are_asked_for(
    no_skips: str, workers: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DICOMMAP_NO_SKIPS", no_skips)
    (tmp_path / "conftest.py").write_text(
        "from tests.support.needed_tools import pytest_sessionfinish\n", encoding="utf-8"
    )
    (tmp_path / "test_skips.py").write_text(
        "import pytest\n\ndef test_passes() -> None: pass\n\n"
        "@pytest.mark.skipif(True, reason='a tool is missing')\ndef test_skips() -> None: pass\n",
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir",
        str(tmp_path),
    ]
    run = subprocess.run(
        [*command, "-n", workers, "test_skips.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == status, run.stdout + run.stderr
    assert "1 passed, 1 skipped" in run.stdout
