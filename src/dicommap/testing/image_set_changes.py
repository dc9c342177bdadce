"""Answer the operations that change image sets: UpdateImageSetMetadata and CopyImageSet.

The developer guide describes both ("Updating image set metadata", "Copying an image set"). Rules of the stand-in only,
because AWS does not document them: a request that is not valid is refused at once, and a copy that cannot succeed ends
as COPY_FAILED; includeStudyImageSets is for primary image sets, and for attributes of patient and study; without it,
such attributes of a primary image set cannot change if the study has another one; only an image set that is not primary
can be promoted, and without a destination.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dicommap.healthimaging.levels import Level
from dicommap.testing.faults import CHANGE_FAULTS, IMAGE_SET_FAULTS, Fault, FaultQueue
from dicommap.testing.image_set_handlers import READABLE, list_fault_match_texts, require_available_image_set
from dicommap.testing.image_sets import ImageSet, PendingChange
from dicommap.testing.metadata_updates import (
    UID_ATTRIBUTES,
    MetadataUpdate,
    make_refusal_error,
    merge_shared_attributes,
)
from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.dicom.json_model import Attribute
    from dicommap.testing.behaviour import Behaviour
    from dicommap.testing.image_sets import ImageSets, ImportedInstance

OTHER_CHANGE: tuple[str, Attribute] = ("00104000", {"vr": "LT", "Value": ["Changed by somebody else"]})
"""Tag and attribute (Patient Comments) that the fault `changed-meanwhile` sets."""
_STUDY_LEVELS = {Level.PATIENT, Level.STUDY}


@dataclass(kw_only=True)
class ImageSetChangeHandlers:
    """Handlers of the operations that change image sets."""

    image_sets: ImageSets
    behaviour: Behaviour
    faults: FaultQueue

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer UpdateImageSetMetadata."""
        image_set, fault = self._get_changeable_image_set(
            "UpdateImageSetMetadata", request["datastoreId"], request["imageSetId"]
        )
        _require_latest_version(image_set, request["latestVersionId"])
        updates = request["updateImageSetMetadataUpdates"]
        if "revertToVersionId" in updates:
            if request.get("includeStudyImageSets"):
                raise make_refusal_error("includeStudyImageSets is not supported with revertToVersionId.")
            changed = {image_set: _get_version_instances(image_set, updates["revertToVersionId"])}
        else:
            update = MetadataUpdate.parse(updates["DICOMUpdates"], force=request.get("force", False))
            targets = self._select_targets(image_set, update, include_study=request.get("includeStudyImageSets", False))
            changed = {target: update.apply_to(target.latest, self.behaviour) for target in targets}
        statuses = {
            target.image_set_id: "UPDATING" if target is image_set else "UPDATING_FOR_STUDY_CONSISTENCY"
            for target in changed
        }
        for target, instances in changed.items():
            self.image_sets.replace_instances(target, instances, "UPDATED")
        self._lock_image_sets(
            list(changed), statuses, None if fault is None else fault.message_or_default, "UPDATE_FAILED"
        )
        return {
            "datastoreId": image_set.datastore_id,
            **_make_locked_properties(image_set, "UPDATING"),
        }

    def copy(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CopyImageSet."""
        datastore_id, information = request["datastoreId"], request["copyImageSetInformation"]
        source, fault = self._get_changeable_image_set("CopyImageSet", datastore_id, request["sourceImageSetId"])
        _require_latest_version(source, information["sourceImageSet"]["latestVersionId"])
        instances = _select_instances_to_copy(source, information["sourceImageSet"].get("DICOMCopies"))
        problem = None if fault is None else fault.message_or_default
        if "destinationImageSet" in information:
            if request.get("promoteToPrimary"):
                raise make_refusal_error("promoteToPrimary and a destination cannot be combined.")
            named = information["destinationImageSet"]
            destination, _ = self._get_changeable_image_set("", datastore_id, named["imageSetId"])
            _require_latest_version(destination, named["latestVersionId"])
            if not request.get("force") and not _has_equal_attributes(source, destination):
                raise make_refusal_error("The metadata of the source and of the destination are not consistent.")
            problem = problem or self._merge_instances(destination, instances)
        elif request.get("promoteToPrimary"):
            destination, found = self._promote_image_set(source, instances)
            problem = problem or found
        else:
            destination = self.image_sets.create_from_copies(datastore_id, instances, is_primary=False)
        statuses = {source.image_set_id: READABLE, destination.image_set_id: "COPYING"}
        self._lock_image_sets([source, destination], statuses, problem, "COPY_FAILED", changed=[destination])
        return {
            "datastoreId": datastore_id,
            "sourceImageSetProperties": _make_locked_properties(source, READABLE),
            "destinationImageSetProperties": _make_locked_properties(destination, "COPYING"),
        }

    def _get_changeable_image_set(
        self, operation: str, datastore_id: str, image_set_id: str
    ) -> tuple[ImageSet, Fault | None]:
        """Return an image set that can be changed, and the fault `change-failed` if it happens to this request."""
        image_set = self.image_sets.get(datastore_id, image_set_id)
        if image_set is None:
            raise ServiceError("ResourceNotFoundException", "The data store has no such image set.")
        names = list_fault_match_texts(image_set)
        fault = self.faults.take(IMAGE_SET_FAULTS, operation, names)
        require_available_image_set(image_set, None if fault is None else fault.kind)
        fault = self.faults.take(CHANGE_FAULTS, operation, names)
        if fault is not None and fault.kind == "changed-meanwhile":
            tag, attribute = OTHER_CHANGE
            self.image_sets.replace_instances(
                image_set,
                [replace(instance, after={**instance.after, tag: attribute}) for instance in image_set.instances],
                "UPDATED",
            )
            return image_set, None
        return image_set, fault

    def _select_targets(self, image_set: ImageSet, update: MetadataUpdate, *, include_study: bool) -> list[ImageSet]:
        """Return the image sets that an update changes. Raises ServiceError if it may not change them."""
        if image_set.is_primary:
            self._require_allowed_on_primary(update)
        study = self.image_sets.select_same_study(image_set)
        if not include_study:
            if len(study) > 1 and update.changed_levels & _STUDY_LEVELS:
                raise make_refusal_error("Attributes of patient and study need includeStudyImageSets in this study.")
            return [image_set]
        if not image_set.is_primary:
            raise make_refusal_error("includeStudyImageSets is supported for primary image sets.")
        if update.changed_levels - _STUDY_LEVELS:
            raise make_refusal_error("includeStudyImageSets is supported for attributes of patient and study.")
        for other in study:
            require_available_image_set(other, None)
        return study

    def _require_allowed_on_primary(self, update: MetadataUpdate) -> None:
        if update.attribute_names & UID_ATTRIBUTES:
            raise make_refusal_error("UIDs of a primary image set cannot be updated.")
        if update.force and self.behaviour.force_on_primary == "refused":
            raise make_refusal_error("force is not supported for primary image sets.")
        if update.changed_levels & self.behaviour.fixed_primary_levels:
            raise make_refusal_error("Attributes of this level cannot be updated for primary image sets.")

    def _promote_image_set(
        self, source: ImageSet, instances: dict[str, ImportedInstance]
    ) -> tuple[ImageSet, str | None]:
        """Return the image set with the promoted instances, and the reason why the promotion fails, or None."""
        if source.is_primary:
            raise make_refusal_error("The image set is primary.")
        first = next(iter(instances.values()))
        if any(self.image_sets.find_conflicts(source.datastore_id, first)):
            failed = self.image_sets.create_from_copies(source.datastore_id, instances, is_primary=False)
            return failed, "The image set has conflicts with primary image sets"
        for primary in self.image_sets.select_primaries(source.datastore_id, first.study_instance_uid):
            is_same_series = primary.latest.series_instance_uid == first.series_instance_uid
            if is_same_series and self.behaviour.promoted_series == "merged":
                require_available_image_set(primary, None)
                return primary, self._merge_instances(primary, instances)
        return self.image_sets.create_from_copies(source.datastore_id, instances, is_primary=True), None

    def _merge_instances(self, destination: ImageSet, instances: dict[str, ImportedInstance]) -> str | None:
        """Add instances to an image set, and return the reason why the copy fails; None if it succeeds."""
        duplicates = destination.latest.by_uid.keys() & instances.keys()
        added = [
            merge_shared_attributes(destination.latest, one) for uid, one in instances.items() if uid not in duplicates
        ]
        self.image_sets.replace_instances(destination, [*added, *destination.instances], "COPIED")
        return "SOP Instance UIDs are not unique" if duplicates else None

    def _lock_image_sets(
        self,
        image_sets: list[ImageSet],
        statuses: dict[str, str],
        problem: str | None,
        failed_status: str,
        *,
        changed: list[ImageSet] | None = None,
    ) -> None:
        """Lock image sets until their change ends, with the workflow status of each.

        Args:
            image_sets: The image sets to lock.
            statuses: Image set id -> workflow status while it is locked.
            problem: The reason why the change fails; None if it succeeds.
            failed_status: The workflow status after a failure.
            changed: The image sets that have a new version; None for all.

        """
        fail = None
        if problem is not None:
            fail = partial(self._fail_change, image_sets if changed is None else changed, problem, failed_status)
        change = PendingChange(statuses=statuses, reads_left=self.behaviour.locked_reads, fail=fail)
        for image_set in image_sets:
            image_set.pending = change

    def _fail_change(self, image_sets: list[ImageSet], problem: str, status: str) -> None:
        for image_set in image_sets:
            if len(image_set.versions) == 1:
                self.image_sets.delete(image_set)
            elif self.behaviour.failed_changes == "no-version":
                self.image_sets.remove_latest_version(image_set)
            else:
                old = [*image_set.versions[-2].by_uid.values()]
                self.image_sets.remove_latest_version(image_set)
                self.image_sets.replace_instances(image_set, old, status)
            image_set.latest.status, image_set.latest.message = status, problem


def _make_locked_properties(image_set: ImageSet, status: str) -> dict[str, Any]:
    return {
        "imageSetId": image_set.image_set_id,
        "latestVersionId": str(image_set.version),
        "imageSetState": "LOCKED",
        "imageSetWorkflowStatus": status,
        "createdAt": image_set.versions[0].created_at,
        "updatedAt": image_set.latest.created_at,
    }


def _require_latest_version(image_set: ImageSet, version: str) -> None:
    if version != str(image_set.version):
        raise ServiceError("ConflictException", "The latest version of the image set is another one.")


def _get_version_instances(image_set: ImageSet, version: str) -> list[ImportedInstance]:
    for known in image_set.versions:
        if str(known.number) == version:
            return list(known.by_uid.values())
    raise make_refusal_error("The image set has no version to which to revert.")


def _has_equal_attributes(source: ImageSet, destination: ImageSet) -> bool:
    """Return whether two image sets have the same attributes of patient, study and series."""
    shared = merge_shared_attributes(source.latest, destination.latest.latest_instance)
    return shared.after == destination.latest.latest_instance.after


def _select_instances_to_copy(source: ImageSet, copies: Mapping[str, str] | None) -> dict[str, ImportedInstance]:
    """Return the instances to copy: SOP Instance UID -> instance, with the attributes of the image set."""
    instances = {uid: merge_shared_attributes(source.latest, one) for uid, one in source.latest.by_uid.items()}
    if copies is None:
        return instances
    try:
        series = json.loads(copies["copiableAttributes"])["Study"]["Series"]
        chosen = list(series[source.latest.series_instance_uid]["Instances"])
        selected = {uid: instances[uid] for uid in chosen}
    except (ValueError, LookupError, TypeError, RecursionError):
        selected = {}
    if not selected:
        raise make_refusal_error("copiableAttributes does not name instances of the source.")
    return selected
