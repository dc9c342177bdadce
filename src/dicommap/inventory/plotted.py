"""The plots of an inventory, each made when it is asked for by one pass over the studies."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicommap.progress import followed, reporting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.model.hierarchy import Study
    from dicommap.pictures.plots import Plot
    from dicommap.progress import Asked


class Plots:
    """Plots that answer one question each. They need no extra, and read no file but the inventory.

    `progress` is told of studies as that of a scan is of files.
    """

    __slots__ = ("_count", "_studies")

    def __init__(self, studies: Callable[[], Iterator[Study]], count: Callable[[], int]) -> None:
        self._studies = studies
        self._count = count

    def modalities(self, *, progress: Asked = None) -> Plot:
        """Return the instances and bytes of each modality."""
        from dicommap.pictures.plots import modalities_plot

        with self._with_progress(progress) as studies:
            return modalities_plot(studies)

    def timeline(self, *, show_values: bool = False, progress: Asked = None) -> Plot:
        """Return the studies of each year; with `show_values` of each month or day, which may tell a patient's date."""
        from dicommap.pictures.plots import timeline_plot

        with self._with_progress(progress) as studies:
            return timeline_plot(studies, show_values=show_values)

    def attributes(self, *, progress: Asked = None) -> Plot:
        """Return a heat map of missing and inconsistent attributes by modality."""
        from dicommap.pictures.plots import attributes_plot

        with self._with_progress(progress) as studies:
            return attributes_plot(studies)

    @contextmanager
    def _with_progress(self, asked: Asked) -> Iterator[Iterator[Study]]:
        with reporting(asked, "studies") as report:
            yield followed(self._studies(), report, None if report is None else self._count())
