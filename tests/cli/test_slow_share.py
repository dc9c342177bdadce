"""A scan of slow storage is stopped or killed while many calls wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.p10_files import p10, uid, write_tree
from tests.support.slow_disk import needs_slow_commands, slow_environment
from tests.support.varied_tree import age, scan_rows

pytestmark = needs_slow_commands


def wait_for_threads(process: subprocess.Popen[bytes], count: int) -> None:
    """Wait until a process has this number of threads. Fail if it ends before."""
    for _ in range(6_000):  # a minute
        assert process.poll() is None, "the scan ended before it had threads"
        if len(os.listdir(f"/proc/{process.pid}/task")) >= count:
            return
        time.sleep(0.01)
    raise AssertionError("the scan has no threads")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_scan_that_is_stopped_while_calls_wait_keeps_the_inventory_and_goes_on(
    tmp_path: Path, number: int, status: int
) -> None:
    files = {f"{n // 20:02}/{n:04}": p10(SOPInstanceUID=uid("1.9", n), PatientID=f"P{n % 7}") for n in range(400)}
    tree, output = write_tree(tmp_path / "tree", files), tmp_path / "i.db"
    age(tree)
    scan_rows(tree, output=output)
    before = output.read_bytes()
    (tree / "00" / "0000").write_bytes(p10(PatientID="changed"))
    environment = {**os.environ, **slow_environment(tree, 0.05)}
    command: list[str | Path] = [sys.executable, "-m", "dicommap", "scan", tree, "-o", output]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for_threads(process, 6)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors.decode()
    assert b"Traceback" not in errors
    assert output.read_bytes() == before
    assert scan_rows(tree, output=output) == scan_rows(tree)
