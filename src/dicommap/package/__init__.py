"""Package directories: read, write, submit and compare with S3."""

from dicommap.package.document_files import DocumentFolder, read_document
from dicommap.package.package_directory import read_override_data_sets
from dicommap.package.package_writer import write_package

__all__ = ["DocumentFolder", "read_override_data_sets", "read_document", "write_package"]
