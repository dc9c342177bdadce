"""Progress of long work, as callers are told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far work has come."""

    done: int
    total: int
    """How much there is, as far as it was counted; never less than `done`."""
    counted: bool
    """Whether `total` is all there is."""


OnProgress = Callable[[Progress], None]
"""Called now and then while work goes on, and once at the end."""
