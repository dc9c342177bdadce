"""Signals that come while SQLite works: the run ends, the previous inventory stays, and the work goes on later."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import dicommap
from tests.support.long_cases import one_of
from tests.support.p10_files import small_tree

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"

GROUPING = f"""
import sys
from dicommap.inventory import writer
def slow(connection, *more, **options):
    print("grouping", flush=True)
    connection.execute("{ENDLESS}").fetchall()
writer.mark_duplicates = slow
"""

SUMMARY = f"""
import sys
from dicommap.inventory import queries
rows = queries.read_rows
def slow(connection, query, *more):
    print("reading", flush=True)
    return rows(connection, "{ENDLESS}", *more)
queries.read_rows = slow
"""

LOOKING_UP = f"""
import sys
from dicommap.inventory import previous_scan
class Slow(previous_scan.PreviousScan):
    def _read_file_rows(self, *more):
        print("looking up", flush=True)
        try:
            self.connection.execute("{ENDLESS}").fetchall()
        except previous_scan.sqlite3.Error as error:
            previous_scan.raise_if_interrupted(error)
            raise
from dicommap.inventory import writer
writer.PreviousScan = Slow
writer.UnchangedRun.extend = lambda *_: False
"""

RUN = """
from dicommap.cli.main import main
sys.argv = ["dicommap", *sys.argv[1:]]
main()
"""


def stopped(slow: str, number: signal.Signals, *arguments: str | Path) -> tuple[int, str, float]:
    """Run a command whose database works for ever, send it a signal, and return its status, words and seconds."""
    command = [sys.executable, "-c", slow + RUN, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        time.sleep(0.3)  # SQLite is at work now
        began = time.monotonic()
        running.send_signal(number)
        try:
            _, words = running.communicate(timeout=60)
        finally:
            running.kill()
    return running.returncode, words, time.monotonic() - began


@pytest.mark.parametrize("number", one_of(3, [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]))
def test_a_scan_that_groups_heeds_signals_and_the_next_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    tree, place = small_tree(tmp_path / "tree"), tmp_path / "i.db"
    status, words, seconds = stopped(GROUPING, number, "scan", tree, "-o", place)
    assert (status, words) == (128 + number, f"dicommap: stopped by {number.name}.\n")
    assert seconds < 20
    assert not place.exists()
    assert (tmp_path / ".i.db.unfinished").exists()
    assert not (tmp_path / ".i.db.lock").exists()
    assert dicommap("scan", tree, "-o", place).status == 0
    assert place.exists()
    assert not (tmp_path / ".i.db.unfinished").exists()


def test_the_inventory_of_before_stays(tmp_path: Path) -> None:
    tree, place = small_tree(tmp_path / "tree"), tmp_path / "i.db"
    assert dicommap("scan", tree, "-o", place).status == 0
    before = place.read_bytes()
    for slow in (GROUPING, LOOKING_UP):
        (tree / "new").write_bytes(b"no P10 file")
        status, words, _ = stopped(slow, signal.SIGTERM, "scan", tree, "-o", place)
        assert (status, words) == (143, "dicommap: stopped by SIGTERM.\n")
        assert place.read_bytes() == before


@pytest.mark.parametrize("number", one_of(2, [signal.SIGINT, signal.SIGTERM]))
def test_reading_an_inventory_heeds_signals(tmp_path: Path, number: signal.Signals) -> None:
    tree, place = small_tree(tmp_path / "tree"), tmp_path / "i.db"
    assert dicommap("scan", tree, "-o", place).status == 0
    status, words, _ = stopped(SUMMARY, number, "show", place)
    assert (status, words) == (128 + number, f"dicommap: stopped by {number.name}.\n")
