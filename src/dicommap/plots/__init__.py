"""Plots of inventories, forecasts, comparisons, plans and reconciliations, as static SVG."""
