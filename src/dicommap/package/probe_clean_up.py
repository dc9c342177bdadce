"""Find and delete the image sets and S3 objects that a probe has made, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.aws.bucket_listing import list_objects
from dicommap.aws.client_errors import NOT_FOUND_CODES
from dicommap.aws.job_manifests import find_job_folder, list_job_manifest_keys
from dicommap.aws.object_deletion import delete_objects
from dicommap.errors import AwsError
from dicommap.package.probe_jobs import fetch_stored_image_set
from dicommap.verification.stored_metadata import UnreadableMetadataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.aws import Clients
    from dicommap.aws.image_sets import ImageSets
    from dicommap.model.submission import Submission
    from dicommap.package.probe_directory import ProbeRecord
    from dicommap.package.probe_jobs import ProbeJobRequest

_CONFLICT_CODE = "ConflictException"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeTraces:
    """The image sets and objects that a probe has left in a data store and in S3."""

    image_sets: tuple[str, ...]
    """The ids of the image sets of the probe's studies."""
    objects: dict[str, tuple[str, ...]]
    """Bucket -> keys of the probe's objects, and of the job manifests of its jobs."""
    remaining: tuple[tuple[str, str], ...] = ()
    """Names of image sets that are not deleted, each with the reason: they may not belong to the probe."""

    def count_objects(self) -> int:
        """Return the number of objects in all buckets."""
        return sum(map(len, self.objects.values()))


@dataclass(kw_only=True)
class ProbeCleaner:
    """Cleaner that finds and deletes the image sets and objects of a probe."""

    clients: Clients
    image_sets: ImageSets
    record: ProbeRecord
    deleted_image_sets: int = 0
    deleted_objects: int = 0
    _remaining: list[tuple[str, str]] = field(default_factory=list)

    def find_traces(self, requests: Sequence[ProbeJobRequest], states: dict[str, Submission]) -> ProbeTraces:
        """Return the image sets and objects that the submitted jobs of a probe have left.

        Args:
            requests: The requests of the jobs.
            states: Number of a job -> the state of its submission. No job may be running.

        Raises:
            AwsError: AWS refuses a request, or cannot be reached.
        """
        uids = sorted({study.study_instance_uid for request in requests for study in request.job.studies})
        image_sets = [image_set for uid in uids for image_set in self._find_image_sets(uid)]
        folder = self.record.folder
        listed = {folder.key_of(item.key) for item in list_objects(self.clients, folder)}
        keys: dict[str, list[str]] = {}
        for request in requests:
            objects = keys.setdefault(request.prefix.bucket, [])
            objects += (key for key in map(request.make_key, request.job.objects) if key in listed)
            self._add_job_manifest_keys(states[request.id], keys)
        return ProbeTraces(
            image_sets=tuple(image_sets),
            objects={bucket: tuple(dict.fromkeys(objects)) for bucket, objects in keys.items()},
            remaining=tuple(self._remaining),
        )

    def delete_traces(self, traces: ProbeTraces) -> tuple[tuple[str, str], ...]:
        """Delete image sets and objects. Return the names of image sets that remain, each with the reason.

        Raises:
            AwsError: AWS refuses a request, or cannot be reached. A repeated call deletes the rest.
        """
        remaining = list(traces.remaining)
        for image_set in traces.image_sets:
            try:
                self.image_sets.delete(self.record.datastoreId, image_set)
                self.deleted_image_sets += 1
            except AwsError as error:
                if error.code == _CONFLICT_CODE:
                    remaining.append((f"Image set {image_set}", "another operation changes it at the moment"))
                elif error.code not in NOT_FOUND_CODES:
                    raise
        for bucket, keys in traces.objects.items():
            delete_objects(self.clients, bucket, keys)
            self.deleted_objects += len(keys)
        return tuple(remaining)

    def _find_image_sets(self, uid: str) -> Iterator[str]:
        """Yield the ids of the image sets of a study.

        The Study Instance UID of each found image set is checked, so that no other image set is deleted.
        """
        datastore = self.record.datastoreId
        for summary in self.image_sets.search(datastore, {"StudyInstanceUID": uid}):
            try:
                found = summary.attributes.get("StudyInstanceUID") or self._read_study_uid(summary.imageSetId)
            except UnreadableMetadataError as error:
                reason = f"its metadata does not show whether it is the probe's: {error}"
            else:
                if found == uid:
                    yield summary.imageSetId
                    continue
                reason = "SearchImageSets returned it for a study of the probe, but it has another Study Instance UID"
            self._remaining.append((f"Image set {summary.imageSetId}", reason))

    def _read_study_uid(self, image_set: str) -> str:
        stored = fetch_stored_image_set(self.image_sets, self.record.datastoreId, image_set)
        return "" if stored is None else stored.study_instance_uid

    def _add_job_manifest_keys(self, state: Submission, keys: dict[str, list[str]]) -> None:
        """Add the keys of the job manifests of a submitted job to `keys`: bucket -> keys."""
        folder = find_job_folder(state.outputS3Uri, state.datastoreId, state.jobId or "")
        if folder is not None and state.jobId is not None:
            found = list_job_manifest_keys(self.clients, folder)
            keys.setdefault(folder.bucket, []).extend(folder.key_of(key) for key in found)
