"""What an inventory's screen is made from: numbers, and the first studies with their first series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dicommap.dicom.person_names import merge_equal_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.issues import Severity
    from dicommap.model.study import AttributeValues, Series, Study

MAX_STUDIES = 15
MAX_SERIES = 20


class ValueSummary(NamedTuple):
    """How many distinct values an attribute has, and one of them."""

    distinct: int
    value: str


class InventoryCounts(Protocol):
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
class SeriesSummary:
    """One series on a line."""

    uid: str
    instances: int
    size: int
    """Bytes."""
    values: Mapping[str, ValueSummary]

    @classmethod
    def of(cls, series: Series) -> SeriesSummary:
        """Return the line of a series."""
        return cls(
            uid=series.series_instance_uid,
            instances=series.instances,
            size=series.size,
            values=summarize_values(series.values),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySummary:
    """One study on a line, and its first series."""

    uid: str
    series: int
    instances: int
    size: int
    """Bytes."""
    values: Mapping[str, ValueSummary]
    modalities: Sequence[str]
    first: Sequence[SeriesSummary]


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryOverview:
    """An inventory at a glance."""

    numbers: InventoryCounts
    sources: Sequence[str]
    modalities: Mapping[str, int]
    """Modality -> number of series, the most frequent first."""
    dates: tuple[str, str] | None
    """The first and last StudyDate; None where there is none."""
    first: Sequence[StudySummary]


def summarize_values(values: AttributeValues) -> dict[str, ValueSummary]:
    """Return for each attribute how many values it has, and one of them."""
    distinct = ((keyword, merge_equal_names(keyword, counts)) for keyword, counts in values.items())
    return {keyword: ValueSummary(len(counts), next(iter(counts), "")) for keyword, counts in distinct}


def get_modalities(study: Study) -> list[str]:
    """Return the distinct modalities of a study, in order."""
    return sorted(study.values.get("Modality", ()))
