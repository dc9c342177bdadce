"""S3 URIs and paths of override files: their issues; sets of S3 prefixes; a counter of the folders in object keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.healthimaging.limits import MAX_KEY_BYTES, MAX_S3_URI
from dicommap.issues import Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.issues import Issue


_URI = re.compile(
    r"s3://(?P<bucket>[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9])(?:/(?P<prefix>[^\n\r\u2028\u2029\ud800-\udfff]*))?"
)
_METADATA_FILE_PATH = re.compile(r"[!-~](?:[ -~]*[!-~])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Uri:
    """An S3 URI: a bucket, and a prefix that is empty or ends with a slash."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def key_of(self, path: str) -> str:
        """Return the object key of the file at `path`, which is relative to this URI."""
        return self.prefix + path

    @classmethod
    def parse(cls, text: str) -> S3Uri | None:
        """Parse an S3 URI, and add a slash to its end if it has a prefix without one.

        Returns None if the text does not match the pattern of AWS's service model, or is too long.
        """
        match = _URI.fullmatch(text)
        if match is None:
            return None
        prefix = match["prefix"] or ""
        uri = cls(bucket=match["bucket"], prefix=prefix if not prefix or prefix.endswith("/") else prefix + "/")
        return uri if len(str(uri)) <= MAX_S3_URI else None


def s3_uri_issues(text: str, location: Location, *, name: str = "S3 URI") -> Iterator[Issue]:
    """Yield the issues of a text that must be a valid inputS3Uri.

    Args:
        text: The text.
        location: The location of the text.
        name: The name of the text in messages, such as the option whose value it is.

    """
    uri = S3Uri.parse(text)
    if uri is None:
        yield make_issue("s3-uri.invalid", location, name=name)
        return
    problem = uri.prefix and _describe_path_problem(uri.prefix.removesuffix("/"))
    if problem:
        yield make_issue("s3-uri.prefix", location, problem=problem)
    if uri.prefix and not text.endswith("/"):
        yield make_issue("s3-uri.no-trailing-slash", location)


def metadata_path_issues(path: str, uri: S3Uri | None, location: Location) -> Iterator[Issue]:
    """Yield the issues of a metadataFilePath. It must be the path of a file below inputS3Uri.

    Args:
        path: The metadataFilePath.
        uri: The inputS3Uri; None if it is not known.
        location: The location of the path.

    """
    if _METADATA_FILE_PATH.fullmatch(path) is None:
        yield make_issue("mapping.path", location, problem="characters that AWS's pattern does not accept")
        return
    problem = _describe_path_problem(path)
    if problem:
        yield make_issue("mapping.path", location, problem=problem)
    length = len((uri.key_of(path) if uri else path).encode())
    if length > MAX_KEY_BYTES:
        yield make_issue("mapping.key-too-long", location, length=length, limit=MAX_KEY_BYTES)


def _describe_path_problem(path: str) -> str | None:
    """Return a description of the first problem of a path, such as an empty segment; None if it has no problem."""
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


class FolderCounter:
    """Counter of the different folders in object keys. The key `a/b/1.dcm` contains the folders `a/` and `a/b/`.

    The keys must be added in an order in which all keys of a folder are adjacent, such as the order of S3's listings.
    """

    def __init__(self) -> None:
        self.count = 0
        self._before: list[str] = []

    def add_key(self, key: str) -> None:
        """Count the folders of an object key. Folders of earlier keys are not counted again."""
        folders = key.split("/")[:-1]
        if folders != self._before:
            self.count += len(folders) - count_shared_folders(folders, self._before)
            self._before = folders


def count_folders(keys: Iterable[str]) -> int:
    """Return the number of different folders in object keys. All keys of a folder must be next to each other."""
    folders = FolderCounter()
    for key in keys:
        folders.add_key(key)
    return folders.count


def count_shared_folders(path: Sequence[str], other_path: Sequence[str]) -> int:
    """Return how many folders are equal at the start of two paths. A path is a list of folder names."""
    for depth, (folder, other_folder) in enumerate(zip(path, other_path, strict=False)):
        if folder != other_folder:
            return depth
    return min(len(path), len(other_path))


_SCHEME = "s3://"


class S3Prefixes:
    """A set of S3 prefixes, for testing whether an S3 URI is inside one of them or overlaps one of them."""

    def __init__(self, uris: Iterable[S3Uri]) -> None:
        self._prefixes = {str(uri) for uri in uris}
        self._around = {folder for prefix in self._prefixes for folder in _iterate_enclosing_prefixes(prefix)}

    def contains(self, uri: S3Uri) -> bool:
        """Return whether an S3 URI is equal to a prefix of the set, or is inside it."""
        return not self._prefixes.isdisjoint(_iterate_enclosing_prefixes(str(uri)))

    def overlaps(self, uri: S3Uri) -> bool:
        """Return whether an S3 URI is equal to a prefix of the set, is inside it, or contains it."""
        return str(uri) in self._around or self.contains(uri)


def _iterate_enclosing_prefixes(uri: str) -> Iterator[str]:
    """Yield an S3 URI, then all prefixes that contain it: for `s3://b/a/`, yield `s3://b/a/` and `s3://b/`."""
    end = len(uri)
    while end > len(_SCHEME):
        yield uri[:end]
        end = uri.rfind("/", 0, end - 1) + 1
