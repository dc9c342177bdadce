"""A source with the objects below an S3 prefix, in the order of an S3 listing."""

from __future__ import annotations

import threading
from queue import Full, Queue
from typing import TYPE_CHECKING

from dicommap.aws.bucket_listing import BucketLister, ListingPage
from dicommap.aws.client_errors import convert_client_errors
from dicommap.aws.clients import Clients
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import DocumentError, SourceError
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import make_issue
from dicommap.model.source_files import NetworkTraffic
from dicommap.model.study import Disposition, SourceFile
from dicommap.sources.growing_count import GrowingCount
from dicommap.sources.s3.key_issues import KeyChecker
from dicommap.sources.s3.object_opener import S3Opener
from dicommap.sources.s3.s3_connection import S3Connection, require_s3_extra
from dicommap.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed import StrPath

    from dicommap.model.source_files import S3Object
    from dicommap.sources.s3.s3_inventory_list import S3InventoryList

PAGES_AHEAD = 100
"""The maximum number of pages (of 1,000 objects) that are listed in advance. They take about 50 MB."""

_POLL_SECONDS = 0.2


class S3Prefix(Source):
    """A source with the objects below an S3 prefix, or with a single object.

    A prefix without a slash at its end gets one: `s3://bucket/1.2.3` means `1.2.3/...`, but not `1.2.34/...`.
    """

    waits_for_network = True

    def __init__(self, text: str, clients: Clients | None = None) -> None:
        """Open a prefix, and check that it has objects.

        Args:
            text: The S3 URI of the prefix or object.
            clients: The AWS credentials profile, the region and the endpoint. By default boto3 finds them.

        Raises:
            SourceError: The text is not an S3 URI, or no object has the prefix.
            AwsError: S3 denies access or cannot be reached.
            MissingExtraError: boto3 or obstore is not installed.

        """
        uri = S3Uri.parse(text)
        if uri is None:
            raise SourceError(f"The source {text} is no S3 URI.", fix="Name it as in s3://bucket/prefix/.")
        require_s3_extra()
        connection = S3Connection(bucket=uri.bucket, clients=clients or Clients())
        with convert_client_errors("ListObjectsV2", f"s3://{uri.bucket}/"):
            self._lister = BucketLister(connection.get_boto3_client(), uri.bucket)
        self._uri, self._only = self._find_prefix_and_name(uri, is_open=bool(uri.prefix) and not text.endswith("/"))
        self._connection = connection.in_region(self._lister.region)
        self._ahead = _BackgroundLister()
        self._inventory: S3InventoryList | None = None

    @property
    def root(self) -> str:
        """Return the S3 URI of the prefix, with a slash at its end."""
        return str(self._uri)

    def use_s3_inventory(self, manifest: StrPath) -> S3InventoryList:
        """Read an S3 Inventory and return its list. Later walks use this list and do not list the bucket.

        `close` deletes the list.

        Args:
            manifest: The path or S3 URI of the manifest.json. The data files may be CSV, Parquet or ORC.

        Raises:
            DocumentError: The S3 Inventory is damaged, or lists another bucket.
            AwsError: S3 denies access or cannot be reached.
            MissingExtraError: The data files are Parquet or ORC, and pyarrow is not installed.
        """
        from dicommap.sources.s3.s3_inventory_list import S3InventoryList
        from dicommap.sources.s3.s3_inventory_manifest import read_s3_inventory_manifest

        listed = read_s3_inventory_manifest(manifest, self._connection)
        if listed.bucket != self._uri.bucket:
            raise DocumentError(
                f"The S3 Inventory is of the bucket {make_printable(listed.bucket)}, not of {self._uri.bucket}.",
                fix="Name the manifest of an S3 Inventory of the source's bucket.",
            )
        self._inventory = S3InventoryList(listed, self._uri.prefix + (self._only or ""), self._connection)
        return self._inventory

    @property
    def opener(self) -> S3Opener:
        """Return the opener for the objects that `walk` yields."""
        return S3Opener(self._connection, self._uri.prefix)

    def traffic(self) -> NetworkTraffic:
        """Return the network traffic of listing so far: only the number of requests is known."""
        return NetworkTraffic(requests=self._lister.requests)

    def close(self) -> None:
        """Delete the temporary file with the list of an S3 Inventory, if there is one."""
        if self._inventory is not None:
            self._inventory.close()

    def overlaps(self, other: Source) -> bool:
        """Return whether both sources are in the same bucket and one prefix begins with the other."""
        if not isinstance(other, S3Prefix):
            return False
        ours, theirs = ((prefix._uri.bucket, prefix._uri.prefix + (prefix._only or "")) for prefix in (self, other))
        if ours[0] != theirs[0]:
            return False
        return ours[1].startswith(theirs[1]) or theirs[1].startswith(ours[1])

    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield each object once, in the order of the UTF-8 bytes of the keys. Raises AwsError.

        At the same time, a thread lists the next pages. `exclude` is ignored, because it names local files.
        """
        del exclude
        if self._inventory is not None:
            yield from make_source_files(self._uri.prefix, self._inventory.objects())
            return
        if self._only is not None:
            yield from self._list_single_object(self._only)
            return
        yield from make_source_files(self._uri.prefix, self._ahead.objects(self._lister.pages(self._uri.prefix)))

    def count(self) -> Iterator[int]:
        """Yield the number of objects listed since the last yield, until all objects are listed."""
        if self._inventory is not None:
            yield self._inventory.count_rows()
        else:
            yield from self._ahead.count.increases()

    def _list_single_object(self, name: str) -> Iterator[SourceFile]:
        """Yield the source's only object, or nothing if it was deleted."""
        key = self._uri.prefix + name
        objects = [listed for listed in self._lister.page(key, count=1).objects if listed.key == key]
        yield from make_source_files(self._uri.prefix, self._ahead.objects(iter([ListingPage(objects, None)])))

    def _find_prefix_and_name(self, uri: S3Uri, *, is_open: bool) -> tuple[S3Uri, str | None]:
        """Return the prefix of a source, and a name if the source is a single object. The name is None for a prefix.

        Args:
            uri: The URI of the source. For a single object, the prefix above the object is returned.
            is_open: Whether the URI has a key without a slash at its end, so that it may name an object.

        Raises:
            SourceError: No object has the key or the prefix, or the URI names both an object and a prefix.

        """
        key = uri.prefix.removesuffix("/")
        below = bool(self._lister.page(uri.prefix, count=1).objects)
        single = is_open and any(listed.key == key for listed in self._lister.page(key, count=1).objects)
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


def make_source_files(prefix: str, objects: Iterable[S3Object]) -> Iterator[SourceFile]:
    """Yield the source files of listed objects below a prefix, with the issues of their keys."""
    keys = KeyChecker(prefix)
    begin = len(prefix)
    for key, size, etag, mtime_ns in objects:
        folder = not size and (key.endswith("/") or len(key) == begin)
        issues = keys.check_next_key(key, folder=folder)
        yield SourceFile(
            path=key[begin:],
            size=size,
            mtime_ns=mtime_ns,
            etag=etag,
            disposition=Disposition.EMPTY if folder else None,
            issues=(*issues, make_issue("s3.folder-object")) if folder else issues,
        )


class _BackgroundLister:
    """A lister that lists pages in a thread before their objects are needed, and counts the listed objects."""

    def __init__(self) -> None:
        self.count = GrowingCount()
        """The number of objects listed so far."""

    def objects(self, pages: Iterator[ListingPage]) -> Iterator[S3Object]:
        """Yield the objects of pages that a thread lists. If the thread fails, raise its error after the objects."""
        queue: Queue[ListingPage | BaseException | None] = Queue(PAGES_AHEAD)
        stopped = threading.Event()
        thread = threading.Thread(target=self._queue_pages, args=(pages, queue, stopped), daemon=True)
        thread.start()
        try:
            while (page := queue.get()) is not None:
                if isinstance(page, BaseException):
                    raise page
                yield from page.objects
        finally:
            stopped.set()
            self.count.end()
            thread.join()

    def _queue_pages(
        self, pages: Iterator[ListingPage], queue: Queue[ListingPage | BaseException | None], stopped: threading.Event
    ) -> None:
        """Put the pages of a listing into the queue, then None; or the error. Runs in a thread."""
        try:
            for page in pages:
                self.count.add(len(page.objects))
                if not _try_put_into_queue(queue, page, stopped):
                    return
            _try_put_into_queue(queue, None, stopped)
        except Exception as error:  # noqa: BLE001  `objects` raises it
            _try_put_into_queue(queue, error, stopped)
        finally:
            self.count.end()


def _try_put_into_queue(
    queue: Queue[ListingPage | BaseException | None], item: ListingPage | BaseException | None, stopped: threading.Event
) -> bool:
    """Put an item into a queue that may be full. Return False if the listing was stopped before there was room."""
    while not stopped.is_set():
        try:
            queue.put(item, timeout=_POLL_SECONDS)
        except Full:
            continue
        return True
    return False
