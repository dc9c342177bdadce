"""Plots of an inventory as static SVG; each answers one question."""

from dicommap.plots.attribute_plot import plot_attributes
from dicommap.plots.modality_plot import plot_modalities
from dicommap.plots.svg import Plot
from dicommap.plots.timeline_plot import plot_timeline

__all__ = ["Plot", "plot_attributes", "plot_modalities", "plot_timeline"]
