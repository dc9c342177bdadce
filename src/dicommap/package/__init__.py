"""Packages on disk: written whole or not at all, and read a file at a time."""

from dicommap.package.overrides import planned_overrides
from dicommap.package.reading import Folder, read_document
from dicommap.package.writing import write_package

__all__ = ["Folder", "planned_overrides", "read_document", "write_package"]
