"""Plots that answer one question each, as static SVG that needs no library to make and none to show."""

from dicommap.plots.attribute_plot import plot_attributes
from dicommap.plots.modality_plot import plot_modalities
from dicommap.plots.svg_pictures_plots_plot_part import Plot
from dicommap.plots.timeline_plot import plot_timeline

__all__ = ["Plot", "plot_attributes", "plot_modalities", "plot_timeline"]
