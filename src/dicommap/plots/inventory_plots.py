"""The plots of an inventory. Each plot is drawn when its method is called."""

from __future__ import annotations

from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import InventoryError
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.progress import progress_reporter, track_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.model.study import Study
    from dicommap.plots.svg import Plot
    from dicommap.progress import ProgressOption


class InventoryPlots:
    """The plots of an inventory. They need no extra, and read only the inventory file.

    A notebook displays all plots. In each method, `progress` reports the number of studies that are read; see `scan`.
    """

    __slots__ = ("_count", "_studies", "_unmasked")

    def __init__(
        self, studies: Callable[[], Iterator[Study]], count: Callable[[], int], *, unmasked: bool = False
    ) -> None:
        self._studies = studies
        self._count = count
        self._unmasked = unmasked

    def __repr__(self) -> str:
        return "Plots of an inventory: modalities(), timeline() and attributes(); save('PLOT.svg') writes one."

    def _repr_html_(self) -> str:
        try:
            plots = (self.modalities(), self.timeline(), self.attributes())
        except InventoryError as error:  # to display an object must not raise an error
            return f"<p>{escape(make_printable(str(error)))}</p>"
        return "".join(plot._repr_html_() for plot in plots)

    def modalities(self, *, progress: ProgressOption = None) -> Plot:
        """Return a bar chart of the instances and bytes of each modality."""
        from dicommap.plots.modality_plot import plot_modalities

        with self._open_studies_with_progress(progress) as studies:
            return plot_modalities(studies)

    def timeline(self, *, show_values: bool | None = None, progress: ProgressOption = None) -> Plot:
        """Return a bar chart of the number of studies over time, by StudyDate.

        Args:
            show_values: Whether a bar may stand for a day or a month, which may identify a patient. If False, a bar
                stands for a year, decade or century. None means True for `inventory.unmasked()` and after
                `dicommap.show_values(True)`, else False.
            progress: Reports the number of studies that are read; see `scan`.
        """
        from dicommap.plots.timeline_plot import plot_timeline

        if show_values is None:
            show_values = is_unmasked_in_repr(unmasked=self._unmasked)
        with self._open_studies_with_progress(progress) as studies:
            return plot_timeline(studies, show_values=show_values)

    def attributes(self, *, progress: ProgressOption = None) -> Plot:
        """Return a heat map of the captured attributes: how often each is missing or inconsistent, for each modality.

        See `dicommap.plots.attribute_gaps_plot` for details.
        """
        from dicommap.plots.attribute_gaps_plot import plot_attribute_gaps

        with self._open_studies_with_progress(progress) as studies:
            return plot_attribute_gaps(studies)

    @contextmanager
    def _open_studies_with_progress(self, progress: ProgressOption) -> Iterator[Iterator[Study]]:
        with progress_reporter(progress, "studies") as report:
            yield track_progress(self._studies(), report, None if report is None else self._count())
