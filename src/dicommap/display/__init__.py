"""What people and programs see: records of studies, series, instances, files and issues, as text and HTML.

Nothing in this room reads or writes a file.
"""
