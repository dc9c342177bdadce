"""Differences between two inventories: instances, series and studies that are new, gone or changed, and counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class DifferenceStatus(StrEnum):
    """The status of a study, series or instance in a comparison of two inventories."""

    NEW = "new"
    """The study, series or instance is only in the second inventory."""
    GONE = "gone"
    """The study, series or instance is only in the first inventory."""
    CHANGED = "changed"
    """The study, series or instance is in both inventories, with differences."""
    SAME = "same"


class ChangeKind(StrEnum):
    """A kind of change of an instance that both inventories have."""

    SERIES = "series"
    """The instance belongs to another series or study."""
    PATH = "path"
    """The file of the instance has another path relative to the root, or is below another root."""
    SIZE = "size"
    """The file of the instance has another number of bytes."""
    ETAG = "etag"
    """The S3 object has another ETag. The bytes may be the same, because the ETag also depends on the upload."""
    ATTRIBUTES = "attributes"
    """A captured attribute, SOPClassUID, TransferSyntaxUID or InstanceNumber has another value."""
    DUPLICATES = "duplicates"
    """The number of other copies of the instance has changed, or these copies are different files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFile:
    """The file of an instance in one of the two inventories, with the instance's study and series."""

    study_instance_uid: str
    series_instance_uid: str
    source: str
    """The root of the source that has the file, as printable text."""
    path: str
    """Path relative to the root, as printable text."""
    size: int
    etag: str
    duplicates: int
    """Number of other copies of the instance in the same series."""


@dataclass(frozen=True, slots=True)
class AttributeDifference:
    """An attribute with its values in the first and in the second inventory. The value of an absent attribute is ""."""

    keyword: str
    before: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceDifference:
    """One instance that is new, gone or changed in the second of two compared inventories."""

    study_instance_uid: str
    """The study in the second inventory. If the instance is gone, the study in the first inventory."""
    series_instance_uid: str
    sop_instance_uid: str
    status: DifferenceStatus
    kinds: tuple[ChangeKind, ...] = ()
    """The kinds of changes; empty if the instance is new or gone."""
    attributes: tuple[AttributeDifference, ...] = field(default=(), repr=False)
    before: ComparedFile | None = None
    """The file in the first inventory; None if the instance is new."""
    after: ComparedFile | None = None
    """The file in the second inventory; None if the instance is gone."""


@dataclass(slots=True, kw_only=True)
class InstanceCounts:
    """Numbers of instances from a comparison of two inventories, for a series, a study or the whole inventories.

    before = same + changed + gone + to_other_series, and after = same + changed + new + from_other_series.
    """

    before: int = 0
    """Number of instances in the first inventory."""
    after: int = 0
    """Number of instances in the second inventory."""
    new: int = 0
    gone: int = 0
    changed: int = 0
    """Number of instances that both inventories have in the same series, with differences."""
    to_other_series: int = 0
    """Number of instances that are in another series in the second inventory."""
    from_other_series: int = 0
    """Number of instances that were in another series in the first inventory."""
    kinds: Counter[ChangeKind] = field(default_factory=Counter)
    """Kind of change -> number of instances. One instance may have several kinds of changes."""

    @property
    def same(self) -> int:
        """Return the number of instances without a difference."""
        return self.before - self.changed - self.gone - self.to_other_series

    @property
    def differing(self) -> int:
        """Return the number of instances that are new, gone, changed, or moved to or from another series."""
        return self.new + self.gone + self.changed + self.to_other_series + self.from_other_series

    @property
    def is_same(self) -> bool:
        """Return whether all instances and all duplicates are the same in both inventories."""
        return not self.differing and not self.kinds

    def add_counts(self, other: InstanceCounts) -> None:
        """Add the numbers of `other` to these numbers."""
        self.before += other.before
        self.after += other.after
        self.new += other.new
        self.gone += other.gone
        self.changed += other.changed
        self.to_other_series += other.to_other_series
        self.from_other_series += other.from_other_series
        self.kinds.update(other.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChangeCount:
    """A change of an attribute in one study or series, and the number of instances with this change.

    If an attribute has very many different changes, each of the first changes has such an object. One more object,
    without values, counts the instances with any other change.
    """

    study_instance_uid: str
    series_instance_uid: str | None
    """The UID of the series. None if the attribute belongs to the patient or study."""
    keyword: str
    before: str | None = field(repr=False)
    """The value in the first inventory. None if this object counts all other changes together."""
    after: str | None = field(repr=False)
    instances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDifference:
    """One series that is new, gone or changed in the second of two compared inventories."""

    study_instance_uid: str
    series_instance_uid: str
    status: DifferenceStatus
    counts: InstanceCounts
    attributes: tuple[AttributeChangeCount, ...] = field(repr=False)
    """The changes of attributes of the series and its instances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDifference:
    """One study that is new, gone or changed in the second of two compared inventories."""

    study_instance_uid: str
    status: DifferenceStatus
    counts: InstanceCounts
    series: Mapping[DifferenceStatus, int]
    """Status -> number of series of the study with this status."""
    attributes: tuple[AttributeChangeCount, ...] = field(repr=False)
    """The changes of attributes of the patient and study."""
    keywords: tuple[str, ...]
    """The keywords of all attributes that changed in the study, its series and its instances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedInventorySummary:
    """One of the two compared inventories: its name, its sources, and the attributes that could not be compared."""

    name: str
    """The name of the inventory file. For an inventory in memory: a text such as "the first inventory"."""
    sources: tuple[str, ...]
    """The scanned roots.

    A root is compared with the equal root of the other inventory. The remaining roots are compared in their order.
    """
    only_here: tuple[str, ...]
    """The captured attributes that the other inventory does not have. They are not compared."""
    reader_version: int
    """The version of the header reader. Another version may read the same file differently."""


@dataclass(slots=True)
class AttributeTotals:
    """The numbers of studies, series and instances in which one attribute has changed."""

    studies: int = 0
    series: int = 0
    instances: int = 0


@dataclass(slots=True, kw_only=True)
class ComparisonTotals:
    """The numbers of new, gone and changed studies, series and instances in a whole comparison of two inventories."""

    studies: Counter[DifferenceStatus] = field(default_factory=Counter)
    series: Counter[DifferenceStatus] = field(default_factory=Counter)
    instances: InstanceCounts = field(default_factory=InstanceCounts)
    attributes: dict[str, AttributeTotals] = field(default_factory=dict)
    """Keyword -> numbers of studies, series and instances with a change."""

    def add_study(
        self,
        status: DifferenceStatus,
        series: Mapping[DifferenceStatus, int],
        instances: InstanceCounts,
        keywords: Iterable[str],
    ) -> None:
        """Add the numbers of one study. `keywords` are the attributes that changed in this study."""
        self.studies[status] += 1
        self.series.update(series)
        self.instances.add_counts(instances)
        for keyword in keywords:
            self.attributes[keyword].studies += 1
