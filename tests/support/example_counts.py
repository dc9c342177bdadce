"""The number of examples of property tests: `make test` runs a twentieth of each test's number, `make long` all."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

PERCENT = int(os.environ.get("DICOMMAP_EXAMPLES", "5"))
"""Percentage of each test's number of examples; may be above 100 for long runs."""


def examples(count: int, *, least: int = 3, **options: Any) -> settings:
    """Return hypothesis settings for a number of examples. There is no deadline: the first example may load modules.

    `least` is for laws that are tested with each of a hundred parameters.
    """
    return settings(max_examples=max(least, count * PERCENT // 100), deadline=None, **options)
