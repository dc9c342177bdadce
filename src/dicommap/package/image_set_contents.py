"""Read the content of image sets to promote, and of the primary image sets of their studies."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.aws.interleaved_tasks import run_interleaved
from dicommap.package.image_set_reader import ImageSetEndError, ImageSetReader
from dicommap.updates.promotion import ImageSetContent
from dicommap.updates.promotion_result import PromotionOutcome
from dicommap.verification.update_result import UpdateOutcome
from dicommap.verification.version_difference import VersionMatch, match_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dicommap.aws.image_sets import ImageSets
    from dicommap.aws.timing import Clock
    from dicommap.healthimaging.image_sets import ImageSetProperties, ImageSetSummary
    from dicommap.updates.update import UpdateRequest
    from dicommap.verification.stored_metadata import StoredImageSet

_STUDY_KEYWORDS = ("PatientID", "AccessionNumber", "StudyID", "StudyDate")
"""Attributes that SearchImageSets returns, and in which the primary image sets of a study must agree."""


class PromotionEndError(Exception):
    """Raised if an image set cannot be promoted. Its outcome and reason become the result of the image set."""

    def __init__(self, outcome: PromotionOutcome, reason: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.reason = reason


@dataclass(kw_only=True)
class ImageSetContentReader:
    """Reader of the contents of image sets in one data store."""

    service: ImageSets
    datastore: str
    clock: Clock

    @property
    def _reader(self) -> ImageSetReader:
        return ImageSetReader(service=self.service, datastore=self.datastore, clock=self.clock)

    def wait_until_unlocked(self, image_set: str) -> ImageSetProperties:
        """Wait until an image set is not LOCKED, and return its properties.

        Raises:
            PromotionEndError: The image set does not exist, or is LOCKED for longer than the time limit.
            AwsError: AWS refuses the request, or cannot be reached.

        """
        with _raise_promotion_end_errors():
            return next(run_interleaved([self._reader.wait_until_unlocked(image_set)], self.clock, at_once=1))

    def read_content(self, image_set: str) -> ImageSetContent:
        """Wait until an image set is not LOCKED, and return the content of its latest version.

        Raises:
            PromotionEndError: The image set does not exist, is still LOCKED, or its metadata cannot be used.
            AwsError: A permission is missing, or AWS cannot be reached.

        """
        properties = self.wait_until_unlocked(image_set)
        with _raise_promotion_end_errors():
            stored = self._reader.read_metadata(image_set, properties.versionId, None)
        return _make_content(properties, stored)

    def is_next_version_made_by(self, request: UpdateRequest, image_set: str, version: str) -> bool:
        """Return whether the version after `version` differs from it in all attributes of a request, and in no others.

        Raises:
            PromotionEndError: The metadata of one of the versions cannot be used.
            AwsError: A permission is missing, or AWS cannot be reached.

        """
        with _raise_promotion_end_errors():
            before = self._reader.read_metadata(image_set, version, None)
            after = self._reader.read_metadata(image_set, str(int(version) + 1), None)
        return match_versions(request, before, after) is VersionMatch.EXACT

    def search_primaries(self, study: str) -> list[ImageSetSummary]:
        """Return the primary image sets of a study. Raises AwsError, or PromotionEndError for an unusable answer."""
        summaries = list(self.service.search(self.datastore, {"StudyInstanceUID": study}))
        if any(
            summary.attributes.get("StudyInstanceUID") != study or not summary.attributes.get("SeriesInstanceUID")
            for summary in summaries
        ):
            raise PromotionEndError(
                PromotionOutcome.NOT_READABLE,
                "SearchImageSets returns image sets of another study or without a series",
            )
        return [summary for summary in summaries if summary.isPrimary]

    def read_primaries(self, study: str, series: str) -> list[ImageSetContent]:
        """Return the contents of the primary image sets of a series, and of some other image sets of its study.

        From the other image sets, one is read for each combination of values of the study's grouping attributes.
        """
        summaries = self.search_primaries(study)
        chosen = {
            tuple(summary.attributes.get(keyword, "") for keyword in _STUDY_KEYWORDS): summary for summary in summaries
        }
        ids = [summary.imageSetId for summary in summaries if summary.attributes["SeriesInstanceUID"] == series]
        ids += [summary.imageSetId for summary in chosen.values() if summary.imageSetId not in ids]
        return [self.read_content(image_set) for image_set in ids]

    def find_primary_with_instances(
        self, study: str, series: str, instances: Collection[str]
    ) -> ImageSetContent | None:
        """Return the primary image set of a series that has all these instances; None if no image set has them."""
        for summary in self.search_primaries(study):
            if summary.attributes["SeriesInstanceUID"] == series:
                content = self.read_content(summary.imageSetId)
                if content.instances.keys() >= set(instances):
                    return content
        return None


@contextmanager
def _raise_promotion_end_errors() -> Iterator[None]:
    """Return a context manager that raises PromotionEndError in place of ImageSetEndError."""
    try:
        yield
    except ImageSetEndError as error:
        is_locked = error.outcome is UpdateOutcome.LOCKED
        outcome = PromotionOutcome.LOCKED if is_locked else PromotionOutcome.NOT_READABLE
        raise PromotionEndError(outcome, error.reason) from None


def _make_content(properties: ImageSetProperties, stored: StoredImageSet) -> ImageSetContent:
    if len(stored.series) != 1:
        raise PromotionEndError(PromotionOutcome.NOT_READABLE, "it does not have exactly one series")
    ((series_uid, series),) = stored.series.items()
    return ImageSetContent(
        image_set_id=properties.imageSetId,
        version=properties.versionId,
        is_primary=properties.isPrimary,
        study_instance_uid=stored.study_instance_uid,
        series_instance_uid=series_uid,
        patient=stored.patient,
        study=stored.study,
        series=series.attributes,
        instances=series.instances,
    )
