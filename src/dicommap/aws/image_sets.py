"""Search, read and delete image sets of a HealthImaging data store, within the rate limits of each operation."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import convert_client_errors
from dicommap.aws.service_answers import parse_answer, read_pages, require_member
from dicommap.aws.timing import (
    DELETE_IMAGE_SET_LIMIT,
    GET_IMAGE_SET_LIMIT,
    GET_METADATA_LIMIT,
    LIST_VERSIONS_LIMIT,
    SEARCH_IMAGE_SETS_LIMIT,
    SYSTEM_CLOCK,
    Throttle,
)
from dicommap.dicom.choices import unknown_choice
from dicommap.errors import AwsError, UsageError
from dicommap.healthimaging.image_sets import (
    MAX_SEARCH_FILTERS,
    SEARCHABLE_ATTRIBUTES,
    ImageSetProperties,
    ImageSetSummary,
)
from dicommap.issues.wording import format_count
from dicommap.reading.document_limits import IMAGE_SET_METADATA_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.aws.clients import Clients
    from dicommap.aws.timing import Clock

_PAGE_SIZE = 50
"""Items per answer of SearchImageSets and ListImageSetVersions. It is the maximum that AWS allows."""
_PIECE_BYTES = 256 * 1024
_READ_ATTEMPTS = 3
"""Maximum number of attempts to get metadata. botocore repeats a failed request, but not an interrupted download."""
_MAX_GZIP_MEMBERS = 100
"""Maximum number of gzip members in one body. AWS sends one; the time to read very many would grow quadratically."""
_GZIP_WBITS = 31
"""zlib's setting for exactly the gzip format."""


class ImageSets:
    """Client for the image sets of one AWS account. Its methods wait as long as AWS's rate limits require.

    Threads can share an object of this class.
    """

    def __init__(
        self,
        clients: Clients,
        clock: Clock = SYSTEM_CLOCK,
        *,
        metadata_rate: float | None = None,
        search_rate: float | None = None,
    ) -> None:
        """Make a client for image sets.

        Args:
            clients: The AWS clients.
            clock: The clock that waits.
            metadata_rate: The limit of GetImageSetMetadata calls per second; None for the documented limit.
            search_rate: The limit of SearchImageSets calls per second; None for the documented limit.
        """
        self._clients = clients
        self._searches = Throttle(SEARCH_IMAGE_SETS_LIMIT.with_rate(search_rate), clock)
        self._gets = Throttle(GET_IMAGE_SET_LIMIT, clock)
        self._metadata_gets = Throttle(GET_METADATA_LIMIT.with_rate(metadata_rate), clock)
        self._version_lists = Throttle(LIST_VERSIONS_LIMIT, clock)
        self._deletions = Throttle(DELETE_IMAGE_SET_LIMIT, clock)

    def search(self, datastore: str, filters: Mapping[str, str]) -> Iterator[ImageSetSummary]:
        """Yield the image sets, primary or not, whose attributes have the given values.

        Args:
            datastore: The id of the data store.
            filters: Keyword -> value. The keywords are PatientID, AccessionNumber, StudyID, StudyInstanceUID and
                SeriesInstanceUID; AWS takes at most MAX_SEARCH_FILTERS of them.

        Raises:
            UsageError: A keyword cannot be searched for, or there are too many of them.
            AwsError: AWS cannot be reached, or refuses the request.

        """
        parameters: dict[str, Any] = {"datastoreId": datastore, "maxResults": _PAGE_SIZE}
        if filters:
            parameters["searchCriteria"] = {"filters": _build_filters(filters)}
        for answer in read_pages(
            "SearchImageSets",
            f"data store {datastore}",
            lambda token: self._clients.medical_imaging.search_image_sets(**parameters, **token),
            self._searches,
        ):
            for summary in require_member("SearchImageSets", answer, "imageSetsMetadataSummaries"):
                yield parse_answer("SearchImageSets", ImageSetSummary, summary)

    def get(self, datastore: str, image_set: str, version: str | None = None) -> ImageSetProperties:
        """Return the properties of an image set. Raises AwsError.

        Args:
            datastore: The id of the data store.
            image_set: The id of the image set.
            version: The version; None for the latest one.

        """
        self._gets.wait()
        with convert_client_errors("GetImageSet", f"image set {image_set}"):
            answer = self._clients.medical_imaging.get_image_set(**_name_image_set(datastore, image_set, version))
        return parse_answer("GetImageSet", ImageSetProperties, answer)

    def get_metadata(self, datastore: str, image_set: str, version: str | None = None) -> bytes:
        """Return the decompressed metadata of an image set, which is a JSON document.

        Args:
            datastore: The id of the data store.
            image_set: The id of the image set.
            version: The version; None for the latest one.

        Raises:
            AwsError: AWS cannot be reached or refuses the request, or the answer is not complete gzip data within the
                limits.

        """
        return decompress_metadata(self.fetch_metadata(datastore, image_set, version), image_set)

    def fetch_metadata(self, datastore: str, image_set: str, version: str | None = None) -> bytes:
        """Return the metadata of an image set as AWS sends it: compressed by gzip. Raises AwsError.

        With this function, several threads can fetch metadata at the same time. If the caller then decompresses one
        document after the other (`decompress_metadata`), only one decompressed document is in memory.

        Args:
            datastore: The id of the data store.
            image_set: The id of the image set.
            version: The version; None for the latest one.
        """
        subject = f"image set {image_set}"
        for _ in range(_READ_ATTEMPTS):
            self._metadata_gets.wait()
            with convert_client_errors("GetImageSetMetadata", subject):
                answer = self._clients.medical_imaging.get_image_set_metadata(
                    **_name_image_set(datastore, image_set, version)
                )
            headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            blob = require_member("GetImageSetMetadata", answer, "imageSetMetadataBlob")
            body = _read_body(blob, str(headers.get("content-length", "")), subject)
            if body is not None:
                return body
        raise AwsError(
            f"GetImageSetMetadata of {subject} was interrupted several times.",
            fix="Check the network, and run the same command again.",
            transient=True,
            local=True,
        )

    def list_versions(self, datastore: str, image_set: str) -> Iterator[ImageSetProperties]:
        """Yield the properties of all versions of an image set, in the order of the answer. Raises AwsError.

        Args:
            datastore: The id of the data store.
            image_set: The id of the image set.

        """
        parameters = {**_name_image_set(datastore, image_set, None), "maxResults": _PAGE_SIZE}
        for answer in read_pages(
            "ListImageSetVersions",
            f"image set {image_set}",
            lambda token: self._clients.medical_imaging.list_image_set_versions(**parameters, **token),
            self._version_lists,
        ):
            for properties in require_member("ListImageSetVersions", answer, "imageSetPropertiesList"):
                yield parse_answer("ListImageSetVersions", ImageSetProperties, properties)

    def delete(self, datastore: str, image_set: str) -> ImageSetProperties:
        """Delete an image set with all its versions. AWS deletes it asynchronously. Raises AwsError.

        Args:
            datastore: The id of the data store.
            image_set: The id of the image set.

        Returns:
            The properties in AWS's answer, such as the state. AWS returns no version, so `versionId` is empty.
        """
        self._deletions.wait()
        with convert_client_errors("DeleteImageSet", f"image set {image_set}"):
            answer = self._clients.medical_imaging.delete_image_set(**_name_image_set(datastore, image_set, None))
        return parse_answer("DeleteImageSet", ImageSetProperties, {"versionId": "", **answer})


def _build_filters(filters: Mapping[str, str]) -> list[dict[str, Any]]:
    for keyword in filters:
        if keyword not in SEARCHABLE_ATTRIBUTES:
            raise unknown_choice("searchable attribute", keyword, list(SEARCHABLE_ATTRIBUTES))
    if len(filters) > MAX_SEARCH_FILTERS:
        raise UsageError(
            f"{len(filters)} filters are too many for SearchImageSets.", fix=f"Give at most {MAX_SEARCH_FILTERS}."
        )
    return [
        {"values": [{SEARCHABLE_ATTRIBUTES[keyword]: value}], "operator": "EQUAL"} for keyword, value in filters.items()
    ]


def _name_image_set(datastore: str, image_set: str, version: str | None) -> dict[str, str]:
    parameters = {"datastoreId": datastore, "imageSetId": image_set}
    return parameters if version is None else {**parameters, "versionId": version}


def _read_body(body: Any, length: str, subject: str) -> bytes | None:  # noqa: ANN401  botocore's StreamingBody
    """Return all bytes of a body; None if the connection broke. Raises AwsError if there are too many bytes.

    Args:
        body: The body.
        length: The header Content-Length; empty if the answer does not have it.
        subject: The image set, for messages.

    """
    with convert_client_errors("GetImageSetMetadata", subject):
        from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

        pieces, size = [], 0
        try:
            if length.isdecimal() and int(length) <= _PIECE_BYTES:
                return bytes(body.read())  # a body cannot be longer than its Content-Length
            for piece in body.iter_chunks(_PIECE_BYTES):
                pieces.append(piece)
                size += len(piece)
                if size > IMAGE_SET_METADATA_LIMIT.bytes:
                    raise _make_size_error(subject)
        except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
            return None
        finally:
            body.close()
    return b"".join(pieces)


def decompress_metadata(body: bytes, image_set: str) -> bytes:
    """Decompress the metadata of an image set, which GetImageSetMetadata returned.

    Args:
        body: The body of the answer: one or more members of the gzip format (RFC 1952).
        image_set: The id of the image set, for messages.

    Raises:
        AwsError: The body is not gzip, is incomplete, or decompresses to more bytes than IMAGE_SET_METADATA_LIMIT.

    """
    subject = f"image set {image_set}"
    pieces: list[bytes] = []
    room = IMAGE_SET_METADATA_LIMIT.bytes
    rest = body
    while rest or not pieces:
        decompressor = zlib.decompressobj(_GZIP_WBITS)
        try:
            piece = decompressor.decompress(rest, room + 1)
        except zlib.error:
            raise _make_content_error(subject, "is not gzip data") from None
        room -= len(piece)
        if room < 0:
            raise _make_size_error(subject)
        if not decompressor.eof:
            raise _make_content_error(subject, "is incomplete gzip data")
        pieces.append(piece)
        if len(pieces) > _MAX_GZIP_MEMBERS:
            raise _make_content_error(subject, "has too many gzip members")
        rest = decompressor.unused_data
    return b"".join(pieces)


def _make_content_error(subject: str, problem: str) -> AwsError:
    return AwsError(
        f"The metadata of {subject} {problem}.",
        fix="Run the same command again. If that does not help, check the endpoint and any proxy on the way to it.",
        local=True,
    )


def _make_size_error(subject: str) -> AwsError:
    limit = format_count(IMAGE_SET_METADATA_LIMIT.bytes, "byte")
    return AwsError(
        f"The metadata of {subject} has more than {limit}.",
        fix="Read this image set with other software: dicommap limits the memory for one document.",
        local=True,
    )
