"""Who reads a scan's files, for tests that are about who does."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from dicommap.scanning import process_pool


def at_once(start: Callable[[], Any]) -> Future[Any]:
    """Start what should start in the background."""
    future: Future[Any] = Future()
    future.set_result(start())
    return future


@pytest.fixture
def others_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let other processes, where there are any, read all tasks and not only what they are in time for."""
    monkeypatch.setattr(process_pool, "start_in_background", at_once)
    monkeypatch.setattr(process_pool, "_MAX_PENDING_PER_PROCESS", 1_000)
