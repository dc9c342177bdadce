"""Answer the operations on image sets: search, properties, metadata, versions and deletion.

Rules of the stand-in only, because AWS does not document them: the workflow status of the first version is CREATED and
that of later versions IMPORTED; an image set that was deleted has a state, and no metadata; an operation that needs an
image set which is LOCKED is refused with ConflictException.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicommap.testing.answer_pages import make_page
from dicommap.testing.faults import IMAGE_SET_FAULTS, METADATA_FAULTS, FaultQueue
from dicommap.testing.image_set_metadata import MetadataBlob, build_image_set_metadata, compress_metadata
from dicommap.testing.image_set_search import DEFAULT_SORT, search_image_sets
from dicommap.testing.metadata_faults import make_faulty_blob
from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.testing.behaviour import Behaviour
    from dicommap.testing.image_sets import ImageSet, ImageSets, ImageSetVersion


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
        page = make_page("imageSetsMetadataSummaries", summaries, request)
        return {**page, "sort": criteria.get("sort", DEFAULT_SORT)}

    def get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer GetImageSet."""
        image_set, fault = self._find("GetImageSet", request)
        properties = _describe_version(image_set, _find_version(image_set, request), fault)
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
        image_set, fault = self._find("GetImageSetMetadata", request)
        _require_available(image_set, fault)
        version = _find_version(image_set, request)
        metadata_fault = self.faults.take(METADATA_FAULTS, "GetImageSetMetadata", _list_names(image_set))
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
        image_set, fault = self._find("ListImageSetVersions", request)
        versions = [_describe_version(image_set, version, fault) for version in reversed(image_set.versions)]
        return make_page("imageSetPropertiesList", versions, request)

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteImageSet. The answer says DELETING, and the next request for the image set says DELETED."""
        image_set, fault = self._find("DeleteImageSet", request)
        _require_available(image_set, fault)
        self.image_sets.delete(image_set)
        return {
            "datastoreId": image_set.datastore_id,
            "imageSetId": image_set.image_set_id,
            "imageSetState": "LOCKED",
            "imageSetWorkflowStatus": "DELETING",
        }

    def _find(self, operation: str, request: Mapping[str, Any]) -> tuple[ImageSet, str | None]:
        """Return the image set of a request, and a kind of IMAGE_SET_FAULTS that happens to this request, or None."""
        image_set = self.image_sets.get(request["datastoreId"], request["imageSetId"])
        if image_set is None:
            raise ServiceError("ResourceNotFoundException", "The data store has no such image set.")
        fault = self.faults.take(IMAGE_SET_FAULTS, operation, _list_names(image_set))
        return image_set, None if fault is None else fault.kind


def _list_names(image_set: ImageSet) -> tuple[str, str, str]:
    """Return the image set's id, Study Instance UID and Series Instance UID, for `Fault.match`."""
    latest = image_set.latest.latest_instance
    return image_set.image_set_id, latest.study_instance_uid, latest.series_instance_uid


def _require_available(image_set: ImageSet, fault: str | None) -> None:
    if image_set.deleted_at or fault == "deleted":
        raise ServiceError("ResourceNotFoundException", "The image set was deleted.")
    if fault == "locked":
        # Users of HealthImaging report this message.
        raise ServiceError("ConflictException", "Requested ImageSet metadata is not consistent yet.")


def _find_version(image_set: ImageSet, request: Mapping[str, Any]) -> ImageSetVersion:
    wanted = request.get("versionId", str(image_set.version))
    for version in image_set.versions:
        if str(version.number) == wanted:
            return version
    raise ServiceError("ResourceNotFoundException", "The image set has no such version.")


def _get_state(image_set: ImageSet, version: ImageSetVersion, fault: str | None) -> tuple[str, str]:
    """Return the state and the workflow status of a version."""
    if image_set.deleted_at or fault == "deleted":
        return "DELETED", "DELETED"
    if fault == "locked":
        return "LOCKED", "UPDATING"
    return "ACTIVE", "CREATED" if version.number == 1 else "IMPORTED"


def _describe_version(image_set: ImageSet, version: ImageSetVersion, fault: str | None) -> dict[str, Any]:
    state, status = _get_state(image_set, version, fault)
    return {
        "imageSetId": image_set.image_set_id,
        "versionId": str(version.number),
        "imageSetState": state,
        # The service model writes this member with a capital I.
        "ImageSetWorkflowStatus": status,
        "createdAt": image_set.versions[0].created_at,
        "updatedAt": version.created_at,
        "deletedAt": image_set.deleted_at or (version.created_at if fault == "deleted" else None),
        "isPrimary": image_set.is_primary,
    }
