"""The reason why a verb makes no new value of the current ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoResult:
    """Stands in place of a new value that cannot be made."""

    reason: str
    """In words, without any value."""
