"""The plan and the documents of a package, from overrides and the inventory's counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.authoring.placement import import_configuration, placed_files
from dicommap.model.package_layout import CONFIGURATION, EDITS, FORECAST, PLAN, PREVIEW, REQUEST, job_folder
from dicommap.model.plan import Content, Job, Plan, PlannedFile
from dicommap.model.strict_json import dump_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

    from dicommap.model.import_configuration import ImportConfiguration
    from dicommap.model.override import Override
    from dicommap.model.profile import Profile
    from dicommap.model.s3_uri import S3Uri

JOB_ID = "0001"
REQUEST_PLACEHOLDERS = ("datastoreId", "dataAccessRoleArn", "outputS3Uri")
"""Members of the request that only the account's owner knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCounts:
    """What the scanned sources hold, as far as an import job's quotas ask."""

    roots: tuple[str, ...]
    instances: int
    files: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of a package, as CSV."""

    preview: str = field(repr=False)
    edits: str
    forecast: str = field(repr=False)


def package_documents(
    overrides: Sequence[Override],
    uri: S3Uri,
    counts: SourceCounts,
    tables: Tables,
    account: Mapping[str, str],
    profile: Profile,
) -> dict[str, str]:
    """Return every file of the package by its path: the same text for the same input.

    `account` holds the members of the request that are known already, such as datastoreId; they have been checked.
    """
    placed = placed_files(overrides, profile)
    files = {file.path: file.text for _, file in placed}
    configuration = import_configuration(placed)
    job = _job(configuration, uri, counts, files)
    plan = _plan(job, counts, tables, profile)
    folder = job_folder(JOB_ID)
    documents = {f"{folder}/files/{path}": text for path, text in files.items()}
    documents[f"{folder}/{CONFIGURATION}"] = dump_json(_dumped(configuration))
    documents[f"{folder}/{REQUEST}"] = dump_json(_request(configuration, uri, job, account))
    documents[PLAN] = dump_json(_dumped(plan))
    documents |= {PREVIEW: tables.preview, EDITS: tables.edits, FORECAST: tables.forecast}
    return dict(sorted(documents.items()))


def _dumped(document: BaseModel) -> dict[str, object]:
    return document.model_dump(mode="json", exclude_none=True)


def _job(configuration: ImportConfiguration, uri: S3Uri, counts: SourceCounts, files: Mapping[str, str]) -> Job:
    return Job(
        id=JOB_ID,
        inputS3Uri=str(uri),
        mappings=configuration.dicomJsonMetadataImportConfiguration.dicomMetadataMappings,
        instances=counts.instances,
        sourceFiles=counts.files,
        sourceBytes=counts.size,
        files=tuple(PlannedFile.of(path, text) for path, text in sorted(files.items())),
    )


def _plan(job: Job, counts: SourceCounts, tables: Tables, profile: Profile) -> Plan:
    return Plan(
        sources=counts.roots,
        studies=len({mapping.studyInstanceUID for mapping in job.mappings}),
        series=sum(mapping.seriesInstanceUID is not None for mapping in job.mappings),
        profile=profile,
        preview=Content.of(tables.preview),
        edits=Content.of(tables.edits),
        forecast=Content.of(tables.forecast),
        jobs=(job,),
    )


def _request(configuration: ImportConfiguration, uri: S3Uri, job: Job, account: Mapping[str, str]) -> dict[str, object]:
    # The token is derived from what the job does, so that sending it twice starts one job.
    token = hashlib.sha256(job.model_dump_json().encode()).hexdigest()[:32]
    return {
        "jobName": f"dicommap-{JOB_ID}",
        **{member: f"<{member}>" for member in REQUEST_PLACEHOLDERS},
        **account,
        "clientToken": f"dicommap-{token}",
        "inputS3Uri": str(uri),
        "importConfiguration": _dumped(configuration),
    }
