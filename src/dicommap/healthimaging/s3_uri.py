"""The S3 URI that an import job reads, and the paths relative to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.healthimaging.limits import MAX_KEY_BYTES, MAX_S3_URI
from dicommap.issues import Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue

_URI = re.compile(
    r"s3://(?P<bucket>[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9])(?:/(?P<prefix>[^\n\r\u2028\u2029\ud800-\udfff]*))?"
)
_METADATA_FILE_PATH = re.compile(r"[!-~](?:[ -~]*[!-~])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Uri:
    """A bucket and a prefix; the prefix is empty or ends with a slash."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def key(self, path: str) -> str:
        """Return the object key of a path relative to this URI."""
        return self.prefix + path

    @classmethod
    def parse(cls, text: str) -> S3Uri | None:
        """Read a URI as AWS's service model takes it, adding the trailing slash; None where it is not one."""
        match = _URI.fullmatch(text)
        if match is None:
            return None
        prefix = match["prefix"] or ""
        uri = cls(bucket=match["bucket"], prefix=prefix if not prefix or prefix.endswith("/") else prefix + "/")
        return uri if len(str(uri)) <= MAX_S3_URI else None


def s3_uri_issues(text: str, location: Location) -> Iterator[Issue]:
    """Find what is wrong with an input URI."""
    uri = S3Uri.parse(text)
    if uri is None:
        yield make_issue("s3-uri.invalid", location)
        return
    problem = uri.prefix and _segment_problem(uri.prefix.removesuffix("/"))
    if problem:
        yield make_issue("s3-uri.prefix", location, problem=problem)
    if uri.prefix and not text.endswith("/"):
        yield make_issue("s3-uri.no-trailing-slash", location)


def metadata_path_issues(path: str, uri: S3Uri | None, location: Location) -> Iterator[Issue]:
    """Find what keeps a metadataFilePath from naming one file under the input URI."""
    if _METADATA_FILE_PATH.fullmatch(path) is None:
        yield make_issue("mapping.path", location, problem="characters that AWS's pattern does not take")
        return
    problem = _segment_problem(path)
    if problem:
        yield make_issue("mapping.path", location, problem=problem)
    length = len((uri.key(path) if uri else path).encode())
    if length > MAX_KEY_BYTES:
        yield make_issue("mapping.key-too-long", location, length=length, limit=MAX_KEY_BYTES)


def _segment_problem(path: str) -> str | None:
    if path.startswith("/"):
        return "a leading slash"
    if "\\" in path:
        return "a backslash"
    segments = path.split("/")
    if "" in segments:
        return "an empty segment"
    if "." in segments or ".." in segments:
        return "a segment '.' or '..'"
    return None
