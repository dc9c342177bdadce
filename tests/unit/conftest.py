"""Fixtures for tests of scans in several processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from dicommap.scanning import process_pool


def at_once(start: Callable[[], Any]) -> Future[Any]:
    """Call a function that would be called in the background, and return a future that has its result."""
    future: Future[Any] = Future()
    future.set_result(start())
    return future


@pytest.fixture
def others_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other processes of a scan read all tasks: they start at once and have room for every task."""
    monkeypatch.setattr(process_pool, "start_pool_in_background", at_once)
    monkeypatch.setattr(process_pool, "_MAX_PENDING_PER_PROCESS", 1_000)
