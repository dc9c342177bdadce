"""How many examples a law is tried on: each names a count, of which `make test` takes a part and `make long` all."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

PERCENT = int(os.environ.get("DICOMMAP_EXAMPLES", "50"))
"""Of the count that a law names; more than 100 where there is time."""


def examples(count: int, **options: Any) -> settings:
    """Return settings with this part of a count. No time is ever judged: the first example may load what others use."""
    return settings(max_examples=max(5, count * PERCENT // 100), deadline=None, **options)
