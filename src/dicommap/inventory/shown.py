"""Inventories, and the studies, series and instances that they yield, as something to look at."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError
from dicommap.model.hierarchy import Instance, Series, Study
from dicommap.model.masking import shown_in_repr
from dicommap.render.shown import Shown, ShownInLists

if TYPE_CHECKING:
    import sqlite3
    from typing import Self

    from dicommap.render.overview import Numbers, Overview
    from dicommap.render.screen import Screen


class ShownInventory(Shown):
    """The reprs of an inventory. What they count is counted once: an open inventory does not change."""

    _connection: sqlite3.Connection
    keywords: tuple[str, ...]
    sources: tuple[str, ...]
    _unmasked = False
    _overview: Overview | None = None

    def unmasked(self) -> Self:
        """Return this inventory with patient values in its reprs, and in those of what it yields.

        It is the same open file: closing one closes both.
        """
        view = copy(self)
        view._unmasked = True
        return view

    def summary(self) -> Numbers:
        """Count what there is."""
        raise NotImplementedError

    def _screen(self) -> Screen:
        from dicommap.render.inventory_screen import inventory_screen, unreadable_screen

        try:
            if self._overview is None:
                self._overview = self._make_overview()
        except InventoryError as error:
            return unreadable_screen(str(error))
        return inventory_screen(self._overview, show_values=shown_in_repr(unmasked=self._unmasked))

    def _make_overview(self) -> Overview:
        from dicommap.inventory.overview import Glance
        from dicommap.render.overview import Overview

        glance = Glance(self._connection, self.keywords)
        return Overview(
            numbers=self.summary(),
            sources=self.sources,
            modalities=glance.modalities(),
            dates=glance.dates(),
            first=glance.read_first_studies(),
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownSeries(ShownInLists, Series):
    """A series of an inventory."""

    unmasked: bool = field(default=False, compare=False)
    """Whether its text and HTML show patient values; its repr never does."""

    def _line(self) -> str:
        from dicommap.render.group_screen import series_line

        return series_line(self)

    def _screen(self) -> Screen:
        from dicommap.render.group_screen import series_screen

        return series_screen(self, show_values=shown_in_repr(unmasked=self.unmasked))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownStudy(ShownInLists, Study):
    """A study of an inventory."""

    series: tuple[ShownSeries, ...]

    def _line(self) -> str:
        from dicommap.render.group_screen import study_line

        return study_line(self)

    def _screen(self) -> Screen:
        from dicommap.render.group_screen import study_screen

        unmasked = any(series.unmasked for series in self.series)
        return study_screen(self, show_values=shown_in_repr(unmasked=unmasked))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ShownInstance(ShownInLists, Instance):
    """One file of an inventory that holds an instance. Nothing of it is ever masked."""

    def _line(self) -> str:
        from dicommap.render.group_screen import instance_line

        return instance_line(self)

    def _screen(self) -> Screen:
        from dicommap.render.group_screen import instance_screen

        return instance_screen(self)
