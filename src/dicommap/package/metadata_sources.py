"""Sources of the metadata of image sets: the data store, or a directory of downloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES
from dicommap.aws.metadata_bodies import decompress_metadata
from dicommap.errors import AwsError, DocumentError, os_error_reason
from dicommap.healthimaging.image_sets import LOCKED_STATE, is_image_set_id
from dicommap.reading import FileTooLargeError, read_regular_file
from dicommap.reading.document_limits import IMAGE_SET_METADATA_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

    from dicommap.aws.image_sets import ImageSets
    from dicommap.healthimaging.image_sets import ImageSetSummary

LOCKED_REASON = "the image set is LOCKED: it is being changed or deleted"
"""The reason why the metadata of an image set is not read, or not compared."""
_CONFLICT_CODE = "ConflictException"
_GZIP_START = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class MetadataFailure:
    """The reason why the metadata of an image set cannot be read."""

    reason: str
    denial: AwsError | None = None
    """The error of AWS if a permission is missing, otherwise None."""


class MetadataSource(Protocol):
    """The interface of a source of image set metadata. Threads share it."""

    def fetch(self, image_set: str) -> bytes | MetadataFailure:
        """Return the metadata of an image set as bytes, which may be compressed, or the reason of a failure.

        Raises AwsError for a problem that affects all image sets.
        """

    def decompress(self, data: bytes, image_set: str) -> bytes | MetadataFailure:
        """Return the JSON document in the bytes that `fetch` returned, or the reason of a failure."""

    def search(self, study: str) -> list[ImageSetSummary] | None:
        """Return the image sets of a study; None if this source cannot be searched."""

    def is_locked(self, image_set: str) -> bool:
        """Return whether an image set is being changed. Return False if this is not known."""


class DatastoreMetadata:
    """Source of image set metadata that is read from a HealthImaging data store."""

    def __init__(self, service: ImageSets, datastore: str) -> None:
        self._service = service
        self._datastore = datastore
        self._has_state_permission = True

    def fetch(self, image_set: str) -> bytes | MetadataFailure:
        """Return the metadata of an image set, compressed by gzip. If only this image set fails, return the reason.

        Raises AwsError if AWS cannot be reached or throttles all requests.
        """
        try:
            return self._service.fetch_metadata(self._datastore, image_set)
        except AwsError as error:
            if not error.local:
                raise
            return MetadataFailure(_describe_failure(error), error if error.code in ACCESS_DENIED_CODES else None)

    def decompress(self, data: bytes, image_set: str) -> bytes | MetadataFailure:
        """Return the JSON document in the bytes that `fetch` returned, or the reason of a failure."""
        return _decompress(data, image_set)

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


def _decompress(data: bytes, image_set: str) -> bytes | MetadataFailure:
    try:
        return decompress_metadata(data, image_set)
    except AwsError as error:
        return MetadataFailure(error.message.rstrip("."))


def _describe_failure(error: AwsError) -> str:
    if error.code in NOT_FOUND_CODES:
        return "the image set does not exist, or was deleted"
    if error.code == _CONFLICT_CODE:
        return LOCKED_REASON
    return error.message.rstrip(".")


class DownloadedMetadata:
    """Source of image set metadata in a directory: files IMAGESETID.json, or IMAGESETID.json.gz as AWS sends them."""

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise DocumentError(
                f"{directory} is no directory of metadata.", fix="Name the directory with the downloaded metadata."
            )
        self._directory = directory

    def fetch(self, image_set: str) -> bytes | MetadataFailure:
        """Return the bytes of the file of an image set, or the reason why it cannot be read."""
        if not is_image_set_id(image_set):
            return MetadataFailure("the id of the image set is not valid")
        for name in (f"{image_set}.json", f"{image_set}.json.gz"):
            try:
                return read_regular_file(name, IMAGE_SET_METADATA_LIMIT.bytes, beneath=self._directory)
            except FileNotFoundError:
                continue
            except FileTooLargeError:
                return MetadataFailure(f"{name} is larger than the limit for metadata")
            except OSError as error:
                return MetadataFailure(f"{name} cannot be read: {os_error_reason(error)}")
        return MetadataFailure(f"there is no file {image_set}.json")

    def decompress(self, data: bytes, image_set: str) -> bytes | MetadataFailure:
        """Return the JSON document in a file, which may be compressed by gzip."""
        return _decompress(data, image_set) if data.startswith(_GZIP_START) else data

    def search(self, study: str) -> list[ImageSetSummary] | None:
        """Return None: a directory cannot be searched."""
        return None

    def is_locked(self, image_set: str) -> bool:
        """Return False: the state of an image set is not known."""
        return False
