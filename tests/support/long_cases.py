"""Cases of one rule, most of which only `make long` runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def one_of(every: int, cases: Iterable[Any]) -> list[Any]:
    """Return cases for `parametrize`: the first of each `every` runs always, the others are marked `long`.

    For a test that costs a good part of a second, and whose cases reach the same lines of the code.
    """
    return [case if not number % every else _make_long(case) for number, case in enumerate(cases)]


def _make_long(case: Any) -> Any:
    values: Sequence[Any] = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.long)
