"""Sources of DICOM files: local trees, file lists, archives and S3 prefixes."""

from dicommap.sources.file_list import FileList
from dicommap.sources.local_tree import LocalTree
from dicommap.sources.source import FileError, Opener, Source, hash_content

__all__ = [
    "Source",
    "Opener",
    "FileError",
    "hash_content",
    "LocalTree",
    "FileList",
]
