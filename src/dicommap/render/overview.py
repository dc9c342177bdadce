"""What an inventory's screen is made from: numbers, and the first studies with their first series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dicommap.model.person_names import distinct_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.issues import Severity
    from dicommap.model.hierarchy import Series, Study, Values

STUDIES_SHOWN = 15
SERIES_SHOWN = 20


class Told(NamedTuple):
    """How many distinct values an attribute has, and one of them."""

    distinct: int
    value: str


class Numbers(Protocol):
    """An inventory in numbers; see `dicommap.inventory.Summary`."""

    @property
    def studies(self) -> int: ...  # noqa: D102
    @property
    def series(self) -> int: ...  # noqa: D102
    @property
    def instances(self) -> int: ...  # noqa: D102
    @property
    def files(self) -> int: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def dispositions(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def issues(self) -> Mapping[tuple[str, Severity], int]: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLine:
    """One series on a line."""

    uid: str
    instances: int
    size: int
    """Bytes."""
    values: Mapping[str, Told]

    @classmethod
    def of(cls, series: Series) -> SeriesLine:
        """Return the line of a series."""
        return cls(
            uid=series.series_instance_uid,
            instances=series.instances,
            size=series.size,
            values=told_values(series.values),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLine:
    """One study on a line, and its first series."""

    uid: str
    series: int
    instances: int
    size: int
    """Bytes."""
    values: Mapping[str, Told]
    modalities: Sequence[str]
    first: Sequence[SeriesLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """An inventory at a glance."""

    numbers: Numbers
    sources: Sequence[str]
    modalities: Mapping[str, int]
    """Modality -> number of series, the most frequent first."""
    dates: tuple[str, str] | None
    """The first and last StudyDate; None where there is none."""
    first: Sequence[StudyLine]


def told_values(values: Values) -> dict[str, Told]:
    """Return for each attribute how many values it has, and one of them."""
    distinct = ((keyword, distinct_values(keyword, counts)) for keyword, counts in values.items())
    return {keyword: Told(len(counts), next(iter(counts), "")) for keyword, counts in distinct}


def modalities_of(study: Study) -> list[str]:
    """Return the distinct modalities of a study, in order."""
    return sorted(study.values.get("Modality", ()))
