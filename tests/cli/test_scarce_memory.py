"""When memory does not suffice, a message says so, and the exit status is 2."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from dicommap.cli.error_reporting import run_and_report_errors


class DatabaseMemoryError(MemoryError):
    """A library's own kind of it."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError("Doe^Jane"), "not enough memory"),
        (DatabaseMemoryError(), "not enough memory"),
        (RecursionError(), "nested"),
    ],
)
def test_it_is_told(error: BaseException, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> None:
        raise error

    assert run_and_report_errors(run) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Doe" not in told
    assert "Traceback" not in told


def test_a_document_that_fits_its_limit_and_not_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "override.json"
    values = ",".join(f'"{number:032}"' for number in range(900_000))
    path.write_text('{"00100020": {"vr": "LO", "Value": [' + values + "]}}", encoding="utf-8")
    limit = 160 * 2**20
    ran = subprocess.run(
        [sys.executable, "-m", "dicommap", "validate", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert ran.returncode == 2, ran.stderr
    assert "not enough memory" in ran.stderr
