"""The S3 prefixes of source roots, relative to the inputS3Uri of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.healthimaging.s3_uri import S3Uri, count_shared_folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SCHEME = "s3://"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePrefixes:
    """The S3 prefixes of the sources, relative to a base prefix."""

    offsets: tuple[str, ...]
    """The folder of each source, relative to the base prefix.

    A folder ends with a slash. It is empty if the source is the base prefix itself.
    """
    source_uris: tuple[S3Uri, ...]
    """The S3 prefixes of the source files. A staging prefix must not overlap any of them."""
    is_outside: bool
    """Whether a source is in S3 but not under the base prefix."""

    @classmethod
    def from_roots(cls, roots: Iterable[str], base: S3Uri) -> SourcePrefixes:
        """Return the prefixes of source roots. The prefix of a local directory is `base`, the target of its files."""
        offsets, source_uris, is_outside = [], [], False
        for root in roots:
            uri = parse_s3_root(root)
            offset = "" if uri is None else _find_folder_below(uri, base)
            is_outside = is_outside or offset is None
            offsets.append(offset or "")
            source_uris.append(S3Uri(bucket=base.bucket, prefix=base.prefix + (offset or "")))
            source_uris += [uri] if uri is not None and offset is None else []
        return cls(offsets=tuple(offsets), source_uris=tuple(dict.fromkeys(source_uris)), is_outside=is_outside)


def find_common_prefix(roots: Sequence[str]) -> S3Uri | None:
    """Return the longest S3 prefix that contains all roots. Return None if they are not all in one bucket."""
    uris = [parse_s3_root(root) for root in roots]
    first = uris[0] if uris else None
    if first is None:
        return None
    folders = first.prefix.split("/")[:-1]
    for uri in uris[1:]:
        if uri is None or uri.bucket != first.bucket:
            return None
        folders = folders[: count_shared_folders(folders, uri.prefix.split("/")[:-1])]
    return S3Uri(bucket=first.bucket, prefix="".join(f"{folder}/" for folder in folders))


def has_only_local_roots(roots: Sequence[str]) -> bool:
    """Return whether all source roots are local."""
    return not any(map(is_s3_root, roots))


def parse_s3_root(root: str) -> S3Uri | None:
    """Return the S3 URI of a source root. Return None if the root is local, or not a valid URI."""
    return S3Uri.parse(root) if is_s3_root(root) else None


def is_s3_root(root: str) -> bool:
    """Return whether a source root begins with `s3://`, in upper or lower case."""
    return root[: len(_SCHEME)].lower() == _SCHEME


def prefixes_overlap(uri: S3Uri, other: S3Uri) -> bool:
    """Return whether two S3 prefixes overlap: an object can be under both."""
    return uri.bucket == other.bucket and (uri.prefix.startswith(other.prefix) or other.prefix.startswith(uri.prefix))


def _find_folder_below(uri: S3Uri, base: S3Uri) -> str | None:
    """Return the path of an S3 prefix relative to a base prefix; None if it is not below the base."""
    below = uri.bucket == base.bucket and uri.prefix.startswith(base.prefix)
    return uri.prefix.removeprefix(base.prefix) if below else None
