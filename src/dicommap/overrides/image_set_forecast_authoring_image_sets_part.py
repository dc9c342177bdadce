"""The groups into which the files of a study fall by its conflicting attributes, and which one is taken for primary.

The largest: the most frequent combination of the study's attributes, and in each series the most frequent one of the
series' own among the files that have it. HealthImaging's own choice is not documented.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

ConflictScope = tuple[str | None, str]
"""Series Instance UID, None for the whole study, and keyword: where an attribute should have one value."""

ConflictingValues = tuple[str, ...]
"""A file's values of the conflicting attributes, in the order of their keywords."""

ConflictGroups = Counter[tuple[str, ConflictingValues]]
"""How many files of a series have these values: as many entries as the study has distinct headers, at most."""


@dataclass(frozen=True, slots=True)
class PredictedImageSets:
    """The groups of one study, and what is taken for the values of the primary one."""

    keywords: tuple[str, ...]
    groups: ConflictGroups
    primary: Mapping[ConflictScope, str]

    @classmethod
    def of(
        cls, keywords: tuple[str, ...], groups: ConflictGroups, scopes: Collection[ConflictScope]
    ) -> PredictedImageSets:
        """Return the image sets of these groups; `scopes` are the conflicts that they fall apart by."""
        of_study = _find_positions(keywords, scopes, None)
        chosen = _find_most_frequent(groups, of_study)
        primary: dict[ConflictScope, str] = {
            (None, keywords[at]): value for at, value in zip(of_study, chosen, strict=True)
        }
        for series in dict.fromkeys(series for series, _ in scopes if series is not None):
            of_series = _find_positions(keywords, scopes, series)
            members = Counter({group: count for group, count in groups.items() if group[0] == series})
            inside = Counter({group: count for group, count in members.items() if _pick(group[1], of_study) == chosen})
            values = _find_most_frequent(inside or members, of_series)
            primary |= {(series, keywords[at]): value for at, value in zip(of_series, values, strict=True)}
        return cls(keywords, groups, primary)

    def outside(self, series: str, values: ConflictingValues) -> Iterator[tuple[ConflictScope, str]]:
        """Yield where a file of a series has another value than the primary image set, and that value."""
        for keyword, value in zip(self.keywords, values, strict=True):
            for scope in ((None, keyword), (series, keyword)):
                if self.primary.get(scope, value) != value:
                    yield scope, value

    def count_non_primary_files(self) -> Counter[ConflictScope]:
        """Return how many files have another value than the primary image set, conflict by conflict."""
        counts: Counter[ConflictScope] = Counter()
        for (series, values), files in self.groups.items():
            for scope, _ in self.outside(series, values):
                counts[scope] += files
        return counts


def _find_positions(
    keywords: tuple[str, ...], scopes: Collection[ConflictScope], series: str | None
) -> tuple[int, ...]:
    return tuple(at for at, keyword in enumerate(keywords) if (series, keyword) in scopes)


def _pick(values: ConflictingValues, positions: tuple[int, ...]) -> ConflictingValues:
    return tuple(values[at] for at in positions)


def _find_most_frequent(groups: ConflictGroups, positions: tuple[int, ...]) -> ConflictingValues:
    """Return the most frequent combination; of equally frequent ones one with fewer empty values, then the least."""
    counts: Counter[ConflictingValues] = Counter()
    for (_, values), files in groups.items():
        counts[_pick(values, positions)] += files
    return min(counts, key=lambda one: (-counts[one], one.count(""), one))
