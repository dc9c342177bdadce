"""Where P10 files are. So far: local trees."""

from dicommap.sources.local import LocalTree

__all__ = ["LocalTree"]
