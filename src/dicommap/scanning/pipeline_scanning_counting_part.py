"""Counting ahead of a scan, so that progress has a total."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from dicommap.sources import Source


class FileCounter:
    """Counts the paths of sources in a thread of its own, as long as the context lasts."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.total = 0
        """How many were counted so far."""
        self.done = False
        """Whether all were."""
        self._sources = sources
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _count(self) -> None:
        for source in self._sources:
            for number in source.count():
                if self._stopped.is_set():
                    return
                self.total += number
        self.done = True
