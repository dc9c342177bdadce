"""Answer the operations on image sets: search, properties, metadata, versions and deletion.

Rules of the stand-in only, because AWS does not document them: the workflow status of the first version is CREATED and
that of later imported versions IMPORTED; an image set that was deleted has a state, and no metadata; an operation that
needs an image set which is LOCKED is refused with ConflictException. While an image set is LOCKED, its properties and
SearchImageSets already show the version that the update or copy makes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicommap.testing.answer_pages import make_answer_page
from dicommap.testing.faults import IMAGE_SET_FAULTS, METADATA_FAULTS, FaultQueue
from dicommap.testing.image_set_metadata import MetadataBlob, build_image_set_metadata, compress_metadata
from dicommap.testing.image_set_search import DEFAULT_SORT, search_image_sets
from dicommap.testing.metadata_faults import make_faulty_blob
from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.testing.behaviour import Behaviour
    from dicommap.testing.image_sets import ImageSet, ImageSets, ImageSetVersion

READABLE = "COPYING_WITH_READ_ONLY_ACCESS"
"""The workflow status of the source of a copy, whose metadata can be read although it is LOCKED."""


@dataclass(kw_only=True)
class ImageSetHandlers:
    """Handlers of the operations on the stand-in's image sets."""

    image_sets: ImageSets
    behaviour: Behaviour
    faults: FaultQueue
    _bodies: dict[tuple[str, int], bytes] = field(default_factory=dict)
    """(image set id, version) -> compressed metadata. A version never changes after its job."""

    def search(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer SearchImageSets."""
        criteria = request.get("searchCriteria", {})
        summaries = search_image_sets(self.image_sets, request["datastoreId"], criteria)
        page = make_answer_page("imageSetsMetadataSummaries", summaries, request)
        return {**page, "sort": criteria.get("sort", DEFAULT_SORT)}

    def get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer GetImageSet."""
        image_set, fault = self._get_image_set_and_fault("GetImageSet", request)
        self._count_read(image_set)
        properties = _make_version_properties(image_set, _get_requested_version(image_set, request), fault)
        status = properties.pop("ImageSetWorkflowStatus")
        return {
            **properties,
            "datastoreId": image_set.datastore_id,
            "imageSetWorkflowStatus": status,
            "imageSetArn": f"arn:aws:medical-imaging:us-east-1:123456789012:datastore/{image_set.datastore_id}"
            f"/imageset/{image_set.image_set_id}",
            "lastAccessedAt": image_set.latest.created_at,
            "storageTier": "FREQUENT_ACCESS",
        }

    def get_metadata(self, request: Mapping[str, Any]) -> MetadataBlob:
        """Answer GetImageSetMetadata."""
        image_set, fault = self._get_image_set_and_fault("GetImageSetMetadata", request)
        self._count_read(image_set)
        require_available_image_set(image_set, fault, reads=True)
        version = _get_requested_version(image_set, request)
        metadata_fault = self.faults.take(METADATA_FAULTS, "GetImageSetMetadata", list_fault_match_texts(image_set))
        if metadata_fault is not None:
            document = build_image_set_metadata(image_set, version, self.behaviour.number_padding)
            return make_faulty_blob(document, metadata_fault.kind)
        key = (image_set.image_set_id, version.number)
        if key not in self._bodies:
            document = build_image_set_metadata(image_set, version, self.behaviour.number_padding)
            self._bodies[key] = compress_metadata(document)
        return MetadataBlob(self._bodies[key])

    def list_versions(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListImageSetVersions. The latest version is the first."""
        image_set, fault = self._get_image_set_and_fault("ListImageSetVersions", request)
        self._count_read(image_set)
        versions = [_make_version_properties(image_set, version, fault) for version in reversed(image_set.versions)]
        return make_answer_page("imageSetPropertiesList", versions, request)

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteImageSet. The answer says DELETING, and the next request for the image set says DELETED."""
        image_set, fault = self._get_image_set_and_fault("DeleteImageSet", request)
        require_available_image_set(image_set, fault)
        self.image_sets.delete(image_set)
        return {
            "datastoreId": image_set.datastore_id,
            "imageSetId": image_set.image_set_id,
            "imageSetState": "LOCKED",
            "imageSetWorkflowStatus": "DELETING",
        }

    def _get_image_set_and_fault(self, operation: str, request: Mapping[str, Any]) -> tuple[ImageSet, str | None]:
        """Return the image set of a request, and a kind of IMAGE_SET_FAULTS that happens to this request, or None."""
        image_set = self.image_sets.get(request["datastoreId"], request["imageSetId"])
        if image_set is None:
            raise ServiceError("ResourceNotFoundException", "The data store has no such image set.")
        fault = self.faults.take(IMAGE_SET_FAULTS, operation, list_fault_match_texts(image_set))
        return image_set, None if fault is None else fault.kind

    def _count_read(self, image_set: ImageSet) -> None:
        """Count a read of a LOCKED image set, and end its change after `behaviour.locked_reads` reads."""
        change = image_set.pending
        if change is None or self.behaviour.advance == "call":
            return
        if change.reads_left == 0:
            self.image_sets.end_change(change)
        else:
            change.reads_left -= 1


def list_fault_match_texts(image_set: ImageSet) -> tuple[str, str, str]:
    """Return the image set's id, Study Instance UID and Series Instance UID, for `Fault.match`."""
    latest = image_set.latest
    return image_set.image_set_id, latest.study_instance_uid, latest.series_instance_uid


def require_available_image_set(image_set: ImageSet, fault: str | None, *, reads: bool = False) -> None:
    """Raise ServiceError if an image set was deleted or is LOCKED.

    Args:
        image_set: The image set.
        fault: A kind of IMAGE_SET_FAULTS that happens to the request, or None.
        reads: Whether the request only reads the image set.

    """
    if image_set.deleted_at or fault == "deleted":
        raise ServiceError("ResourceNotFoundException", "The image set was deleted.")
    is_readable = image_set.pending is not None and image_set.pending.statuses[image_set.image_set_id] == READABLE
    if fault == "locked" or (image_set.pending is not None and not (reads and is_readable)):
        # Users of HealthImaging report this message.
        raise ServiceError("ConflictException", "Requested ImageSet metadata is not consistent yet.")


def _get_requested_version(image_set: ImageSet, request: Mapping[str, Any]) -> ImageSetVersion:
    wanted = request.get("versionId", str(image_set.version))
    for version in image_set.versions:
        if str(version.number) == wanted:
            return version
    raise ServiceError("ResourceNotFoundException", "The image set has no such version.")


def _get_state_and_status(image_set: ImageSet, version: ImageSetVersion, fault: str | None) -> tuple[str, str]:
    """Return the state and the workflow status of a version."""
    if image_set.deleted_at or fault == "deleted":
        # A copy into a new image set that failed has no instances, and its image set is gone.
        return "DELETED", version.status if version.status == "COPY_FAILED" else "DELETED"
    if fault == "locked":
        return "LOCKED", "UPDATING"
    if image_set.pending is not None:
        is_latest = version is image_set.latest
        return "LOCKED", image_set.pending.statuses[image_set.image_set_id] if is_latest else version.status
    return "ACTIVE", version.status


def _make_version_properties(image_set: ImageSet, version: ImageSetVersion, fault: str | None) -> dict[str, Any]:
    state, status = _get_state_and_status(image_set, version, fault)
    return {
        "imageSetId": image_set.image_set_id,
        "versionId": str(version.number),
        "imageSetState": state,
        # The service model writes this member with a capital I.
        "ImageSetWorkflowStatus": status,
        "createdAt": image_set.versions[0].created_at,
        "updatedAt": version.created_at,
        "deletedAt": image_set.deleted_at or (version.created_at if fault == "deleted" else None),
        "message": version.message,
        "isPrimary": image_set.is_primary,
    }
