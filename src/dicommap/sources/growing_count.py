"""A count of listed files that grows while a walk lists them. The progress bar reads it in another thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLL_SECONDS = 0.2


class GrowingCount:
    """A count of listed files. One thread lists files and adds them, and another thread reads how the count grows."""

    def __init__(self) -> None:
        self._files = 0
        self._ended = threading.Event()

    def add(self, files: int) -> None:
        """Add a number of files to the count."""
        self._files += files

    def end(self) -> None:
        """Record that the listing has ended, so that `increases` ends. A second call does nothing."""
        self._ended.set()

    def increases(self) -> Iterator[int]:
        """Yield the number of files added since the last yield, a few times a second, until the listing has ended."""
        yielded = 0
        while True:
            has_ended = self._ended.wait(_POLL_SECONDS)
            files = self._files
            yield files - yielded
            yielded = files
            if has_ended:
                return
