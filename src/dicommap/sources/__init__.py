"""Where P10 files are: local trees, lists of files below them, archives in either, and buckets of S3."""

from dicommap.sources.archives.archive_source import ArchiveOpener, close_archives, hash_content
from dicommap.sources.archives.archive_source_sources_archives_source_part import ArchiveSource
from dicommap.sources.file_list import FileList
from dicommap.sources.local_tree import LocalTree
from dicommap.sources.s3.object_opener import S3Opener
from dicommap.sources.s3.s3_errors import ObjectError
from dicommap.sources.source import Opener, Source
from dicommap.sources.source_sources_archives_error_part import ArchiveError

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
