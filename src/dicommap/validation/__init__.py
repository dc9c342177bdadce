"""Checks of documents: against their JSON Schemas, on their own, and against each other.

These modules read only the shipped JSON Schemas. They read and write no other file.
"""
