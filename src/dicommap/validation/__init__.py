"""Checks of documents: against their JSON Schemas, on their own, and against each other.

The modules of this package read only the shipped JSON Schemas. They read and write no other file.
"""
