"""Packages on disk: written whole or not at all, and read a file at a time."""

from dicommap.package.overrides import read_override_data_sets
from dicommap.package.reading import DocumentFolder, read_document
from dicommap.package.writing import write_package

__all__ = ["DocumentFolder", "read_override_data_sets", "read_document", "write_package"]
