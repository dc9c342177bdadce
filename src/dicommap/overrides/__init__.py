"""Overrides: the changes that edits make, with their files and mappings, and a forecast of the resulting image sets."""
