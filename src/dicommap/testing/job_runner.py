"""Run a job of the stand-in: read objects, apply overrides, write job manifests."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID
from dicommap.dicom.strict_json import parse_json
from dicommap.issues import Severity
from dicommap.model.study import Target
from dicommap.overrides.override_file import parse_override_data_set
from dicommap.testing.image_sets import ImageSets, ImportedInstance
from dicommap.testing.importable_files import (
    FileWarning,
    ImportableFile,
    RejectedFileError,
    get_first_text,
    read_importable_file,
)
from dicommap.testing.job_manifest_texts import ObjectOutcomes, build_job_manifests
from dicommap.validation.configuration_check import check_override_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dicommap.aws import Clients
    from dicommap.dicom.json_model import DataSet
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.testing.behaviour import Behaviour, Fault
    from dicommap.testing.started_jobs import StartedJob


REQUESTED_WARNING = FileWarning(code=47513, type="Other", message="As requested by the test")


class OverrideFileError(Exception):
    """Raised if a job's override files cannot be applied. The message names the mapping by its index."""


@dataclass(frozen=True)
class JobOverrides:
    """The data sets of a job's override files, by target (study or series)."""

    by_target: Mapping[Target, DataSet]

    @classmethod
    def parse(
        cls, mappings: list[dict[str, str]], contents: Mapping[str, bytes], assumptions: Assumptions
    ) -> JobOverrides:
        """Parse the override files of mappings. AWS does not document the effect of invalid files.

        Args:
            mappings: The mappings of the import configuration.
            contents: metadataFilePath -> the bytes of the override file.
            assumptions: The assumed form of override files.

        Raises:
            OverrideFileError: A file is absent or invalid, or two mappings have the same target.

        """
        by_target: dict[Target, DataSet] = {}
        for index, mapping in enumerate(mappings):
            target = Target(
                study_instance_uid=mapping["studyInstanceUID"], series_instance_uid=mapping.get("seriesInstanceUID")
            )
            content = contents.get(mapping["metadataFilePath"])
            if content is None:
                raise OverrideFileError(f"The metadata file of mapping {index} does not exist")
            if target in by_target:
                raise OverrideFileError(f"Mapping {index} has the same target as another mapping")
            by_target[target] = _read_override(content, target, assumptions, index)
        return cls(by_target)

    def apply_to(self, data_set: DataSet, study: str, series: str) -> DataSet:
        """Return a copy of an instance's data set with the overrides of its study, and then those of its series."""
        result = dict(data_set)
        for target in (
            Target(study_instance_uid=study),
            Target(study_instance_uid=study, series_instance_uid=series),
        ):
            result |= self.by_target.get(target, {})
        return result


def _read_override(content: bytes, target: Target, assumptions: Assumptions, index: int) -> DataSet:
    errors = [issue for issue in check_override_file(content, target, assumptions) if issue.severity is Severity.ERROR]
    if errors:
        raise OverrideFileError(f"The metadata file of mapping {index} is not valid: {errors[0].code}")
    return parse_override_data_set(parse_json(content)[0], assumptions)


class JobFailedError(Exception):
    """Raised if the whole job fails. The exception's message becomes the job's message."""


@dataclass(kw_only=True)
class JobRunner:
    """Runner of import jobs: reads objects from S3, adds instances to image sets, and writes job manifests."""

    clients: Clients
    behaviour: Behaviour
    image_sets: ImageSets

    def run(self, job: StartedJob, faults: Sequence[Fault]) -> str | None:
        """Run a job, and return its message if it fails.

        Args:
            job: The job.
            faults: The faults to simulate.

        Returns:
            The message of a failed job; None if the job is COMPLETED.

        """
        from botocore.exceptions import BotoCoreError, ClientError

        messages = [fault.text for fault in faults if fault.kind == "job-failed"]
        if messages:
            return messages[0]
        try:
            outcome = self._import_objects(job, faults)
            self._write_job_manifests(
                job, build_job_manifests(job, outcome, self.behaviour, {fault.kind for fault in faults})
            )
        except (JobFailedError, OverrideFileError) as error:
            return str(error)
        except ClientError as error:
            return f"{error.operation_name} was refused by Amazon S3: {error.response['Error']['Code']}"
        except BotoCoreError as error:
            return f"Amazon S3 was not reached: {type(error).__name__}"
        return None

    def _import_objects(self, job: StartedJob, faults: Sequence[Fault]) -> ObjectOutcomes:
        sizes = dict(self._list_objects(job))
        self._check_quotas(job, sizes)
        paths = {job.key(mapping["metadataFilePath"]): mapping["metadataFilePath"] for mapping in job.mappings}
        contents = {path: self._read_object(job, key) for key, path in paths.items() if key in sizes}
        overrides = JobOverrides.parse(job.mappings, contents, self.behaviour.assumptions)
        outcome = ObjectOutcomes()
        for key, size in sizes.items():
            if key in paths and self.behaviour.override_files == "ignored":
                continue
            faults_by_kind = {fault.kind: fault for fault in faults if fault.match in key}
            self._import_object(job, key, size, overrides, outcome, faults_by_kind)
        return outcome

    def _import_object(
        self,
        job: StartedJob,
        key: str,
        size: int,
        overrides: JobOverrides,
        outcome: ObjectOutcomes,
        faults: Mapping[str, Fault],
    ) -> None:
        for kind, exception in (("rejected", "ValidationException"), ("server-error", "InternalServerException")):
            if kind in faults:
                outcome.rejected[key] = (exception, faults[kind].text)
                return
        try:
            file = self._read_file(job, key, size)
        except RejectedFileError as error:
            outcome.rejected[key] = ("ValidationException", str(error))
            return
        study, series = (get_first_text(file.data_set, tag) for tag in (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID))
        after = overrides.apply_to(file.data_set, study, series)
        instance = ImportedInstance(job_id=job.job_id, key=key, before=file.data_set, after=after)
        image_set = self.image_sets.add(job.datastore_id, instance)
        if "unreported" in faults:
            return
        outcome.imported[key] = image_set
        warned = (*file.warnings, *([REQUESTED_WARNING] if "warned" in faults else []))
        if warned:
            outcome.warned[key] = warned

    def _read_file(self, job: StartedJob, key: str, size: int) -> ImportableFile:
        if size > self.behaviour.quotas.fileBytes:
            raise RejectedFileError("The file is larger than a DICOM P10 file may be")
        return read_importable_file(self._read_object(job, key))

    def _check_quotas(self, job: StartedJob, sizes: Mapping[str, int]) -> None:
        # Users report a message that begins with FILE_COUNTS_LIMIT. The rest of these messages was invented for the
        # stand-in.
        quotas = self.behaviour.quotas
        counts = {
            "FILE_COUNTS_LIMIT": (len(sizes), quotas.files),
            "FILE_SIZES_LIMIT": (sum(sizes.values()), quotas.bytes),
            "FOLDER_COUNTS_LIMIT": (len(_find_folders(job, sizes)), quotas.folders),
        }
        for name, (count, limit) in counts.items():
            if count > limit:
                raise JobFailedError(f"{name}: the job has {count} and may have {limit}")

    def _list_objects(self, job: StartedJob) -> Iterator[tuple[str, int]]:
        """Yield the key and size of each object below the job's prefix, except empty objects that represent folders."""
        pages = self.clients.s3.get_paginator("list_objects_v2").paginate(
            Bucket=job.input_bucket, Prefix=job.input_prefix
        )
        for page in pages:
            for listed in page.get("Contents", ()):
                if listed["Size"] or not listed["Key"].endswith("/"):
                    yield listed["Key"], listed["Size"]

    def _read_object(self, job: StartedJob, key: str) -> bytes:
        body: bytes = self.clients.s3.get_object(Bucket=job.input_bucket, Key=key)["Body"].read()
        return body

    def _write_job_manifests(self, job: StartedJob, texts: Mapping[str, str]) -> None:
        bucket, _, prefix = job.output_folder.removeprefix("s3://").partition("/")
        for path, text in texts.items():
            self.clients.s3.put_object(Bucket=bucket, Key=prefix + path, Body=text.encode())


def _find_folders(job: StartedJob, keys: Mapping[str, int]) -> set[str]:
    """Return the folders of all levels below the job's prefix that contain any of the keys."""
    folders: set[str] = set()
    for key in keys:
        folder = dirname(key.removeprefix(job.input_prefix))
        while folder and folder not in folders:
            folders.add(folder)
            folder = dirname(folder)
    return folders
