"""Many S3 prefixes, and whether one more overlaps any of them: looked up, not compared with each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.healthimaging.s3_uri import S3Uri

_SCHEME = "s3://"


class S3Prefixes:
    """A set of prefixes."""

    def __init__(self, uris: Iterable[S3Uri]) -> None:
        self._prefixes = {str(uri) for uri in uris}
        self._around = {folder for prefix in self._prefixes for folder in _enclosing_prefixes(prefix)}

    def hold(self, uri: S3Uri) -> bool:
        """Return whether a URI is one of the prefixes or inside one."""
        return not self._prefixes.isdisjoint(_enclosing_prefixes(str(uri)))

    def overlap(self, uri: S3Uri) -> bool:
        """Return whether a URI is inside one of the prefixes, or one of them is inside it."""
        return str(uri) in self._around or self.hold(uri)


def _enclosing_prefixes(uri: str) -> Iterator[str]:
    """Yield a URI that ends with a slash, and all that are around it: s3://b/a/, s3://b/."""
    end = len(uri)
    while end > len(_SCHEME):
        yield uri[:end]
        end = uri.rfind("/", 0, end - 1) + 1
