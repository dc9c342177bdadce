"""Plots that answer one question each, as static SVG that needs no library to make and none to show."""

from dicommap.pictures.plots.attributes import plot_attributes
from dicommap.pictures.plots.modalities import plot_modalities
from dicommap.pictures.plots.plot import Plot
from dicommap.pictures.plots.timeline import plot_timeline

__all__ = ["Plot", "plot_attributes", "plot_modalities", "plot_timeline"]
