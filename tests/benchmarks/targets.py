"""What the benchmark should show, and whether it did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.benchmarks.table import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target; `measured` is None where this run could not tell."""

    name: str
    bound: float
    at_least: bool = True
    unit: str = "×"
    measured: float | None

    def line(self) -> list[str]:
        """Return the row of the table."""
        bound = f"{'at least' if self.at_least else 'at most'} {self.bound:,g} {self.unit}"
        if self.measured is None:
            return [self.name, bound, "not measured", ""]
        met = self.measured >= self.bound if self.at_least else self.measured <= self.bound
        digits = ",.0f" if self.measured >= 100 else ".3g"
        return [self.name, bound, f"{self.measured:{digits}} {self.unit}", "yes" if met else "no"]


def targets_table(targets: Iterable[Target]) -> str:
    """Return the table of targets."""
    return table(("target", "bound", "measured", "met"), (target.line() for target in targets))
