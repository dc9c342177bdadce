"""Places that hold DICOM files: local trees, file lists, archives, and S3 prefixes."""

from dicommap.sources.archives.archive_source import ArchiveOpener, ArchiveSource, close_archives, hash_content
from dicommap.sources.file_list import FileList
from dicommap.sources.local_tree import LocalTree
from dicommap.sources.s3.object_opener import S3Opener
from dicommap.sources.s3.s3_errors import ObjectError
from dicommap.sources.source import ArchiveError, Opener, Source

__all__ = [
    "LocalTree",
    "FileList",
    "ArchiveSource",
    "ArchiveOpener",
    "ArchiveError",
    "close_archives",
    "hash_content",
    "S3Opener",
    "ObjectError",
    "Source",
    "Opener",
]
