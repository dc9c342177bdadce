"""A probe of the stand-in in this process, without any server: its objects are in a dict, and its jobs end at once."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from dicommap.aws import Clients
from dicommap.healthimaging.job_output import record_kind_of
from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.package.probe_directory import ProbeRecord
from dicommap.package.probe_jobs import ProbeJobRequest
from dicommap.probing.observation import Observation, RecordNote, list_stored_instances
from dicommap.probing.probe_course import ProbeCourse
from dicommap.probing.probe_job import ProbeJob
from dicommap.probing.probe_report import ProbeReport, build_probe_report
from dicommap.reconciliation.manifest_records import RecordKind, read_record
from dicommap.testing import Behaviour
from dicommap.testing.image_set_metadata import build_image_set_metadata
from dicommap.testing.image_sets import ImageSets
from dicommap.testing.job_runner import JobRunner
from dicommap.testing.started_jobs import StartedJob
from dicommap.verification.stored_metadata import read_stored_image_set

PROBE = "00000000-0000-0000-0000-000000000007"
DATASTORE = "d" * 32


class S3InMemory:
    """The calls of an S3 client that the stand-in's jobs make."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get_paginator(self, _operation: str) -> SimpleNamespace:
        return SimpleNamespace(paginate=self._list)

    def _list(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        yield {"Contents": [{"Key": key, "Size": len(self.objects[key])} for key in keys]}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Key] = Body


class SimulatedProbe:
    """A probe whose jobs are run by the stand-in's own job runner."""

    def __init__(self, answers: OverrideAnswers, questions: list[str], **settings: Any) -> None:
        self._s3 = S3InMemory()
        self._runner = JobRunner(
            clients=cast("Clients", SimpleNamespace(s3=self._s3)),
            behaviour=Behaviour(throttling=False, answers=answers, **settings),
            image_sets=ImageSets(),
        )
        self.record = ProbeRecord(
            probe=PROBE,
            questions=tuple(questions),
            datastoreId=DATASTORE,
            dataAccessRoleArn="arn:aws:iam::123456789012:role/import",
            inputS3Uri="s3://bucket/in/",
            outputS3Uri="s3://bucket/out/",
        )
        self.observations: dict[str, Observation] = {}

    def run(self) -> ProbeReport:
        """Run all jobs, and return the report."""
        while jobs := self.course().list_next_jobs():
            for job in jobs:
                self.observations[job.name] = self.observe(job)
        return build_probe_report(
            self.course(), self.observations, probe=PROBE, datastore_id=DATASTORE, region="us-east-1"
        )

    def course(self) -> ProbeCourse:
        return ProbeCourse(PROBE, self.record.questions, self.observations)

    def observe(self, job: ProbeJob) -> Observation:
        """Run one job, and return its observation."""
        request = ProbeJobRequest(job, self.record)
        self._s3.objects |= {document.key: document.data for document in request.documents()}
        started = StartedJob(job_id=f"job{request.id}", request=request.request, submitted_at=datetime.now(UTC))
        message = self._runner.run(started, [])
        folder = started.output_folder.removeprefix("s3://bucket/")
        manifest = json.loads(self._s3.objects.get(f"{folder}job-output-manifest.json", b"{}"))
        return Observation(
            job=job.name,
            number=request.id,
            jobId=started.job_id,
            jobStatus="COMPLETED" if message is None else "FAILED",
            message=message or "",
            configuration="same" if job.mappings else None,
            isConfigurationSent=bool(job.mappings),
            scanned=manifest.get("jobSummary", {}).get("numberOfScannedFiles"),
            records=tuple(self._read_records(folder)),
            stored=tuple(self._read_stored(job)),
            observedAt="2026-01-02T03:04:05Z",
        )

    def _read_records(self, folder: str) -> Iterator[RecordNote]:
        for key, body in self._s3.objects.items():
            kind = record_kind_of(key.removeprefix(folder)) if key.startswith(folder) else None
            if kind is None:
                continue
            for line in body.splitlines():
                record = read_record(line, RecordKind(kind))
                yield RecordNote(
                    kind=record.kind.value,
                    inputFile=record.input_file,
                    exceptionType=record.exception_type,
                    message=record.message,
                    warnings=record.warnings,
                )

    def _read_stored(self, job: ProbeJob) -> Iterator[Any]:
        uids = {study.study_instance_uid for study in job.studies}
        for image_set in self._runner.image_sets.select_not_deleted(DATASTORE):
            if image_set.latest.latest_instance.study_instance_uid in uids:
                document = build_image_set_metadata(image_set, image_set.latest, "kept")
                stored = read_stored_image_set(json.dumps(document).encode(), image_set.image_set_id)
                yield from list_stored_instances(stored, image_set.image_set_id, is_primary=image_set.is_primary)
