"""A source that yields the stored instances of a HealthImaging data store, image set by image set in order of creation.

SearchImageSets lists the image sets with their versions. An image set is read only if no earlier inventory has its
current version. Several threads read image sets. The metadata of an image set contains the headers of all its
instances, so the walk makes the headers, and the opener only returns them.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import ACCESS_DENIED_CODES
from dicommap.aws.clients import Clients
from dicommap.aws.image_sets import ImageSets
from dicommap.aws.metadata_bodies import decompress_metadata
from dicommap.dicom.printable_text import make_printable
from dicommap.errors import AwsError, SourceError, UsageError
from dicommap.healthimaging.data_stores import (
    DATA_STORE_SCHEME,
    ImageSetEtag,
    image_set_path,
    parse_data_store_id,
)
from dicommap.healthimaging.limits import describe_uid_mapping_problem
from dicommap.issues import make_issue
from dicommap.model.source_files import NetworkTraffic, clamp_time_ns
from dicommap.model.study import Disposition, SourceFile
from dicommap.reading.parallel_calls import ParallelCalls
from dicommap.sources.growing_count import GrowingCount
from dicommap.sources.healthimaging.stored_headers import StoredHeaderReader
from dicommap.sources.source import NO_TRAFFIC, FileError, Opener, Source, make_rejected_file
from dicommap.verification.stored_metadata import UnreadableMetadataError, read_stored_image_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dicommap.healthimaging.image_sets import ImageSetSummary
    from dicommap.issues import Issue
    from dicommap.model.source_files import ListedDirectory
    from dicommap.p10 import Header, ReadAt, RejectedFile
    from dicommap.reading.parallel_calls import ParallelCalls as Calls
    from dicommap.sources.source import FindKnownDirectory, HeaderResult, ReadHeader

REQUESTS_AT_ONCE = 8
"""Number of image sets whose metadata is fetched at the same time: enough for AWS's limit of 50 in a second."""
MAX_BODIES_KEPT = 2 * REQUESTS_AT_ONCE
"""Maximum number of fetched image sets that wait in memory until they are read. They are compressed."""
DENIALS_LIMIT = 8
"""AwsError is raised if this number of image sets in a row cannot be read because a permission is missing."""

_IMAGE_SETS_REMEMBERED = 10_000
"""Number of image sets whose ids are remembered. If the search yields one of them again, it is not read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStoreOptions:
    """Options for scanning a data store."""

    keywords: tuple[str, ...] = ()
    """The captured attributes."""
    studies: tuple[str, ...] = ()
    """The Study Instance UIDs of the studies to scan; empty for all studies."""
    metadata_rate: float | None = None
    """The limit of GetImageSetMetadata calls per second; None for the documented limit."""
    search_rate: float | None = None
    """The limit of SearchImageSets calls per second; None for the documented limit."""


class StoredInstanceFile(SourceFile):
    """One stored instance, with the header that the walk has read from the metadata of its image set."""

    header: Header | RejectedFile | None = None
    """The header. None if the image set is in an earlier inventory, so that it was not read."""


@dataclass(frozen=True, slots=True)
class _ListedImageSet:
    """An image set that the search has found, and its instances if an earlier inventory has this version of it."""

    summary: ImageSetSummary
    known: Sequence[SourceFile] | None

    @property
    def path(self) -> str:
        return image_set_path(self.summary.imageSetId, is_primary=self.summary.isPrimary)

    @property
    def time_ns(self) -> int:
        """Return the time of the last change of the image set, in nanoseconds since 1970; 0 if AWS gave no time."""
        updated = self.summary.updatedAt or self.summary.createdAt
        return 0 if updated is None else clamp_time_ns(_convert_to_nanoseconds(updated))


class DataStore(Source):
    """A source with the stored instances of a data store, or of some of its studies."""

    directories_have_versions = True

    def __init__(self, text: str, options: DataStoreOptions | None = None, clients: Clients | None = None) -> None:
        """Open a data store. No request is sent before the walk.

        Args:
            text: The root, such as `healthimaging:` and the id of the data store.
            options: The attributes and studies to read, and the rates of requests.
            clients: The AWS credentials profile, the region and the endpoint. By default boto3 finds them.

        Raises:
            SourceError: The id of the data store is not valid.
            UsageError: A Study Instance UID is not valid.

        """
        options = options or DataStoreOptions()
        data_store = parse_data_store_id(text)
        if data_store is None:
            raise SourceError(
                f"{make_printable(text)} does not name a data store.",
                fix=f"Name it as {DATA_STORE_SCHEME}DATASTOREID. The id has 32 digits and small letters; "
                "'aws medical-imaging list-datastores' lists the ids.",
            )
        for study in options.studies:
            problem = describe_uid_mapping_problem(study)
            if problem:
                raise UsageError(
                    f"The Study Instance UID {make_printable(study)!r} {problem}.", fix="Give the UIDs of studies."
                )
        self.data_store = data_store
        self._options = options
        self._service = ImageSets(
            clients or Clients(), metadata_rate=options.metadata_rate, search_rate=options.search_rate
        )
        self._headers = StoredHeaderReader(options.keywords)
        self._received = self._denials = 0
        self._count = GrowingCount()
        """The number of instances that the walk has found so far."""

    @property
    def root(self) -> str:
        """Return `healthimaging:` and the id of the data store."""
        return DATA_STORE_SCHEME + self.data_store

    @property
    def opener(self) -> Opener:
        """Return the opener of stored instances. It returns the headers that the walk has read."""
        return _StoredInstanceOpener({})

    def traffic(self) -> NetworkTraffic:
        """Return the number of requests, and of the bytes of metadata that were received."""
        return NetworkTraffic(requests=self._service.requests, received=self._received)

    def count(self) -> Iterator[int]:
        """Yield the number of instances that the walk has found since the last yield, until it ends.

        HealthImaging does not tell how many instances a data store has.
        """
        return self._count.increases()

    def walk(self, *, exclude: frozenset[Path] = frozenset()) -> Iterator[SourceFile]:
        """Yield each stored instance, and a file with an issue for each image set that cannot be read.

        Raises AwsError.
        """
        for file in self.walk_with_directories(exclude=exclude):
            if isinstance(file, SourceFile):
                yield file

    def walk_with_directories(
        self, *, exclude: frozenset[Path] = frozenset(), find_known: FindKnownDirectory | None = None
    ) -> Iterator[SourceFile | ListedDirectory]:
        """Yield each stored instance, and a file with an issue for each image set that cannot be read.

        Args:
            exclude: It is ignored, because it names local files.
            find_known: A function that takes the path of an image set and its version. It returns the instances if an
                earlier inventory has all of them.

        Raises:
            AwsError: AWS cannot be reached, the data store does not exist, or a permission is missing.

        """
        del exclude
        try:
            with ParallelCalls(REQUESTS_AT_ONCE, kept=MAX_BODIES_KEPT) as calls:
                yield from self._read_image_sets(calls, find_known)
        finally:
            self._count.end()

    def _read_image_sets(self, calls: Calls, find_known: FindKnownDirectory | None) -> Iterator[SourceFile]:
        """Yield the instances of all image sets. `calls` fetches metadata of several image sets at once."""
        listed = self._list_image_sets(find_known)
        for image_set, body in calls.map(self._fetch_metadata, listed, first_threads=REQUESTS_AT_ONCE):
            for file in self._list_instance_files(image_set, body):
                self._count.add(1)
                yield file

    def _list_image_sets(self, find_known: FindKnownDirectory | None) -> Iterator[_ListedImageSet]:
        """Yield each image set once, in the order of its creation: a later update does not change this order."""
        remembered: OrderedDict[str, None] = OrderedDict()
        for summary in self._search_image_sets():
            if summary.imageSetId in remembered:
                continue
            remembered[summary.imageSetId] = None
            if len(remembered) > _IMAGE_SETS_REMEMBERED:
                remembered.popitem(last=False)
            known = None
            if find_known is not None and summary.version is not None:
                path = image_set_path(summary.imageSetId, is_primary=summary.isPrimary)
                known = find_known(path, summary.version)
            yield _ListedImageSet(summary, None if known is None else known.files)

    def _search_image_sets(self) -> Iterator[ImageSetSummary]:
        """Yield the image sets that AWS lists for the data store, or for the studies to scan. Some may be repeated."""
        if not self._options.studies:
            yield from self._service.search(self.data_store, {}, oldest_first=True)
        for study in dict.fromkeys(self._options.studies):
            yield from self._service.search(self.data_store, {"StudyInstanceUID": study}, oldest_first=True)

    def _fetch_metadata(self, image_set: _ListedImageSet) -> tuple[_ListedImageSet, bytes | AwsError | None]:
        """Return an image set and its compressed metadata, or the error of AWS. A known image set is not fetched.

        Raises AwsError if the error affects all image sets.
        """
        if image_set.known is not None:
            return image_set, None
        version = image_set.summary.version
        try:
            # With the version, the metadata is that of the listed version even if the image set is changed now.
            return image_set, self._service.fetch_metadata(
                self.data_store, image_set.summary.imageSetId, None if version is None else str(version)
            )
        except AwsError as error:
            if not error.local:
                raise
            return image_set, error

    def _list_instance_files(self, image_set: _ListedImageSet, body: bytes | AwsError | None) -> Iterable[SourceFile]:
        """Return the instances of an image set as files.

        `body` is the result of `_fetch_metadata`: the compressed metadata, None for a known image set, or an error. For
        an error, one file with an issue is returned.
        """
        if body is None:
            return image_set.known or ()
        if isinstance(body, AwsError):
            self._record_denial(body)
            return (_make_unreadable_file(image_set, body),)
        self._denials = 0
        self._received += len(body)
        return self._read_instance_files(image_set, body)

    def _read_instance_files(self, image_set: _ListedImageSet, body: bytes) -> Iterator[SourceFile]:
        """Yield the instances of an image set, or one file that says why the metadata cannot be used."""
        summary = image_set.summary
        try:
            document = read_stored_image_set(decompress_metadata(body, summary.imageSetId), summary.imageSetId)
            count = sum(1 for _ in document.instance_uids())
            if not count:
                raise UnreadableMetadataError("it has no instances")
        except AwsError as error:
            yield _make_unreadable_file(image_set, error)
            return
        except UnreadableMetadataError as error:
            issue = make_issue("image-set.malformed", reason=error)
            yield _make_rejected_file(image_set, Disposition.MALFORMED, issue)
            return
        etag = "" if summary.version is None else str(ImageSetEtag(summary.version, count))
        names: set[str] = set()
        for number, (uid, header) in enumerate(self._headers.read_headers(document), 1):
            name = f"instance-{number}" if uid in names or describe_uid_mapping_problem(uid) else uid
            names.add(uid)
            file = StoredInstanceFile(f"{image_set.path}/{name}", 0, image_set.time_ns, etag)
            file.header = header
            yield file

    def _record_denial(self, error: AwsError) -> None:
        """Count an image set that the caller may not read.

        Raise `error` if this happens DENIALS_LIMIT times in a row.
        """
        self._denials = self._denials + 1 if error.code in ACCESS_DENIED_CODES else 0
        if self._denials >= DENIALS_LIMIT:
            raise error


class _StoredInstanceOpener(Opener):
    """An opener that returns the headers that the walk has read. The content of stored instances cannot be opened."""

    def __init__(self, headers: Mapping[str, Header | RejectedFile]) -> None:
        self._headers = headers

    def open(self, path: str) -> AbstractContextManager[ReadAt]:
        """Raise FileError: only the metadata of stored instances is read."""
        del path
        raise _make_missing_header_error()

    def for_files(self, files: Sequence[SourceFile]) -> Opener:
        """Return an opener with the headers of some files of a walk."""
        headers = {
            file.path: file.header for file in files if isinstance(file, StoredInstanceFile) and file.header is not None
        }
        return _StoredInstanceOpener(headers)

    def read_headers(
        self, files: Sequence[tuple[str, int]], read_header: ReadHeader, calls: ParallelCalls
    ) -> Iterator[HeaderResult]:
        """Yield the header of each file, in the order of the files."""
        del read_header, calls
        for path, _ in files:
            header = self._headers.get(path)
            yield header or make_rejected_file(_make_missing_header_error()), NO_TRAFFIC


def _make_missing_header_error() -> FileError:
    # This happens if rows of the earlier inventory are damaged: its image sets are then read in the next scan.
    return FileError(make_issue("image-set.unreadable", reason="the earlier inventory is damaged; scan again"))


def _make_unreadable_file(image_set: _ListedImageSet, error: AwsError) -> SourceFile:
    issue = make_issue("image-set.unreadable", reason=error.message.rstrip("."))
    return _make_rejected_file(image_set, Disposition.UNREADABLE, issue)


def _make_rejected_file(image_set: _ListedImageSet, disposition: Disposition, issue: Issue) -> SourceFile:
    return SourceFile(image_set.path, 0, image_set.time_ns, "", disposition, (issue,))


def _convert_to_nanoseconds(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
