"""The observation of one job of a probe: its status, its job manifests, and the stored values of its studies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dicommap.healthimaging.request_agreement import RequestAgreement
from dicommap.verification.stored_metadata import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.probing.probe_job import ProbeJob, Watch
    from dicommap.verification.stored_metadata import StoredImageSet

SERVER_ERROR_TYPES = frozenset({"InternalServerException", "ThrottlingException", "ServiceUnavailableException"})
"""Types of exceptions in job manifests that are no answer to a question: the service itself had a problem."""

MAX_ELEMENTS = 10
"""Maximum number of elements of a stored array in an observation. Files of 1, 10 and 50 MB have thousands of items."""

Report = Literal["", "job-failed", "files-failed", "warned", "server-error"]
"""The kind of problem that a job reported for a study. The empty text means that it reported no problem.

`server-error`: the problem is one of the service or of its permissions, which says nothing about override files.
"""
_OTHER_CAUSES = re.compile(
    r"internal|throttl|access ?denied|not authori[sz]ed|permission|assume|time[d -]*out|unavailable|not reached|"
    r"refused by Amazon",
    re.IGNORECASE,
)
"""Words in the message of a failed job for which an override file cannot be the cause. AWS documents no messages."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RecordNote(_Document):
    """One record of a job manifest that is about an object of the job."""

    kind: Literal["SUCCESS", "FAILURE", "WARNING"]
    inputFile: str
    exceptionType: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()


class StoredInstance(_Document):
    """The stored attributes of one instance, including the attributes of its patient, study and series."""

    sopInstanceUid: str
    imageSetId: str
    isPrimary: bool | None = None
    attributes: dict[str, Any] = Field(repr=False)
    """Keyword, or tag of a private element -> the stored value as JSON. A long array has only its first elements."""
    lengths: dict[str, int] = Field(default_factory=dict, repr=False)
    """Keyword -> the length of the stored array, if it has more than MAX_ELEMENTS elements."""


class Observation(_Document):
    """The result of one job of a probe. It is saved, so that no job is observed twice."""

    version: Literal[1] = 1
    job: str
    """The name of the job."""
    number: str
    jobId: str
    jobStatus: str
    message: str = ""
    configuration: RequestAgreement | None = None
    """Whether the service returned the importConfiguration that was sent; None if it returned none."""
    isConfigurationSent: bool
    scanned: int | None = None
    """The number of scanned files in job-output-manifest.json; None if it is not known."""
    records: tuple[RecordNote, ...] = ()
    stored: tuple[StoredInstance, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Image sets whose metadata cannot be used, each with the reason. Then nothing is known about their values."""
    unreadableRecords: int = 0
    """Lines of the job manifests that are no records. Then it is not known whether another problem was reported."""
    observedAt: str

    @property
    def has_failed(self) -> bool:
        """Return whether the job has failed as a whole, and not only for single files."""
        return self.jobStatus == "FAILED"

    @property
    def has_lost_configuration(self) -> bool:
        """Return whether the service returns the job without the importConfiguration that was sent."""
        return self.isConfigurationSent and self.configuration != "same"

    def select_records(self, paths: Iterable[str]) -> list[RecordNote]:
        """Return the records about objects with these paths below the job's prefix."""
        suffixes = tuple(f"/{path}" for path in paths)
        return [record for record in self.records if f"/{record.inputFile}".endswith(suffixes)]

    def get_report(self, paths: Iterable[str]) -> Report:
        """Return how the job reported a problem with the objects at these paths."""
        if self.has_failed:
            return "server-error" if _OTHER_CAUSES.search(self.message) else "job-failed"
        records = self.select_records(paths)
        failures = [record for record in records if record.kind == "FAILURE"]
        if failures:
            is_server_error = any(record.exceptionType in SERVER_ERROR_TYPES for record in failures)
            return "server-error" if is_server_error else "files-failed"
        return "warned" if any(record.kind == "WARNING" for record in records) else ""

    def find_values(self, watch: Watch) -> list[Any]:
        """Return the stored values of a watched attribute, one for each stored instance of its study.

        A value is ABSENT if the instance does not have the attribute. An instance may be in several image sets.
        """
        return [_get_watched_value(instance, watch) for instance in self._select_instances_of_study(watch)]

    def _select_instances_of_study(self, watch: Watch) -> list[StoredInstance]:
        uids = set(watch.study.sop_instance_uids)
        return [instance for instance in self.stored if instance.sopInstanceUid in uids]

    def get_state(self, watch: Watch) -> str:
        """Return the state of a watched attribute in the data store.

        A state is one of the names in the watch's values, such as `before` or `after`. Other states are `empty`,
        `absent`, `other`, `not stored`, `partly stored` if instances of the study are missing, and `mixed` if the
        values of the instances differ.
        """
        instances = self._select_instances_of_study(watch)
        if not instances:
            return "not stored"
        if len({instance.sopInstanceUid for instance in instances}) < watch.instances:
            return "partly stored"
        states = {_find_state_name(value, watch.values) for value in self.find_values(watch)}
        return states.pop() if len(states) == 1 else "mixed"


def _get_watched_value(instance: StoredInstance, watch: Watch) -> Any:  # noqa: ANN401  JSON of any type
    """Return the value that a watch compares: of an attribute, of a member of its item, or its number of items."""
    value = instance.attributes.get(watch.keyword, ABSENT)
    if watch.is_count and isinstance(value, list | dict):
        return instance.lengths.get(watch.keyword, len(value) if isinstance(value, list) else 1)
    if not watch.member or value is ABSENT:
        return value
    if isinstance(value, list) and len(value) > 1:
        return value  # the uploaded files have one item: it is not known which stored item is that one
    item = value[0] if isinstance(value, list) and value else value
    return item.get(watch.member, ABSENT) if isinstance(item, dict) else item


def _find_state_name(value: Any, values: Mapping[str, str]) -> str:  # noqa: ANN401  JSON of any type
    """Return the name of the state in which a stored value is: `absent`, `empty`, one of `values`, or `other`."""
    if value is ABSENT:
        return "absent"
    text = format_stored_value(value)
    if not text:
        return "empty"
    return next((state for state, expected in values.items() if _is_equal_text(text, expected)), "other")


def _is_equal_text(text: str, expected: str) -> bool:
    """Return whether two texts are equal, or are the same number."""
    if text == expected:
        return True
    try:
        return float(text) == float(expected)
    except ValueError:
        return False


def format_stored_value(value: Any) -> str:  # noqa: ANN401  JSON of any type
    """Return a stored value as text without padding. Return an empty text for null, an empty list or an empty item."""
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, list):
        return "\\".join(map(format_stored_value, value))
    if isinstance(value, dict):
        return "=".join(format_stored_value(member) for member in value.values()).rstrip("=")
    return str(value).strip()


def list_stored_instances(
    stored: StoredImageSet, image_set_id: str, *, is_primary: bool | None
) -> list[StoredInstance]:
    """Return the instances in the metadata of an image set.

    Args:
        stored: The metadata of the image set.
        image_set_id: Its id.
        is_primary: Whether it is primary; None if that is not known.

    """
    return [
        StoredInstance(
            sopInstanceUid=uid,
            imageSetId=image_set_id,
            isPrimary=is_primary,
            attributes={name: _shorten_array(value) for name, value in merged.items()},
            lengths={
                name: len(value)
                for name, value in merged.items()
                if isinstance(value, list) and len(value) > MAX_ELEMENTS
            },
        )
        for series in stored.series.values()
        for uid, attributes in series.instances.items()
        for merged in [stored.patient | stored.study | series.attributes | attributes]
    ]


def _shorten_array(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    return value[:MAX_ELEMENTS] if isinstance(value, list) else value


def has_imported_all_studies(job: ProbeJob, observation: Observation) -> bool:
    """Return whether at least one instance of each study of a job is stored."""
    stored = {instance.sopInstanceUid for instance in observation.stored}
    return all(stored & set(study.sop_instance_uids) for study in job.studies)
