"""compare(): find the differences between two inventories. Comparison is its result."""

from __future__ import annotations

import heapq
import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import convert_arguments, to_progress, to_texts
from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.dicom.dictionary import tag_of
from dicommap.errors import InventoryError
from dicommap.inventory import Inventory
from dicommap.inventory.compared_inventory import ComparedInventory
from dicommap.inventory.comparison import InventoryComparer
from dicommap.inventory.inventory_argument import to_inventory_or_path
from dicommap.model.displayable import Displayable
from dicommap.model.inventory_difference import (
    AttributeChangeCount,
    ChangeKind,
    ComparedInventorySummary,
    InstanceDifference,
    SeriesDifference,
    StudyDifference,
)
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.progress import progress_reporter, track_progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import StrPath

    from dicommap.display.comparison_report import ComparisonContent
    from dicommap.display.report import Report
    from dicommap.inventory.comparison import Difference
    from dicommap.model.inventory_difference import ComparisonTotals
    from dicommap.plots.svg import Plot
    from dicommap.progress import ProgressOption

ITEMS_KEPT = 1_000
"""Maximum number of studies that differ, and of attribute changes, that a Comparison keeps in memory."""
LARGEST_KEPT = 20
"""Maximum number of studies in `Comparison.largest`, which are those with the most differing instances."""
IGNORABLE_KINDS = tuple(kind for kind in ChangeKind if kind is not ChangeKind.SERIES)
_POSITIONS = ("the first inventory", "the second inventory")


@dataclass(frozen=True, kw_only=True, repr=False)
class Comparison(Displayable):
    """The differences of two inventories.

    Only counts and the first differences are in memory. The methods `studies`, `series`, `instances` and `attributes`
    read the inventories again, and yield all differences.
    """

    before: ComparedInventorySummary
    """The first inventory."""
    after: ComparedInventorySummary
    """The second inventory."""
    totals: ComparisonTotals
    """The numbers of same, changed, new and gone studies, series and instances, and of changed attributes."""
    keywords: tuple[str, ...]
    """The keywords of the compared attributes: those that both inventories captured, without the ignored ones."""
    first: tuple[StudyDifference, ...] = field(repr=False)
    """The first 1,000 studies that differ, in the order of their UIDs."""
    changes: tuple[AttributeChangeCount, ...] = field(repr=False)
    """The first 1,000 attribute changes, each with its count."""
    largest: tuple[StudyDifference, ...] = field(repr=False)
    """The 20 studies with the most differing instances."""
    _run: ComparisonRun = field(repr=False)

    @property
    def is_same(self) -> bool:
        """Return whether the inventories have no differences."""
        return self.totals.instances.is_same

    def studies(self) -> Iterator[StudyDifference]:
        """Yield each study that is new, gone or changed, in the order of UIDs. The inventories are read again."""
        return (item for item in self._run.compare_again() if isinstance(item, StudyDifference))

    def series(self) -> Iterator[SeriesDifference]:
        """Yield each series that is new, gone or changed, in the order of UIDs. The inventories are read again."""
        return (item for item in self._run.compare_again() if isinstance(item, SeriesDifference))

    def instances(self) -> Iterator[InstanceDifference]:
        """Yield each instance that is new, gone or changed, in the order of UIDs. The inventories are read again."""
        return (item for item in self._run.compare_again() if isinstance(item, InstanceDifference))

    def attributes(self) -> Iterator[AttributeChangeCount]:
        """Yield each attribute change of a study or series, with its count. The inventories are read again.

        Attributes of the patient and the study are counted for the study, all others for the series. If an attribute
        has more than 100 different changes in a study or series, one more item without values counts the rest.
        """
        return (change for item in self._run.compare_again() for change in list_attribute_changes(item))

    def plot(self) -> Plot:
        """Return a bar chart: how many studies, series and instances are the same, changed, new or gone.

        It also shows how often each attribute has changed.
        """
        from dicommap.plots.comparison_plot import plot_comparison

        return plot_comparison(self._make_content(show_values=False))

    def html(self, *, show_values: bool = False) -> str:
        """Return the comparison as one complete HTML page with the plot.

        `show_values` shows patient values, which are masked by default.
        """
        from dicommap.display.comparison_report import build_comparison_page

        return build_comparison_page(self._make_content(show_values=show_values), self.plot().to_figure())

    def _build_report(self) -> Report:
        from dicommap.display.comparison_report import build_comparison_report

        content = self._make_content(show_values=is_unmasked_in_repr())
        return build_comparison_report(content, None if self.is_same else self.plot().to_figure())

    def _make_content(self, *, show_values: bool) -> ComparisonContent:
        """Return what the reports of this comparison show."""
        from dicommap.display.comparison_report import ComparisonContent

        return ComparisonContent(
            before=self.before,
            after=self.after,
            totals=self.totals,
            studies=self.first,
            changes=self.changes,
            largest=self.largest,
            show_values=show_values,
        )


class ComparisonRun:
    """A comparison of two inventories. Each iteration compares them again, and yields all differences."""

    def __init__(
        self,
        before: Inventory | StrPath,
        after: Inventory | StrPath,
        *,
        ignore: str | Iterable[str] = (),
        progress: ProgressOption = None,
    ) -> None:
        """Prepare a comparison. The parameters and exceptions are those of `compare`."""
        self._inventories = (before, after)
        self._kinds, self._keywords = _parse_ignored_changes([ignore] if isinstance(ignore, str) else ignore)
        self._progress = progress
        self._studies: list[StudyDifference] = []
        self._changes: list[AttributeChangeCount] = []
        self._largest: list[tuple[int, int, StudyDifference]] = []
        self._comparer: InventoryComparer | None = None
        self._sides: tuple[ComparedInventorySummary, ComparedInventorySummary] | None = None

    def __iter__(self) -> Iterator[Difference]:
        """Compare the inventories, and yield all differences. The first differences are kept, for `result`."""
        self._studies, self._changes, self._largest = [], [], []
        for number, difference in enumerate(self.compare_again(self._progress)):
            self._keep_first_and_largest(number, difference)
            yield difference

    def compare_again(self, progress: ProgressOption = False) -> Iterator[Difference]:
        """Compare the inventories again, and yield all differences. Nothing is kept for `result`."""
        with ExitStack() as stack:
            sides = [
                ComparedInventory(_open_inventory(stack, inventory, position), position)
                for inventory, position in zip(self._inventories, _POSITIONS, strict=True)
            ]
            report = stack.enter_context(progress_reporter(progress, "instances"))
            before, after = sides
            self._sides = (before.make_summary(after), after.make_summary(before))
            comparer = self._comparer = InventoryComparer(
                before, after, ignored_kinds=self._kinds, ignored_keywords=self._keywords
            )
            total = None if report is None else max(side.count_files() for side in sides)
            yield from comparer.differences(track_progress(comparer.pairs(), report, total))

    def result(self) -> Comparison:
        """Return the result of the last iteration, which must have ended."""
        assert self._comparer is not None and self._sides is not None  # noqa: S101, PT018  the caller has iterated
        return Comparison(
            before=self._sides[0],
            after=self._sides[1],
            totals=self._comparer.totals,
            keywords=self._comparer.keywords,
            first=tuple(self._studies),
            changes=tuple(self._changes),
            largest=tuple(study for *_, study in sorted(self._largest, reverse=True)),
            _run=self,
        )

    def _keep_first_and_largest(self, number: int, difference: Difference) -> None:
        """Keep a study for `result` if it is among the first, or among those with the most differing instances.

        The first changes of attributes are kept, too.

        `number` is the number of differences before this one.
        """
        self._changes += islice(list_attribute_changes(difference), ITEMS_KEPT - len(self._changes))
        if not isinstance(difference, StudyDifference):
            return
        if len(self._studies) < ITEMS_KEPT:
            self._studies.append(difference)
        # Of studies with equally many differing instances, the first ones are kept. No two entries have the same
        # number, so heapq never compares two StudyDifference objects, which have no order.
        entry = (difference.counts.differing, -number, difference)
        if len(self._largest) < LARGEST_KEPT:
            heapq.heappush(self._largest, entry)
        else:
            heapq.heappushpop(self._largest, entry)


def list_attribute_changes(difference: Difference) -> tuple[AttributeChangeCount, ...]:
    """Return the attribute changes of a study or series; an empty tuple for an instance."""
    return () if isinstance(difference, InstanceDifference) else difference.attributes


@convert_arguments(before=to_inventory_or_path, after=to_inventory_or_path, ignore=to_texts, progress=to_progress)
def compare(
    before: Inventory | StrPath,
    after: Inventory | StrPath,
    *,
    ignore: str | Iterable[str] = (),
    progress: ProgressOption = None,
) -> Comparison:
    """Compare two inventories: find studies, series and instances that are new, gone or changed.

    An instance is identified by its SOP Instance UID. It has changed if it belongs to another series, or if its file's
    path relative to the root, its size, its ETag, a captured attribute or its duplicates differ. The pixel data is not
    compared, since a scan reads headers only. If one inventory is of a data store and the other of files, paths, sizes,
    ETags, duplicates and transfer syntaxes are not compared. The memory does not depend on the size of the inventories.

    Args:
        before: The first inventory: an open inventory or the path of its file.
        after: The second inventory.
        ignore: Changes to ignore: "path", "size", "etag", "attributes", "duplicates", or the keyword of a captured
            attribute.
        progress: Whether to show the number of compared instances, or a function that is called with it.

    Returns:
        The counts, the first differences, and methods that yield all differences.

    Raises:
        InventoryError: An inventory is missing, damaged, unfinished, closed, or has another format version.
        UsageError: A text of `ignore` is neither a kind of change nor a keyword.
    """
    run = ComparisonRun(before, after, ignore=ignore, progress=progress)
    for _ in run:
        pass
    return run.result()


def _parse_ignored_changes(words: Iterable[str]) -> tuple[frozenset[ChangeKind], frozenset[str]]:
    """Return the kinds of changes to ignore, and the keywords to ignore. Raises UsageError for any other word."""
    kinds, keywords = set(), set()
    for word in words:
        if word in IGNORABLE_KINDS:
            kinds.add(ChangeKind(word))
        elif tag_of(word) is not None:
            keywords.add(word)
        else:
            raise make_unknown_choice_error(
                "change to ignore", word, [*IGNORABLE_KINDS, "and the keywords of attributes"]
            )
    return frozenset(kinds), frozenset(keywords)


def _open_inventory(stack: ExitStack, inventory: Inventory | StrPath, position: str) -> Inventory:
    """Return an open inventory. If `inventory` is a path, it is opened, and `stack` closes it.

    `position` says in messages which inventory it is: the first or the second.
    """
    if isinstance(inventory, Inventory):
        return inventory
    path = Path(os.fspath(inventory))
    try:
        return stack.enter_context(Inventory.open(path))
    except InventoryError as error:
        named = error.message if str(path) in error.message else f"{path}: {error.message}"
        raise InventoryError(f"{position[:1].upper()}{position[1:]}: {named}", fix=error.fix) from None
