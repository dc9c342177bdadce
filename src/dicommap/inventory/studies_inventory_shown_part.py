"""Inventories, and the studies, series and instances that they yield, as something to look at."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.display.displayable import Displayable, DisplayableInLists
from dicommap.errors import InventoryError
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.model.study import Instance, Series, Study

if TYPE_CHECKING:
    import sqlite3
    from typing import Self

    from dicommap.display.inventory_report_render_overview_part import InventoryCounts, InventoryOverview
    from dicommap.display.report import Report


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

    def _screen(self) -> Report:
        from dicommap.display.inventory_report import build_inventory_report, build_unreadable_report

        try:
            if self._overview is None:
                self._overview = self._make_overview()
        except InventoryError as error:
            return build_unreadable_report(str(error))
        return build_inventory_report(self._overview, show_values=is_unmasked_in_repr(unmasked=self._unmasked))

    def _make_overview(self) -> InventoryOverview:
        from dicommap.display.inventory_report_render_overview_part import InventoryOverview
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

    def _screen(self) -> Report:
        from dicommap.display.study_report import build_series_report

        return build_series_report(self, show_values=is_unmasked_in_repr(unmasked=self.unmasked))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownStudy(DisplayableInLists, Study):
    """A study of an inventory."""

    series: tuple[ShownSeries, ...]

    def _line(self) -> str:
        from dicommap.display.study_report import format_study_line

        return format_study_line(self)

    def _screen(self) -> Report:
        from dicommap.display.study_report import build_study_report

        unmasked = any(series.unmasked for series in self.series)
        return build_study_report(self, show_values=is_unmasked_in_repr(unmasked=unmasked))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownInstance(DisplayableInLists, Instance):
    """One file of an inventory that holds an instance. Nothing of it is ever masked."""

    def _line(self) -> str:
        from dicommap.display.study_report import format_instance_line

        return format_instance_line(self)

    def _screen(self) -> Report:
        from dicommap.display.study_report import build_instance_report

        return build_instance_report(self)
