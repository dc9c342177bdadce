"""Sources of the metadata of image sets: the data store, read by several threads, or a directory of downloads."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES
from dicommap.aws.image_sets import decompress_metadata
from dicommap.errors import AwsError, DocumentError, os_error_reason
from dicommap.healthimaging.image_sets import LOCKED_STATE, is_image_set_id
from dicommap.reading import FileTooLargeError, read_regular_file
from dicommap.reading.document_limits import IMAGE_SET_METADATA_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dicommap.aws.image_sets import ImageSets
    from dicommap.healthimaging.image_sets import ImageSetSummary

REQUESTS_AT_ONCE = 8
"""Number of requests for metadata that are sent at the same time."""
DENIALS_LIMIT = 10
"""Number of consecutive image sets without a permission, after which the error is raised instead."""
_CONFLICT_CODE = "ConflictException"
_GZIP_START = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class MetadataFailure:
    """The reason why the metadata of an image set cannot be read."""

    reason: str
    is_denied: bool = False
    """Whether a permission is missing. With the permission, the metadata may be readable."""


class MetadataSource(Protocol):
    """A place with the metadata of image sets."""

    def read_all(self, image_sets: Iterable[str | None]) -> Iterator[bytes | MetadataFailure | None]:
        """Yield the metadata of each image set, in the order of the ids; None for None."""

    def search(self, study: str) -> list[ImageSetSummary] | None:
        """Return the image sets of a study; None if this place cannot be searched."""

    def is_locked(self, image_set: str) -> bool:
        """Return whether an image set is being changed, as far as known."""


class DatastoreMetadata:
    """The image sets of a data store."""

    def __init__(self, service: ImageSets, datastore: str) -> None:
        self._service = service
        self._datastore = datastore
        self._denials = 0
        self._has_state_permission = True

    def read_all(self, image_sets: Iterable[str | None]) -> Iterator[bytes | MetadataFailure | None]:
        """Yield the metadata of each image set, in the order of the ids; None for None.

        Several threads fetch metadata ahead. It is decompressed one by one, so that one document is in memory.

        Raises:
            AwsError: AWS cannot be reached, throttles all requests, or refuses DENIALS_LIMIT image sets in a row.

        """
        rest = iter(image_sets)
        waiting: deque[tuple[str | None, Future[bytes] | None]] = deque()
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
            try:
                for image_set in islice(rest, 2 * REQUESTS_AT_ONCE):
                    waiting.append((image_set, self._submit(threads, image_set)))
                while waiting:
                    image_set, future = waiting.popleft()
                    answer = None if image_set is None or future is None else self._read_answer(image_set, future)
                    for following in islice(rest, 1):
                        waiting.append((following, self._submit(threads, following)))
                    yield answer
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def search(self, study: str) -> list[ImageSetSummary] | None:
        """Return the image sets of a study, primary or not, in the order of their ids. Raises AwsError."""
        summaries = self._service.search(self._datastore, {"StudyInstanceUID": study})
        return sorted(summaries, key=lambda summary: summary.imageSetId)

    def is_locked(self, image_set: str) -> bool:
        """Return whether an image set is LOCKED. If the permission is missing, it counts as not locked."""
        if not self._has_state_permission:
            return False
        try:
            return self._service.get(self._datastore, image_set).imageSetState == LOCKED_STATE
        except AwsError as error:
            if not error.local:
                raise
            self._has_state_permission = error.code not in ACCESS_DENIED_CODES
            return False

    def _submit(self, threads: ThreadPoolExecutor, image_set: str | None) -> Future[bytes] | None:
        if image_set is None:
            return None
        return threads.submit(self._service.fetch_metadata, self._datastore, image_set)

    def _read_answer(self, image_set: str, future: Future[bytes]) -> bytes | MetadataFailure:
        try:
            data = decompress_metadata(future.result(), image_set)
        except AwsError as error:
            self._denials = self._denials + 1 if error.code in ACCESS_DENIED_CODES else 0
            if not error.local or self._denials >= DENIALS_LIMIT:
                raise
            return MetadataFailure(_describe_failure(error), error.code in ACCESS_DENIED_CODES)
        self._denials = 0
        return data


def _describe_failure(error: AwsError) -> str:
    if error.code in NOT_FOUND_CODES:
        return "the image set does not exist, or was deleted"
    if error.code == _CONFLICT_CODE:
        return "the image set is locked: it is being changed or deleted"
    return error.message.rstrip(".")


class DownloadedMetadata:
    """A directory with the metadata of image sets, as files IMAGESETID.json, or IMAGESETID.json.gz as AWS sends it."""

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise DocumentError(f"{directory} is no directory of metadata.", fix="Name the directory of the files.")
        self._directory = directory

    def read_all(self, image_sets: Iterable[str | None]) -> Iterator[bytes | MetadataFailure | None]:
        """Yield the metadata of each image set, in the order of the ids; None for None."""
        return (None if image_set is None else self._read(image_set) for image_set in image_sets)

    def search(self, study: str) -> list[ImageSetSummary] | None:
        """Return None: a directory cannot be searched."""
        return None

    def is_locked(self, image_set: str) -> bool:
        """Return False: the state of an image set is not known."""
        return False

    def _read(self, image_set: str) -> bytes | MetadataFailure:
        if not is_image_set_id(image_set):
            return MetadataFailure("the id of the image set is not valid")
        for name in (f"{image_set}.json", f"{image_set}.json.gz"):
            try:
                data = read_regular_file(name, IMAGE_SET_METADATA_LIMIT.bytes, beneath=self._directory)
            except FileNotFoundError:
                continue
            except FileTooLargeError:
                return MetadataFailure(f"{name} is larger than the limit for metadata")
            except OSError as error:
                return MetadataFailure(f"{name} cannot be read: {os_error_reason(error)}")
            try:
                return decompress_metadata(data, image_set) if data.startswith(_GZIP_START) else data
            except AwsError as error:
                return MetadataFailure(error.message.rstrip("."))
        return MetadataFailure(f"there is no file {image_set}.json")
