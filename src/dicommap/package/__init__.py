"""Packages on disk: written whole or not at all, and read a file at a time."""

from dicommap.package.document_files import DocumentFolder, read_document
from dicommap.package.package_directory_package_overrides_part import read_override_data_sets
from dicommap.package.package_writer import write_package

__all__ = ["DocumentFolder", "read_override_data_sets", "read_document", "write_package"]
