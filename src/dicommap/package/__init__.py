"""Packages on disk: written whole or not at all, and read back as their documents."""

from dicommap.package.reading import read_package
from dicommap.package.writing import write_package

__all__ = ["read_package", "write_package"]
