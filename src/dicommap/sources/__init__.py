"""Where P10 files are: local trees, lists of files below them, archives in either, and buckets of S3."""

from dicommap.sources.archives.error import ArchiveError
from dicommap.sources.archives.opener import ArchiveOpener, close_archives, hash_content
from dicommap.sources.archives.source import ArchiveSource
from dicommap.sources.listed import FileList
from dicommap.sources.local import LocalTree
from dicommap.sources.s3.opener import S3Opener
from dicommap.sources.s3.refusals import ObjectError
from dicommap.sources.source import Opener, Source

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
