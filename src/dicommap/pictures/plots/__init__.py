"""Plots that answer one question each, as static SVG that needs no library to make and none to show."""

from dicommap.pictures.plots.attributes import attributes_plot
from dicommap.pictures.plots.modalities import modalities_plot
from dicommap.pictures.plots.plot import Plot
from dicommap.pictures.plots.timeline import timeline_plot

__all__ = ["Plot", "attributes_plot", "modalities_plot", "timeline_plot"]
