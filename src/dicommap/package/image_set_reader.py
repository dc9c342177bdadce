"""Read the state and the metadata of image sets that an update changes, and wait while they are LOCKED."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES
from dicommap.aws.timing import GrowingPauses
from dicommap.errors import AwsError
from dicommap.healthimaging.image_sets import DELETED_STATE, LOCKED_STATE
from dicommap.verification.stored_metadata import UnreadableMetadataError, read_stored_image_set
from dicommap.verification.update_result import UpdateOutcome

if TYPE_CHECKING:
    from collections.abc import Generator

    from dicommap.aws.image_sets import ImageSets
    from dicommap.aws.timing import Clock
    from dicommap.healthimaging.image_sets import ImageSetProperties
    from dicommap.verification.stored_metadata import StoredImageSet

FIRST_PAUSE_SECONDS = 1.0
"""Seconds between the first two requests for the state of a LOCKED image set. Each further pause is longer."""
LONGEST_PAUSE_SECONDS = 30.0
LOCK_SECONDS = 900.0
"""Default time limit in seconds for one change of an image set. AWS documents no such time."""
UPDATE_FAILED_STATUS = "UPDATE_FAILED"
"""Workflow status of an image set whose last update was not executed (API reference, GetImageSet)."""
DELETED_REASON = "it does not exist, or was deleted"


class ImageSetEndError(Exception):
    """Raised when the work on one image set ends before all of its requests are executed. It has the outcome."""

    def __init__(self, outcome: UpdateOutcome, reason: str = "") -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.reason = reason


@dataclass(kw_only=True)
class ImageSetReader:
    """Reader of the state and the metadata of image sets."""

    service: ImageSets
    datastore: str
    clock: Clock
    lock_seconds: float = LOCK_SECONDS

    def wait_until_unlocked(self, image_set: str, ready_version: int = 0) -> Generator[float, None, ImageSetProperties]:
        """Wait until an image set is not LOCKED, and return its properties. Yield each pause in seconds.

        Args:
            image_set: The id of the image set.
            ready_version: The minimum version to wait for. The waiting also ends if the last update has failed.

        """
        end = self.clock.monotonic() + self.lock_seconds
        pauses = GrowingPauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        while True:
            properties = self.get_properties(image_set)
            is_ready = (
                int(properties.versionId) >= ready_version or properties.imageSetWorkflowStatus == UPDATE_FAILED_STATUS
            )
            if properties.imageSetState != LOCKED_STATE and is_ready:
                return properties
            if self.clock.monotonic() >= end:
                raise ImageSetEndError(UpdateOutcome.LOCKED, f"{self.lock_seconds:g}")
            yield next(pauses)

    def get_properties(self, image_set: str) -> ImageSetProperties:
        """Return the properties of an image set. Raises ImageSetEndError if it does not exist, and AwsError."""
        try:
            properties = self.service.get(self.datastore, image_set)
        except AwsError as error:
            if error.code in NOT_FOUND_CODES:
                raise ImageSetEndError(UpdateOutcome.NOT_FOUND, DELETED_REASON) from None
            raise
        if properties.imageSetState == DELETED_STATE:
            raise ImageSetEndError(UpdateOutcome.NOT_FOUND, DELETED_REASON)
        return properties

    def read_metadata(self, image_set: str, version: str, study: str | None) -> StoredImageSet:
        """Return the metadata of a version of an image set.

        Args:
            image_set: The id of the image set.
            version: The version.
            study: The Study Instance UID that the metadata must have; None for any study.

        Raises:
            ImageSetEndError: The metadata cannot be used.
            AwsError: A permission is missing, or AWS cannot be reached.

        """
        try:
            data = self.service.get_metadata(self.datastore, image_set, version)
            stored = read_stored_image_set(data, image_set)
        except AwsError as error:
            if not error.local or error.code in ACCESS_DENIED_CODES:
                raise
            raise ImageSetEndError(UpdateOutcome.NOT_READABLE, error.code or "the answer is damaged") from None
        except UnreadableMetadataError as error:
            raise ImageSetEndError(UpdateOutcome.NOT_READABLE, str(error)) from None
        if study is not None and stored.study_instance_uid != study:
            raise ImageSetEndError(UpdateOutcome.NOT_READABLE, "it is an image set of another study")
        return stored
