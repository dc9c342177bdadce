"""Run a job of the stand-in: read objects, apply overrides, write job manifests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from posixpath import dirname
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID
from dicommap.testing.image_sets import ImageSets, ImportedInstance
from dicommap.testing.importable_files import (
    FileWarning,
    ImportableFile,
    RejectedFileError,
    get_first_text,
    read_importable_file,
)
from dicommap.testing.job_manifest_texts import ObjectOutcomes, build_job_manifests
from dicommap.testing.job_overrides import JobOverrides

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from dicommap.aws import Clients
    from dicommap.testing.behaviour import Behaviour
    from dicommap.testing.faults import Fault
    from dicommap.testing.started_jobs import StartedJob


REQUESTED_WARNING = FileWarning(code=47513, type="Other", message="As requested by the test")
DISCARDED = (45062, "ElementsDiscarded")
"""Code and type of the warning about a refused override.

AWS documents no such warning. This is the most similar one in the developer guide, "Warning codes".
"""
_NO_P10_MESSAGE = "DICOM attributes does not exist"
"""The message of AWS's example for a file that is not a P10 file."""


class JobFailedError(Exception):
    """The error that a whole job fails. Its text becomes the job's message."""


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

        messages = [fault.message_or_default for fault in faults if fault.kind == "job-failed"]
        if messages:
            return messages[0]
        try:
            outcome = self._import_objects(job, faults)
            self._write_job_manifests(
                job, build_job_manifests(job, outcome, self.behaviour, {fault.kind for fault in faults})
            )
        except JobFailedError as error:
            return str(error)
        except ClientError as error:
            return f"{error.operation_name} was refused by Amazon S3: {error.response['Error']['Code']}"
        except BotoCoreError as error:
            return f"Amazon S3 was not reached: {type(error).__name__}"
        return None

    def _import_objects(self, job: StartedJob, faults: Sequence[Fault]) -> ObjectOutcomes:
        answers = self.behaviour.answers
        sizes = dict(self._list_objects(job))
        is_joined = answers.prefixWithoutSlash == "joined"
        paths = {
            path: job.make_object_key(path, joined=is_joined)
            for path in {one["metadataFilePath"] for one in job.mappings}
        }
        override_keys = set(paths.values()) & sizes.keys()
        uncounted = override_keys if answers.overrideFilesCount == "not-counted" else ()
        self._require_within_quotas(job, {key: size for key, size in sizes.items() if key not in uncounted})
        outcome = ObjectOutcomes(
            override_keys=frozenset(override_keys), has_counted_overrides=answers.overrideFilesCount == "counted"
        )
        p10_sizes = {key: size for key, size in sizes.items() if key not in override_keys}
        files = dict(self._read_files(job, p10_sizes, faults, outcome))
        overrides = JobOverrides.read(
            job.mappings,
            {path: self._read_object(job, key) for path, key in paths.items() if key in sizes},
            answers,
            series={_get_series_uids(file) for file in files.values()},
            ignored_keywords=self.behaviour.ignored_attributes,
        )
        if overrides.refusals and answers.refusal == "job-failed":
            raise JobFailedError(overrides.refusals[0].message)
        self._reject_override_files(overrides, paths, override_keys, outcome)
        for key, file in files.items():
            self._import_file(job, key, file, overrides, outcome, {one.kind for one in faults if one.match in key})
        if not files and answers.withoutFiles == "changed":
            self._change_stored_image_sets(job, overrides)
        return outcome

    def _read_files(
        self, job: StartedJob, sizes: Mapping[str, int], faults: Sequence[Fault], outcome: ObjectOutcomes
    ) -> Iterator[tuple[str, ImportableFile]]:
        """Yield the key and content of each P10 file. Add all other objects to `outcome.rejected`."""
        for key, size in sizes.items():
            by_kind = {fault.kind: fault for fault in faults if fault.match in key}
            if "rejected" in by_kind:
                outcome.rejected[key] = ("ValidationException", by_kind["rejected"].message_or_default)
            elif "server-error" in by_kind:
                outcome.rejected[key] = ("InternalServerException", by_kind["server-error"].message_or_default)
            else:
                try:
                    yield key, self._read_file(job, key, size)
                except RejectedFileError as error:
                    outcome.rejected[key] = ("ValidationException", str(error))

    def _reject_override_files(
        self, overrides: JobOverrides, paths: Mapping[str, str], keys: Collection[str], outcome: ObjectOutcomes
    ) -> None:
        """Add override files to the rejected objects of `outcome`, if the stand-in's answers say so.

        The answer to the question `overrideFiles` may reject all override files. The answer to `refusal` may reject the
        P10 files of a refused mapping. If the job has no P10 file of the mapping, it rejects the override file.
        """
        answers = self.behaviour.answers
        if answers.overrideFiles == "failed":
            outcome.rejected |= dict.fromkeys(sorted(keys), ("ValidationException", _NO_P10_MESSAGE))
        if answers.refusal == "files-failed":
            for refusal in overrides.refusals:
                if refusal.has_no_files and paths[refusal.path] in keys:
                    outcome.rejected[paths[refusal.path]] = ("ValidationException", refusal.message)

    def _import_file(
        self,
        job: StartedJob,
        key: str,
        file: ImportableFile,
        overrides: JobOverrides,
        outcome: ObjectOutcomes,
        faults: Collection[str],
    ) -> None:
        study, series = _get_series_uids(file)
        refusal, how = next(iter(overrides.refusals_of(study, series)), None), self.behaviour.answers.refusal
        if refusal is not None and how == "files-failed":
            outcome.rejected[key] = ("ValidationException", refusal.message)
            return
        after = overrides.apply_to(file.data_set, study, series)
        instance = ImportedInstance(
            job_id=job.job_id, key=key, before=file.data_set, after=after, file_meta=file.file_meta
        )
        image_set = self.image_sets.add(job.datastore_id, instance, self.behaviour.answers.twoCopies)
        if "unreported" in faults:
            return
        outcome.imported[key] = image_set
        warnings = [*file.warnings, *([REQUESTED_WARNING] if "warned" in faults else [])]
        if refusal is not None and how == "warned":
            warnings.append(FileWarning(code=DISCARDED[0], type=DISCARDED[1], message=refusal.message))
        if warnings:
            outcome.warned[key] = tuple(warnings)

    def _change_stored_image_sets(self, job: StartedJob, overrides: JobOverrides) -> None:
        """Apply the overrides of a job without P10 files to the stored image sets of their studies and series."""
        for image_set in list(self.image_sets.select_not_deleted(job.datastore_id)):
            latest = image_set.latest
            study, series = latest.study_instance_uid, latest.series_instance_uid
            if overrides.has_override_of(study, series):
                self.image_sets.change_instances(
                    image_set, job.job_id, partial(overrides.apply_to, study=study, series=series)
                )

    def _read_file(self, job: StartedJob, key: str, size: int) -> ImportableFile:
        if size > self.behaviour.quotas.fileBytes:
            raise RejectedFileError("The file is larger than a DICOM P10 file may be")
        return read_importable_file(self._read_object(job, key))

    def _require_within_quotas(self, job: StartedJob, sizes: Mapping[str, int]) -> None:
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


def _get_series_uids(file: ImportableFile) -> tuple[str, str]:
    """Return the Study and the Series Instance UID of a file."""
    return get_first_text(file.data_set, STUDY_INSTANCE_UID), get_first_text(file.data_set, SERIES_INSTANCE_UID)


def _find_folders(job: StartedJob, keys: Mapping[str, int]) -> set[str]:
    """Return the folders of all levels below the job's prefix that contain any of the keys."""
    folders: set[str] = set()
    for key in keys:
        folder = dirname(key.removeprefix(job.input_prefix))
        while folder and folder not in folders:
            folders.add(folder)
            folder = dirname(folder)
    return folders
