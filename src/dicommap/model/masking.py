"""Patient values are masked unless they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.errors import UsageError
from dicommap.model.attributes import SHOWN_ALWAYS
from dicommap.model.person_names import distinct_values
from dicommap.model.visible import visible_value

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "***"

_in_all_reprs = False


def show_values(shown: bool) -> None:
    """Say whether the reprs of this process show patient values; at first they do not.

    Reprs only: what is printed, logged, written or raised has settings of its own. Raises UsageError for anything but
    True and False.
    """
    global _in_all_reprs  # one switch for the process is what this is
    if not isinstance(shown, bool):
        raise UsageError("show_values takes True or False.", fix="Say show_values(True), or show_values(False).")
    _in_all_reprs = shown


def shown_in_repr(*, unmasked: bool = False) -> bool:
    """Say whether a repr shows patient values: of an object that was asked for unmasked, or when all do."""
    return unmasked or _in_all_reprs


def shown(keyword: str, value: str, *, show_values: bool) -> str:
    """Return a value as people see it, or the mask in its place; an empty value has nothing to hide."""
    return visible_value(keyword, value) if show_values or not value or keyword in SHOWN_ALWAYS else MASK


def differing(count: int) -> str:
    """Return the marker that stands where several values differ inside a study or series."""
    return f"<{count} different values>"


def told(keyword: str, distinct: int, value: str, *, show_values: bool) -> str:
    """Return the one value that there is, masked as need be, or the marker where there are several distinct ones."""
    return differing(distinct) if distinct > 1 else shown(keyword, value, show_values=show_values)


def one_line(keyword: str, counts: Mapping[str, int], *, show_values: bool) -> str:
    """Return the one value that all files share, masked as need be, or the marker where they differ."""
    counts = distinct_values(keyword, counts)
    return told(keyword, len(counts), next(iter(counts), ""), show_values=show_values)
