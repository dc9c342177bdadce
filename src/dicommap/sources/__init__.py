"""Where P10 files are: local trees, lists of files below them, and archives in either."""

from dicommap.sources.archive_error import ArchiveError
from dicommap.sources.archive_opener import ArchiveOpener, close_archives, digest_of, expecting
from dicommap.sources.archives import WithArchives
from dicommap.sources.listed import ListedFiles
from dicommap.sources.local import LocalTree
from dicommap.sources.source import Opener, Source

__all__ = [
    "LocalTree",
    "ListedFiles",
    "WithArchives",
    "ArchiveOpener",
    "ArchiveError",
    "close_archives",
    "digest_of",
    "expecting",
    "Source",
    "Opener",
]
