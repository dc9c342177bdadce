"""From sheets, rules, lookups and functions to edits, from edits to overrides, mappings and the plan.

Nothing in this room reads or writes a file.
"""
