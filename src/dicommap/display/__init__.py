"""Output for people and programs: reports as HTML and text; records as CSV and JSON.

No module of this package reads or writes files.
"""
