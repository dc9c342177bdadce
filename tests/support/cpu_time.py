"""A plugin that shows what tests cost: `python -m pytest -p no:xdist -p tests.support.cpu_time tests/unit/edits`.

At the end it lists the most expensive files, tests and fixtures by CPU time, with that of the processes they have
started and waited for. Unlike elapsed time, CPU time is nearly the same on a machine that others use too.
"""

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Generator
from typing import Any

import pytest

_SHOWN = 15
_seconds: dict[str, dict[str, float]] = {kind: defaultdict(float) for kind in ("files", "tests", "fixtures")}


def _read_cpu_time() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Measure a test with its fixtures."""
    start = _read_cpu_time()
    try:
        return (yield)
    finally:
        spent = _read_cpu_time() - start
        _seconds["files"][item.nodeid.partition("::")[0]] += spent
        _seconds["tests"][item.nodeid] += spent


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Measure a fixture, with the fixtures that it asks for by name while it is made."""
    start = _read_cpu_time()
    try:
        return (yield)
    finally:
        _seconds["fixtures"][f"{fixturedef.baseid}::{fixturedef.argname}"] += _read_cpu_time() - start


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables."""
    for kind, seconds in _seconds.items():
        terminalreporter.section(f"CPU seconds of {kind}: {sum(seconds.values()):.1f}")
        for name, spent in sorted(seconds.items(), key=lambda pair: -pair[1])[:_SHOWN]:
            terminalreporter.write_line(f"{spent:8.2f} {name}")
