"""Plots of an inventory as static SVG: modalities, timeline, missing and inconsistent attributes."""
