"""The S3 prefixes of a plan's source roots, relative to the inputS3Uri of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.healthimaging.s3_uri import S3Uri, count_shared_folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SCHEME = "s3://"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePrefixes:
    """The S3 prefixes of the sources, relative to one base."""

    offsets: tuple[str, ...]
    """For each source its folder under the base: empty for the base itself, or ends with a slash."""
    source_uris: tuple[S3Uri, ...]
    """Prefixes where source files are or will be. A staging prefix must not overlap them."""
    is_outside: bool
    """Whether a source is in S3 but not under the base."""

    @classmethod
    def of(cls, roots: Iterable[str], base: S3Uri) -> SourcePrefixes:
        """Return the prefixes of these roots. A local tree has the base as its prefix."""
        offsets, source_uris, is_outside = [], [], False
        for root in roots:
            uri = parse_s3_root(root)
            offset = "" if uri is None else _offset(uri, base)
            is_outside = is_outside or offset is None
            offsets.append(offset or "")
            source_uris.append(S3Uri(bucket=base.bucket, prefix=base.prefix + (offset or "")))
            source_uris += [uri] if uri is not None and offset is None else []
        return cls(offsets=tuple(offsets), source_uris=tuple(dict.fromkeys(source_uris)), is_outside=is_outside)


def common_prefix(roots: Sequence[str]) -> S3Uri | None:
    """Return the longest prefix that all roots are under; None if they are not all in one S3 bucket."""
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


def parse_s3_root(root: str) -> S3Uri | None:
    """Return the URI of a root in S3; None for a local tree."""
    return S3Uri.parse(root) if is_s3_root(root) else None


def is_s3_root(root: str) -> bool:
    """Return whether a root begins with `s3://`, in any letter case."""
    return root[: len(_SCHEME)].lower() == _SCHEME


def prefixes_overlap(one: S3Uri, other: S3Uri) -> bool:
    """Return whether an object can be under both prefixes."""
    return one.bucket == other.bucket and (one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix))


def _offset(uri: S3Uri, base: S3Uri) -> str | None:
    below = uri.bucket == base.bucket and uri.prefix.startswith(base.prefix)
    return uri.prefix.removeprefix(base.prefix) if below else None
