"""The plots of an inventory, each made when it is asked for by one pass over the studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.model.hierarchy import Study
    from dicommap.pictures.plots import Plot


class Plots:
    """Plots that answer one question each. They need no extra, and read no file but the inventory."""

    __slots__ = ("_studies",)

    def __init__(self, studies: Callable[[], Iterator[Study]]) -> None:
        self._studies = studies

    def modalities(self) -> Plot:
        """Return the instances and bytes of each modality."""
        from dicommap.pictures.plots import modalities_plot

        return modalities_plot(self._studies())

    def timeline(self, *, show_values: bool = False) -> Plot:
        """Return the studies of each year; with `show_values` of each month or day, which may tell a patient's date."""
        from dicommap.pictures.plots import timeline_plot

        return timeline_plot(self._studies(), show_values=show_values)

    def attributes(self) -> Plot:
        """Return a heat map of missing and inconsistent attributes by modality."""
        from dicommap.pictures.plots import attributes_plot

        return attributes_plot(self._studies())
