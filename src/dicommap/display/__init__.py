"""Output for people and programs: reports as HTML and text, records, CSV and JSON.

No module of this package reads or writes a file.
"""
