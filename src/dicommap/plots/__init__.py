"""Plots of an inventory as static SVG; each answers one question."""
