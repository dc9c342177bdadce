"""The studies, series and instances of an inventory, with their reports and pictures."""

from __future__ import annotations

import os
from collections import Counter
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError
from dicommap.inventory.cells import read_rows, read_system_path, read_text
from dicommap.model.displayable import Displayable, DisplayableInLists
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.model.study import Instance, Series, Study
from dicommap.progress import progress_reporter

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from typing import Any, Self

    from dicommap.display.inventory_report import InventoryCounts, InventoryOverview
    from dicommap.display.report import Report
    from dicommap.pictures import Picture, PictureFile
    from dicommap.progress import ProgressOption


class InventoryReportMixin(Displayable):
    """The reprs of an inventory. What they count is counted once: an open inventory does not change."""

    _connection: sqlite3.Connection
    keywords: tuple[str, ...]
    sources: tuple[str, ...]
    _unmasked = False
    _overview: InventoryOverview | None = None

    def unmasked(self) -> Self:
        """Return this inventory with patient values in its reprs, and in those of what it yields.

        It is the same open file: closing one closes both.
        """
        view = copy(self)
        view._unmasked = True
        return view

    def summary(self) -> InventoryCounts:
        """Count what there is."""
        raise NotImplementedError

    def _build_report(self) -> Report:
        from dicommap.display.inventory_report import build_inventory_report, build_unreadable_report

        try:
            if self._overview is None:
                self._overview = self._make_overview()
        except InventoryError as error:
            return build_unreadable_report(str(error))
        return build_inventory_report(self._overview, show_values=is_unmasked_in_repr(unmasked=self._unmasked))

    def _make_overview(self) -> InventoryOverview:
        from dicommap.display.inventory_report import InventoryOverview
        from dicommap.inventory.overview_queries import OverviewQueries

        glance = OverviewQueries(self._connection, self.keywords)
        return InventoryOverview(
            numbers=self.summary(),
            sources=self.sources,
            modalities=glance.modalities(),
            dates=glance.dates(),
            first=glance.read_first_studies(),
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownSeries(DisplayableInLists, Series):
    """A series of an inventory."""

    unmasked: bool = field(default=False, compare=False)
    """Whether its text and HTML show patient values; its repr never does."""

    def _line(self) -> str:
        from dicommap.display.study_report import format_series_line

        return format_series_line(self)

    def _build_report(self) -> Report:
        from dicommap.display.study_report import build_series_report

        return build_series_report(self, show_values=is_unmasked_in_repr(unmasked=self.unmasked))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownStudy(DisplayableInLists, Study):
    """A study of an inventory."""

    series: tuple[ShownSeries, ...]

    def _line(self) -> str:
        from dicommap.display.study_report import format_study_line

        return format_study_line(self)

    def _build_report(self) -> Report:
        from dicommap.display.study_report import build_study_report

        unmasked = any(series.unmasked for series in self.series)
        return build_study_report(self, show_values=is_unmasked_in_repr(unmasked=unmasked))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownInstance(DisplayableInLists, Instance):
    """One file of an inventory that holds an instance. Nothing of it is ever masked."""

    def _line(self) -> str:
        from dicommap.display.study_report import format_instance_line

        return format_instance_line(self)

    def _build_report(self) -> Report:
        from dicommap.display.study_report import build_instance_report

        return build_instance_report(self)


_SERIES_FILES_QUERY = """
SELECT root, path, SOPInstanceUID FROM header JOIN file ON file.header = header.id JOIN source ON source.id = source
WHERE StudyInstanceUID = ? AND SeriesInstanceUID = ? AND disposition = 'instance' ORDER BY source, path
"""


class SeriesFiles:
    """Tells where the files of a series are, for as long as the inventory is open in this process."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        self._connection = connection

    def of(self, series: Series) -> list[PictureFile]:
        """Return the files of a series, without duplicates. Raises InventoryError where the inventory is not open."""
        uids = (series.study_instance_uid, series.series_instance_uid)
        if self._connection is None:
            raise InventoryError(
                "The inventory that the series is from is not open here.",
                fix="Open it, and ask for pictures of the series that it yields.",
            )
        rows = list(
            read_rows(self._connection, _SERIES_FILES_QUERY, (read_system_path, read_system_path, read_text), uids)
        )
        from dicommap.pictures import PictureFile

        return [PictureFile(os.path.join(root, path), instance) for root, path, instance in rows]

    def __reduce__(self) -> tuple[Any, ...]:
        # An open file does not travel to other processes; the series does, without its pictures.
        return SeriesFiles, ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PicturedSeries(ShownSeries):
    """A series of an inventory. Its pictures are read from its files as they are now, and from nothing else's."""

    files_of: SeriesFiles = field(default_factory=SeriesFiles, repr=False, compare=False)

    def thumbnail(self, size: int | None = 256, *, show_values: bool = False) -> Picture:
        """Return the middle image, its longer side `size` pixels (32 to 2,048); with None, pixel by pixel.

        Where nothing can be drawn the picture says why. `show_values` puts SeriesDescription into the caption.
        Raises MissingExtraError without the extra `pixels`, and InventoryError where the inventory is closed.
        """
        from dicommap.model.extras import require_pixels

        require_pixels()
        from dicommap.pictures.thumbnails import make_thumbnail

        return make_thumbnail(self, self.files_of.of(self), size=size, show_values=show_values)

    def montage(
        self, n: int = 9, size: int = 128, *, show_values: bool = False, progress: ProgressOption = None
    ) -> Picture:
        """Return up to `n` evenly spaced images (1 to 400) in squares of `size` pixels; otherwise as a thumbnail.

        `progress` is told of images as that of a scan is of files.
        """
        from dicommap.model.extras import require_pixels

        require_pixels()
        from dicommap.pictures.thumbnails import make_montage

        with progress_reporter(progress, "images") as report:
            return make_montage(
                self, self.files_of.of(self), count=n, size=size, show_values=show_values, report=report
            )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PicturedStudy(ShownStudy):
    """A study of an inventory."""

    series: tuple[PicturedSeries, ...]

    def overview(self, size: int = 128, *, show_values: bool = False, progress: ProgressOption = None) -> Picture:
        """Return the middle image of each series, of at most 60, in squares of `size` pixels; else as a thumbnail.

        `progress` is told of series as that of a scan is of files.
        """
        from dicommap.model.extras import require_pixels

        require_pixels()
        from dicommap.pictures.thumbnails import make_study_overview

        members = [(one, one.files_of.of(one)) for one in self.series]
        with progress_reporter(progress, "series") as report:
            return make_study_overview(members, size=size, show_values=show_values, report=report)


class Studies(tuple[PicturedStudy, ...], Displayable):
    """Studies in order of their UIDs, held in memory."""

    _unmasked: bool

    def __new__(cls, studies: Iterable[PicturedStudy] = (), *, unmasked: bool = False) -> Self:
        """Take the studies; `unmasked` says whether text and HTML show patient values."""
        found = super().__new__(cls, studies)
        found._unmasked = unmasked
        return found

    def distinct(self, keyword: str) -> dict[str, int]:
        """Return the values of a captured attribute in these studies, each with its files, the most frequent first."""
        total: Counter[str] = Counter()
        for study in self:
            total.update(study.values[keyword])
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    def edit(self, **values: str) -> Callable[[Study], dict[str, str]]:
        """Return the edit that gives these studies new values, for `draft(by_study=...)`.

        `found.edit(PatientID="P-1", StudyTime="")` sets the one and empties the other.
        """
        uids = frozenset(study.study_instance_uid for study in self)

        def edit(study: Study) -> dict[str, str]:
            return values if study.study_instance_uid in uids else {}

        edit.__name__ = f"edit of {', '.join(values)}"
        return edit

    # A tuple has both of its own.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__

    def _build_report(self) -> Report:
        from dicommap.display.study_report import build_studies_report

        return build_studies_report(self, show_values=is_unmasked_in_repr(unmasked=self._unmasked))
