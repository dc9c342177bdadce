"""Search, read, change and delete image sets of a HealthImaging data store, within AWS's rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import THROTTLING_CODES, convert_client_errors
from dicommap.aws.metadata_bodies import decompress_metadata, read_metadata_body
from dicommap.aws.service_answers import parse_answer, read_pages, require_member
from dicommap.aws.timing import (
    COPY_IMAGE_SET_LIMIT,
    DELETE_IMAGE_SET_LIMIT,
    GET_IMAGE_SET_LIMIT,
    GET_METADATA_LIMIT,
    LIST_VERSIONS_LIMIT,
    SEARCH_IMAGE_SETS_LIMIT,
    SYSTEM_CLOCK,
    UPDATE_METADATA_LIMIT,
    GrowingPauses,
    Throttle,
)
from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.errors import AwsError, ConflictError, UsageError
from dicommap.healthimaging.image_sets import (
    MAX_SEARCH_FILTERS,
    SEARCHABLE_ATTRIBUTES,
    CopyImageSetAnswer,
    ImageSetProperties,
    ImageSetSummary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dicommap.aws.clients import Clients
    from dicommap.aws.timing import Clock

_PAGE_SIZE = 50
"""Items per answer of SearchImageSets and ListImageSetVersions. It is the maximum that AWS allows."""
_READ_ATTEMPTS = 3
"""Maximum number of attempts to get metadata. botocore repeats a failed request, but not an interrupted download."""
_CHANGE_ATTEMPTS = 4
"""Maximum number of attempts of a change that AWS refuses because of its rate limit. Such a request had no effect."""


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
        update_rate: float | None = None,
    ) -> None:
        """Make a client for image sets.

        Args:
            clients: The AWS clients.
            clock: The clock that waits.
            metadata_rate: The limit of GetImageSetMetadata calls per second; None for the documented limit.
            search_rate: The limit of SearchImageSets calls per second; None for the documented limit.
            update_rate: The limit of UpdateImageSetMetadata calls per second; None for the documented limit.
        """
        self._clients = clients
        self._clock = clock
        self._searches = Throttle(SEARCH_IMAGE_SETS_LIMIT.with_rate(search_rate), clock)
        self._gets = Throttle(GET_IMAGE_SET_LIMIT, clock)
        self._metadata_gets = Throttle(GET_METADATA_LIMIT.with_rate(metadata_rate), clock)
        self._version_lists = Throttle(LIST_VERSIONS_LIMIT, clock)
        self._deletions = Throttle(DELETE_IMAGE_SET_LIMIT, clock)
        self._updates = Throttle(UPDATE_METADATA_LIMIT.with_rate(update_rate), clock)
        self._copies = Throttle(COPY_IMAGE_SET_LIMIT, clock)

    @property
    def requests(self) -> int:
        """Return the number of searches and of requests for metadata so far."""
        return self._searches.requests + self._metadata_gets.requests

    def search(
        self, datastore: str, filters: Mapping[str, str], *, oldest_first: bool = False
    ) -> Iterator[ImageSetSummary]:
        """Yield the image sets, primary or not, whose attributes have the given values.

        Args:
            datastore: The id of the data store.
            filters: Keyword -> value. The keywords are PatientID, AccessionNumber, StudyID, StudyInstanceUID and
                SeriesInstanceUID; AWS takes at most MAX_SEARCH_FILTERS of them. Without filters, all image sets match.
            oldest_first: Whether the image sets are in the order of their creation. By default, AWS returns the one
                that was updated last first.

        Raises:
            UsageError: A keyword cannot be searched for, or there are too many of them.
            AwsError: AWS cannot be reached, or refuses the request.

        """
        parameters: dict[str, Any] = {"datastoreId": datastore, "maxResults": _PAGE_SIZE}
        criteria: dict[str, Any] = {"filters": _build_filters(filters)} if filters else {}
        if oldest_first:
            criteria["sort"] = {"sortField": "createdAt", "sortOrder": "ASC"}
        if criteria:
            parameters["searchCriteria"] = criteria
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
            answer = self._clients.medical_imaging.get_image_set(
                **_make_image_set_parameters(datastore, image_set, version)
            )
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
                    **_make_image_set_parameters(datastore, image_set, version)
                )
            headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            blob = require_member("GetImageSetMetadata", answer, "imageSetMetadataBlob")
            body = read_metadata_body(blob, str(headers.get("content-length", "")), subject)
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
        parameters = {**_make_image_set_parameters(datastore, image_set, None), "maxResults": _PAGE_SIZE}
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
            answer = self._clients.medical_imaging.delete_image_set(
                **_make_image_set_parameters(datastore, image_set, None)
            )
        return parse_answer("DeleteImageSet", ImageSetProperties, {"versionId": "", **answer})

    def update(
        self,
        datastore: str,
        image_set: str,
        version: str,
        *,
        updatable: bytes | None = None,
        removable: bytes | None = None,
        force: bool = False,
        include_study: bool = False,
    ) -> ImageSetProperties:
        """Change the metadata of an image set. AWS changes it asynchronously; the request is sent once.

        Args:
            datastore: The id of the data store.
            image_set: The id of the image set.
            version: The latest version of the image set, to which the change applies.
            updatable: The JSON document with the attributes to set; None for no such attribute.
            removable: The JSON document with the attributes to remove; None for no such attribute.
            force: Whether to set the flag `force`.
            include_study: Whether to change all primary image sets of the study.

        Returns:
            The properties in AWS's answer. `versionId` is the version that the change makes.

        Raises:
            ConflictError: The image set is LOCKED, or has another latest version.
            AwsError: AWS refuses the request. If the error is transient, it is not known whether AWS made the change.

        """
        blobs = {"updatableAttributes": updatable, "removableAttributes": removable}
        updates = {"DICOMUpdates": {name: blob for name, blob in blobs.items() if blob is not None}}
        flags = {"force": force, "includeStudyImageSets": include_study}
        return self._send_metadata_update(datastore, image_set, version, updates, flags)

    def revert(
        self, datastore: str, image_set: str, version: str, to_version: str, *, force: bool = False
    ) -> ImageSetProperties:
        """Give an image set the metadata of an older version, as a new version. The request is sent once.

        Args:
            datastore: The id of the data store.
            image_set: The id of the image set.
            version: The latest version of the image set.
            to_version: The version whose metadata become the latest.
            force: Whether to set the flag `force`.

        Returns:
            The properties in AWS's answer. `versionId` is the version that the change makes.

        Raises:
            ConflictError: The image set is LOCKED, or has another latest version.
            AwsError: AWS refuses the request. If the error is transient, it is not known whether AWS made the change.

        """
        return self._send_metadata_update(
            datastore, image_set, version, {"revertToVersionId": to_version}, {"force": force}
        )

    def _send_metadata_update(
        self, datastore: str, image_set: str, version: str, updates: dict[str, Any], flags: dict[str, bool]
    ) -> ImageSetProperties:
        """Send UpdateImageSetMetadata, and return the properties in the answer."""
        parameters = {
            **_make_image_set_parameters(datastore, image_set, None),
            "latestVersionId": version,
            "updateImageSetMetadataUpdates": updates,
            **{name: True for name, is_set in flags.items() if is_set},
        }
        answer = self._send_change(
            "UpdateImageSetMetadata",
            image_set,
            self._updates,
            lambda: self._clients.medical_imaging_once.update_image_set_metadata(**parameters),
        )
        made = require_member("UpdateImageSetMetadata", answer, "latestVersionId")
        return parse_answer("UpdateImageSetMetadata", ImageSetProperties, {**answer, "versionId": made})

    def copy(
        self,
        datastore: str,
        source: str,
        source_version: str,
        *,
        destination: tuple[str, str] | None = None,
        promote: bool = False,
        force: bool = False,
    ) -> CopyImageSetAnswer:
        """Copy the instances of an image set. AWS copies them asynchronously; the request is sent once.

        Args:
            datastore: The id of the data store.
            source: The id of the image set whose instances are copied.
            source_version: The latest version of `source`.
            destination: The id and the latest version of the image set that gets the instances; None for a new one.
            promote: Whether the instances become part of the primary image sets.
            force: Whether to copy although attributes of patient, study or series differ.

        Raises:
            ConflictError: An image set is LOCKED, or has another latest version.
            AwsError: AWS refuses the request. If the error is transient, it is not known whether AWS made the copy.

        """
        information: dict[str, Any] = {"sourceImageSet": {"latestVersionId": source_version}}
        if destination is not None:
            information["destinationImageSet"] = {"imageSetId": destination[0], "latestVersionId": destination[1]}
        flags = {"promoteToPrimary": promote, "force": force}
        parameters = {
            "datastoreId": datastore,
            "sourceImageSetId": source,
            "copyImageSetInformation": information,
            **{name: True for name, is_set in flags.items() if is_set},
        }
        answer = self._send_change(
            "CopyImageSet",
            source,
            self._copies,
            lambda: self._clients.medical_imaging_once.copy_image_set(**parameters),
        )
        return parse_answer("CopyImageSet", CopyImageSetAnswer, answer)

    def _send_change(
        self, operation: str, image_set: str, throttle: Throttle, call: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Send a change, and return the answer. It is sent again only if AWS refused it because of the rate limit."""
        pauses = GrowingPauses()
        attempt = 0
        while True:
            attempt += 1
            throttle.wait()
            try:
                with convert_client_errors(operation, f"image set {image_set}"):
                    return call()
            except AwsError as error:
                if error.code == "ConflictException":
                    raise ConflictError(
                        error.message,
                        fix="Somebody else changes this image set: run the same command again, which reads it anew.",
                        code=error.code,
                        local=True,
                        request_id=error.request_id,
                    ) from None
                if error.code not in THROTTLING_CODES or attempt == _CHANGE_ATTEMPTS:
                    raise
                self._clock.sleep(next(pauses))


def _build_filters(filters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the filters of SearchImageSets for keyword -> value."""
    for keyword in filters:
        if keyword not in SEARCHABLE_ATTRIBUTES:
            raise make_unknown_choice_error("searchable attribute", keyword, list(SEARCHABLE_ATTRIBUTES))
    if len(filters) > MAX_SEARCH_FILTERS:
        raise UsageError(
            f"{len(filters)} filters are too many for SearchImageSets.", fix=f"Give at most {MAX_SEARCH_FILTERS}."
        )
    return [
        {"values": [{SEARCHABLE_ATTRIBUTES[keyword]: value}], "operator": "EQUAL"} for keyword, value in filters.items()
    ]


def _make_image_set_parameters(datastore: str, image_set: str, version: str | None) -> dict[str, str]:
    parameters = {"datastoreId": datastore, "imageSetId": image_set}
    return parameters if version is None else {**parameters, "versionId": version}
