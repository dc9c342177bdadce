"""Progress of long work, as those are told of it who asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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

ProgressOption = OnProgress | bool | None
"""What callers pass as `progress`: a function; True for a bar, False for none; None for one where people look on."""

_Item = TypeVar("_Item")


def track_progress(
    items: Iterable[_Item],
    report: OnProgress | None,
    total: int | None = None,
    *,
    weight: Callable[[_Item], int] = lambda _: 1,
) -> Iterator[_Item]:
    """Yield the items, and tell after each how many are done; `weight` is what one counts for.

    Without `total` it is not known how many there are until the last one.
    """
    if report is None:
        yield from items
        return
    done = 0
    for item in items:
        yield item
        done += weight(item)
        report(Progress(done, max(done, total or 0), total is not None))
    report(Progress(done, done, True))
