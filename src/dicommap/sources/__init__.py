"""Where P10 files are. So far: local trees, and lists of files below them."""

from dicommap.sources.listed import ListedFiles
from dicommap.sources.local import LocalTree
from dicommap.sources.source import Opener, Source

__all__ = ["LocalTree", "ListedFiles", "Source", "Opener"]
