"""A progress bar on a terminal is never drawn between records that a command prints there."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.cli.running import TerminalOutput, dicommap_on_terminal
from tests.cli.test_update_command import options
from tests.support.filled_inventories import added, inventory_of
from tests.support.reconciliation_packages import draft_package, keys_of, manifests, write
from tests.support.update_packages import CORRECTION, Store, store

__all__ = ["store"]


def read_drawn_bar(*arguments: str | Path) -> bytes:
    """Run a command whose stdout and stderr are terminals, and return the bytes that it writes to stderr."""
    content = io.BytesIO()
    stderr = TerminalOutput(content, encoding="utf-8", write_through=True)
    with patch.object(sys, "stderr", stderr):
        assert dicommap_on_terminal(80, *arguments)
    return content.getvalue()


@pytest.fixture
def commands(tree: Path, tmp_path: Path) -> dict[str, tuple[str | Path, ...]]:
    for name in "ab":
        with inventory_of(added(f"{name}.dcm"), path=tmp_path / f"{name}.db"):
            pass
    package = draft_package(tree, tmp_path / "package")
    output = write(tmp_path / "m", manifests(package, keys_of(package)))
    return {
        "compare": ("compare", tmp_path / "a.db", tmp_path / "b.db"),
        "reconcile": ("reconcile", package.path, "--manifests", output),
        "verify": ("verify", package.path, "--manifests", output, "--metadata", output),
    }


@pytest.mark.parametrize("command", ["compare", "reconcile", "verify"])
def test_records_on_a_terminal_have_no_bar_between_them(
    commands: dict[str, tuple[str | Path, ...]], command: str, tmp_path: Path
) -> None:
    for form in ("json", "jsonl", "csv"):
        assert b"\x1b[" not in read_drawn_bar(*commands[command], "--format", form)
    assert b"\x1b[" in read_drawn_bar(*commands[command])  # a table is printed after the bar
    assert b"\x1b[" in read_drawn_bar(*commands[command], "--format", "jsonl", "-o", tmp_path / "file.jsonl")


def test_records_of_updates_on_a_terminal_have_no_bar_between_them(store: Store) -> None:
    command: tuple[str | Path, ...] = ("update", store.package(CORRECTION), *options(store, "--yes"))
    for form in ("json", "jsonl", "csv"):
        assert b"\x1b[" not in read_drawn_bar(*command, "--format", form)
    assert b"\x1b[" in read_drawn_bar(*command)


def test_a_missing_inventory_is_told_before_any_bar(tmp_path: Path) -> None:
    with inventory_of(path=tmp_path / "a.db"):
        pass
    content = io.BytesIO()
    stderr = TerminalOutput(content, encoding="utf-8", write_through=True)
    with patch.object(sys, "stderr", stderr):
        dicommap_on_terminal(80, "compare", tmp_path / "a.db", tmp_path / "missing.db")
    assert b"There is no inventory" in content.getvalue()
    assert b"\xe2\x94\x81" not in content.getvalue()  # the line of which a bar is made
