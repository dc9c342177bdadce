"""Checks of the documents of a package: against their JSON Schemas, each alone, and against each other.

These modules read the JSON Schemas that dicommap ships. They read and write no other file.
"""
