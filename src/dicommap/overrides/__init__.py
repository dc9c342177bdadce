"""Overrides: resolve edits into override files and mappings, and forecast their effect on image sets."""
