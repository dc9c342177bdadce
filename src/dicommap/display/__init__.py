"""Output for people and programs: reports as HTML and text, records, CSV and JSON.

Nothing in this room reads or writes a file.
"""
