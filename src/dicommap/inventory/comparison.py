"""Compare two inventories instance by instance. Both are read in the order of the UIDs and merged.

Only one instance of each inventory is in memory at a time, with the counts of its series and study. So the comparison
of 100 million instances needs no more memory than the comparison of ten.

An instance may be in a series of one inventory, but not in the same series of the other inventory. Then it is looked up
in the other inventory by its SOP Instance UID, because it may be in another series there.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.dictionary import tag_of
from dicommap.healthimaging.levels import Level, level_of
from dicommap.inventory.instance_comparison import InstanceComparer
from dicommap.model.inventory_difference import (
    AttributeChangeCount,
    AttributeTotals,
    ComparisonTotals,
    DifferenceStatus,
    InstanceCounts,
    InstanceDifference,
    SeriesDifference,
    StudyDifference,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator

    from dicommap.inventory.compared_inventory import ComparedInventory, InstanceFiles, InstanceKey
    from dicommap.model.inventory_difference import ChangeKind

CHANGES_LISTED = 100
"""Maximum number of changes that are listed per attribute and study or series. More changes are only counted."""

Difference = InstanceDifference | SeriesDifference | StudyDifference
InstancePair = tuple["InstanceKey", "InstanceFiles | None", "InstanceFiles | None"]


class InventoryComparer:
    """A comparison of two inventories. It runs while the caller iterates over the result of `differences`.

    Attributes:
        keywords: The compared attributes.
        totals: The counts of the whole comparison. They are complete after the last item of `differences`.
    """

    def __init__(
        self,
        before: ComparedInventory,
        after: ComparedInventory,
        *,
        ignored_kinds: Collection[ChangeKind] = (),
        ignored_keywords: Collection[str] = (),
    ) -> None:
        """Prepare a comparison.

        Args:
            before: The first inventory.
            after: The second inventory.
            ignored_kinds: Kinds of changes that do not count as differences.
            ignored_keywords: Keywords of attributes that are not compared.
        """
        self._before = before
        self._after = after
        self._comparer = InstanceComparer(before, after, ignored_kinds=ignored_kinds, ignored_keywords=ignored_keywords)
        self.keywords = self._comparer.keywords
        self.totals = ComparisonTotals()

    def pairs(self) -> Iterator[InstancePair]:
        """Yield the UIDs of each instance, and its files in the first and in the second inventory, sorted by UIDs."""
        return merge_instances(self._before.instances(), self._after.instances())

    def differences(self, pairs: Iterable[InstancePair]) -> Iterator[Difference]:
        """Yield each instance, series and study that differs between the inventories.

        A series is yielded after its instances, and a study after its series.

        Args:
            pairs: The result of the method `pairs`.

        Raises:
            InventoryError: An inventory is damaged or closed.
        """
        for study, members in groupby(pairs, key=lambda pair: pair[0][0]):
            yield from self._compare_study(study, members)

    def _compare_study(self, study: str, pairs: Iterable[InstancePair]) -> Iterator[Difference]:
        """Yield what differs in one study: its instances, each series after its instances, then the study itself."""
        changes = _AttributeChangeCounter(study, None)
        counts, presence = InstanceCounts(), _InventoryPresence()
        statuses: Counter[DifferenceStatus] = Counter()
        keywords: dict[str, None] = {}
        for series, members in groupby(pairs, key=lambda pair: pair[0][1]):
            compared = yield from self._compare_series(study, series, members, changes)
            counts.add_counts(compared.counts)
            presence.add(before=compared.presence.before, after=compared.presence.after)
            statuses[compared.status] += 1
            keywords |= dict.fromkeys(compared.keywords)
        status = presence.get_status(counts)
        self.totals.add_study(status, statuses, counts, keywords)
        if status is not DifferenceStatus.SAME:
            yield StudyDifference(
                study_instance_uid=study,
                status=status,
                counts=counts,
                series=statuses,
                attributes=changes.list_counts(),
                keywords=tuple(keywords),
            )

    def _compare_series(
        self, study: str, series: str, pairs: Iterable[InstancePair], study_changes: _AttributeChangeCounter
    ) -> Generator[Difference, None, _ComparedSeries]:
        """Yield what differs in one series: its instances, then the series itself. Return the numbers of the series.

        The changed attributes are also added to `study_changes`.
        """
        changes = _AttributeChangeCounter(study, series)
        counts, presence = InstanceCounts(), _InventoryPresence()
        for _, old, new in pairs:
            presence.add(before=old is not None, after=new is not None)
            difference = self._compare_instance(old, new, counts)
            if difference is not None:
                study_changes.add(difference)
                changes.add(difference)
                yield difference
        self._add_attribute_totals(changes.instances)
        status = presence.get_status(counts)
        if status is not DifferenceStatus.SAME:
            yield SeriesDifference(
                study_instance_uid=study,
                series_instance_uid=series,
                status=status,
                counts=counts,
                attributes=changes.list_counts(),
            )
        return _ComparedSeries(status, counts, presence, tuple(changes.instances))

    def _add_attribute_totals(self, instances: Counter[str]) -> None:
        """Add the differing attributes of one series to the totals. `instances` has the number for each keyword."""
        for keyword, count in instances.items():
            total = self.totals.attributes.setdefault(keyword, AttributeTotals())
            total.instances += count
            total.series += 1

    def _compare_instance(
        self, old: InstanceFiles | None, new: InstanceFiles | None, counts: InstanceCounts
    ) -> InstanceDifference | None:
        """Compare the files of one instance in one series, and update `counts`, the counts of this series.

        Returns:
            The difference. None if there is no difference. None also if the instance has moved from this series to
            another series: the call for the other series returns the difference.
        """
        if old is not None and new is not None and self._comparer.is_same_single_file(old, new):
            counts.before += 1
            counts.after += 1
            return None
        has_old = old is not None and old.instance_file is not None
        has_new = new is not None and new.instance_file is not None
        counts.before += has_old
        counts.after += has_new
        if old is not None and new is not None and has_old and has_new:
            difference = self._comparer.compare(old, new)
            counts.changed += difference is not None
        elif has_old and old is not None:
            if self._after.find_instance(old.key[2]) is not None:
                counts.to_other_series += 1
                return None
            counts.gone += 1
            return self._comparer.make_single_difference(old, None)
        elif has_new and new is not None:
            elsewhere = self._before.find_instance(new.key[2])
            if elsewhere is None:
                counts.new += 1
                return self._comparer.make_single_difference(None, new)
            counts.from_other_series += 1
            difference = self._comparer.compare(elsewhere, new)
        else:
            difference = self._comparer.compare_duplicates(old, new)
        if difference is not None:
            counts.kinds.update(difference.kinds)
        return difference


def merge_instances(before: Iterable[InstanceFiles], after: Iterable[InstanceFiles]) -> Iterator[InstancePair]:
    """Merge two streams of instances that are sorted by UIDs.

    Yields:
        The UIDs of each instance, its files in `before` and its files in `after`. The files are None if the stream does
            not have the instance.
    """
    first, second = iter(before), iter(after)
    old, new = next(first, None), next(second, None)
    while old is not None and new is not None:
        if old.key < new.key:
            yield old.key, old, None
            old = next(first, None)
        elif new.key < old.key:
            yield new.key, None, new
            new = next(second, None)
        else:
            yield old.key, old, new
            old, new = next(first, None), next(second, None)
    while old is not None:
        yield old.key, old, None
        old = next(first, None)
    while new is not None:
        yield new.key, None, new
        new = next(second, None)


class _InventoryPresence:
    """Two flags of a study or series: whether the first inventory has a file of it, and whether the second one has."""

    def __init__(self) -> None:
        self.before = False
        self.after = False

    def add(self, *, before: bool, after: bool) -> None:
        """Set each flag that is true for an instance or series of this study or series."""
        self.before = self.before or before
        self.after = self.after or after

    def get_status(self, counts: InstanceCounts) -> DifferenceStatus:
        """Return whether the study or series is new, gone, changed or the same.

        `counts` has the numbers of its new, gone and changed instances.
        """
        if not self.before:
            return DifferenceStatus.NEW
        if not self.after:
            return DifferenceStatus.GONE
        return DifferenceStatus.SAME if counts.is_same else DifferenceStatus.CHANGED


class _ComparedSeries(NamedTuple):
    """The status and the counts of one compared series. They are added to those of its study."""

    status: DifferenceStatus
    counts: InstanceCounts
    presence: _InventoryPresence
    keywords: tuple[str, ...]
    """The keywords of the attributes that differ in an instance of the series."""


class _AttributeChangeCounter:
    """A counter of changed attributes in one series or study.

    For a study, it counts attributes of patient and study.
    """

    def __init__(self, study: str, series: str | None) -> None:
        self._study = study
        self._series = series
        self._listed: dict[str, Counter[tuple[str, str]]] = {}
        self._others: Counter[str] = Counter()
        self.instances: Counter[str] = Counter()
        """Keyword -> number of instances in which the attribute differs. It includes attributes of all levels."""

    def add(self, difference: InstanceDifference) -> None:
        """Count the changed attributes of an instance."""
        for attribute in difference.attributes:
            keyword = attribute.keyword
            self.instances[keyword] += 1
            if (self._series is None) != _is_study_attribute(keyword):
                continue
            listed = self._listed.setdefault(keyword, Counter())
            change = (attribute.before, attribute.after)
            if change in listed or len(listed) < CHANGES_LISTED:
                listed[change] += 1
            else:
                self._others[keyword] += 1

    def list_counts(self) -> tuple[AttributeChangeCount, ...]:
        """Return the number of instances for each change of an attribute, the most frequent change first.

        A change is a pair of values: the old and the new one. If an attribute has more than `CHANGES_LISTED` different
        changes, its last item counts all other changes together.
        """
        return tuple(
            AttributeChangeCount(
                study_instance_uid=self._study,
                series_instance_uid=self._series,
                keyword=keyword,
                before=before,
                after=after,
                instances=instances,
            )
            for keyword, listed in self._listed.items()
            for before, after, instances in self._rank_changes(keyword, listed)
        )

    def _rank_changes(
        self, keyword: str, listed: Counter[tuple[str, str]]
    ) -> Iterator[tuple[str | None, str | None, int]]:
        """Yield the old value, the new value and the number of instances of each change, the most frequent first."""
        for (before, after), instances in sorted(listed.items(), key=lambda item: (-item[1], item[0])):
            yield before, after, instances
        if self._others[keyword]:
            yield None, None, self._others[keyword]


def _is_study_attribute(keyword: str) -> bool:
    return level_of(tag_of(keyword) or 0) in (Level.PATIENT, Level.STUDY)
