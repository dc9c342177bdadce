"""An S3 prefix as a source: every object below it, in the order in which S3 lists them."""

from __future__ import annotations

import threading
from queue import Full, Queue
from typing import TYPE_CHECKING

from dicommap.aws.bucket_listing import BucketLister, ListingPage
from dicommap.aws.client_errors import convert_client_errors
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DocumentError, SourceError
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import make_issue
from dicommap.model.study import Disposition, SourceFile
from dicommap.sources.s3.key_issues import KeyChecker
from dicommap.sources.s3.object_opener import S3Opener
from dicommap.sources.s3.s3_connection import S3Connection, require_s3_extra

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed import StrPath

    from dicommap.model.source_files import S3Object
    from dicommap.sources.s3.s3_inventory_list import S3InventoryList

PAGES_AHEAD = 100
"""Pages that are listed before anybody asks for them: some 50 MB."""

_POLL_SECONDS = 0.2
"""Seconds."""


class S3Prefix:
    """The objects below a prefix, or one single object.

    A prefix that is given without a slash at its end names what is below it, and never its siblings: of `s3://b/1.2.3`
    that is `1.2.3/...` and not `1.2.34/...`.
    """

    def __init__(
        self,
        text: str,
        *,
        profile: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        unsigned: bool = False,
    ) -> None:
        """Name the prefix, and how boto3 finds the way to it where that is not what its configuration says.

        Raises SourceError where it is no URI or nothing is there, AwsError where S3 refuses, and MissingExtraError.
        """
        uri = S3Uri.parse(text)
        if uri is None:
            raise SourceError(f"The source {text} is no S3 URI.", fix="Name it as in s3://bucket/prefix/.")
        require_s3_extra()
        asked = S3Connection(
            bucket=uri.bucket, profile=profile, region=region, endpoint_url=endpoint_url, unsigned=unsigned
        )
        with convert_client_errors("ListObjectsV2", f"s3://{uri.bucket}/"):
            self._lister = BucketLister(asked.client(), uri.bucket)
        self._uri, self._only = self._resolved(uri, is_open=bool(uri.prefix) and not text.endswith("/"))
        self._connection = asked.in_region(self._lister.region)
        self._ahead = _ListingAhead()
        self._inventory: S3InventoryList | None = None

    def __str__(self) -> str:
        return str(self._uri)

    def use_s3_inventory(self, manifest: StrPath) -> S3InventoryList:
        """Take the list of an S3 Inventory instead of listing; who asks for it closes it.

        `manifest` is the manifest.json, a path or an S3 URI, of files in CSV, Parquet or ORC. Raises DocumentError
        where it cannot be used, AwsError, and MissingExtraError where Parquet or ORC need pyarrow.
        """
        from dicommap.sources.s3.s3_inventory_list import S3InventoryList
        from dicommap.sources.s3.s3_inventory_manifest import read_s3_inventory_manifest

        found = read_s3_inventory_manifest(manifest, self._connection)
        if found.bucket != self._uri.bucket:
            raise DocumentError(
                f"The S3 Inventory is that of the bucket {make_printable(found.bucket)}, not of {self._uri.bucket}.",
                fix="Name the manifest of an inventory of the source's bucket.",
            )
        self._inventory = S3InventoryList(found, self._uri.prefix + (self._only or ""), self._connection)
        return self._inventory

    @property
    def opener(self) -> S3Opener:
        """Return what reads the objects, here or in another process."""
        return S3Opener(self._connection, self._uri.prefix)

    @property
    def requests(self) -> int:
        """Return how many requests listing has taken so far."""
        return self._lister.requests

    def overlaps(self, other: S3Prefix) -> bool:
        """Say whether an object of one source is one of the other as well."""
        ours, theirs = ((one._uri.bucket, one._uri.prefix + (one._only or "")) for one in (self, other))
        if ours[0] != theirs[0]:
            return False
        return ours[1].startswith(theirs[1]) or theirs[1].startswith(ours[1])

    def walk(self, *, without: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield every object once, in order of its key's bytes. No file on a disk is one of them. Raises AwsError.

        The next pages are listed meanwhile, in a thread.
        """
        del without
        if self._inventory is not None:
            yield from to_source_files(self._uri.prefix, self._inventory.objects())
            return
        if self._only is not None:
            yield from self._single(self._only)
            return
        yield from to_source_files(self._uri.prefix, self._ahead.objects(self._lister.pages(self._uri.prefix)))

    def count(self) -> Iterator[int]:
        """Yield how many objects the walk has listed since the last time, until all are; nothing is listed twice."""
        if self._inventory is not None:
            yield self._inventory.count()
        else:
            yield from self._ahead.counted()

    def _single(self, name: str) -> Iterator[SourceFile]:
        key = self._uri.prefix + name
        found = [one for one in self._lister.page(key, count=1).objects if one.key == key]
        yield from to_source_files(self._uri.prefix, self._ahead.objects(iter([ListingPage(found, None)])))

    def _resolved(self, uri: S3Uri, *, is_open: bool) -> tuple[S3Uri, str | None]:
        """Return the prefix, and the one object where the URI names that."""
        key = uri.prefix.removesuffix("/")
        below = bool(self._lister.page(uri.prefix, count=1).objects)
        single = is_open and any(one.key == key for one in self._lister.page(key, count=1).objects)
        if below and single:
            raise SourceError(
                f"{uri.bucket}/{key} is an object, and there are objects below it, too.",
                fix=f"End the URI with a slash for those below: {uri}.",
            )
        if not below and not single:
            raise SourceError(f"There is no object below {uri}.", fix="Check the bucket and the prefix.")
        if below:
            return uri, None
        above, slash, name = key.rpartition("/")
        return S3Uri(bucket=uri.bucket, prefix=above + slash), name


def to_source_files(prefix: str, objects: Iterable[S3Object]) -> Iterator[SourceFile]:
    """Yield what a walk gives for the objects below a prefix, in order of their keys."""
    keys = KeyChecker(prefix)
    begin = len(prefix)
    for key, size, etag, mtime_ns in objects:
        folder = not size and (key.endswith("/") or len(key) == begin)
        issues = keys.issues(key, folder=folder)
        yield SourceFile(
            path=key[begin:],
            size=size,
            mtime_ns=mtime_ns,
            etag=etag,
            disposition=Disposition.EMPTY if folder else None,
            issues=(*issues, make_issue("s3.folder-object")) if folder else issues,
        )


class _ListingAhead:
    """Listing that goes ahead of whoever takes the objects, and tells how far it is."""

    def __init__(self) -> None:
        self._listed = 0
        self._ended = threading.Event()

    def objects(self, pages: Iterator[ListingPage]) -> Iterator[S3Object]:
        """Yield the objects of pages that a thread asks for. What asking raises is raised here, in its place."""
        queue: Queue[ListingPage | BaseException | None] = Queue(PAGES_AHEAD)
        stopped = threading.Event()
        thread = threading.Thread(target=self._list, args=(pages, queue, stopped), daemon=True)
        thread.start()
        try:
            while (found := queue.get()) is not None:
                if isinstance(found, BaseException):
                    raise found
                yield from found.objects
        finally:
            stopped.set()
            self._ended.set()
            thread.join()

    def counted(self) -> Iterator[int]:
        """Yield how many objects were listed since the last time, now and then, until listing has ended."""
        told = 0
        while True:
            ended = self._ended.wait(_POLL_SECONDS)
            listed = self._listed
            yield listed - told
            told = listed
            if ended:
                return

    def _list(
        self, pages: Iterator[ListingPage], queue: Queue[ListingPage | BaseException | None], stopped: threading.Event
    ) -> None:
        try:
            for page in pages:
                self._listed += len(page.objects)
                if not _put(queue, page, stopped):
                    return
            _put(queue, None, stopped)
        except Exception as error:  # noqa: BLE001  it is raised where the objects are taken
            _put(queue, error, stopped)
        finally:
            self._ended.set()


def _put(
    queue: Queue[ListingPage | BaseException | None], item: ListingPage | BaseException | None, stopped: threading.Event
) -> bool:
    while not stopped.is_set():
        try:
            queue.put(item, timeout=_POLL_SECONDS)
        except Full:
            continue
        return True
    return False
