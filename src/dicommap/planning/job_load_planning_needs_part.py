"""Needs: which override files the studies and series of a job bring along."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OverrideKey = tuple[str, str | None]
"""Study and Series Instance UID; no series where the override is for the whole study."""

_NO_SIZES: Mapping[str | None, int] = {}


class OverrideSizes:
    """The overrides by what they are for, with the bytes of their files."""

    def __init__(self, sizes: Iterable[tuple[OverrideKey, int]] = ()) -> None:
        self._of_study: dict[str, dict[str | None, int]] = {}
        for (study, series), size in sizes:
            self._of_study.setdefault(study, {})[series] = size

    def __contains__(self, study: object) -> bool:
        return study in self._of_study

    def has_series_override(self, study: str) -> bool:
        """Say whether a study has an override for a series."""
        sizes = self._of_study[study]
        return len(sizes) > 1 or None not in sizes

    def of_study(self, study: str) -> tuple[int, int]:
        """Return how many overrides a whole study brings along, and the bytes of their files."""
        sizes = self._of_study.get(study, _NO_SIZES)
        return len(sizes), sum(sizes.values())

    def keys(self, study: str) -> Iterator[OverrideKey]:
        """Yield the overrides of a study and its series."""
        return ((study, series) for series in self._of_study.get(study, _NO_SIZES))

    def of_files(self, study: str, series: str) -> list[OverrideKey]:
        """Return the overrides that any file of a series brings along."""
        sizes = self._of_study.get(study, _NO_SIZES)
        return [(study, one) for one in (None, series) if one in sizes]

    def size(self, key: OverrideKey) -> int:
        """Return the bytes of an override's file."""
        return self._of_study[key[0]][key[1]]
